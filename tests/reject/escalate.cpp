// SPDX-License-Identifier: BSL-1.0
// expect: escalate: the identities must be members of the alert and of the acknowledgement
#include <levada/flow/flow.hpp>
#include <levada/rule/escalate.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct notice {
  int id;
};
struct acknowledgement {
  int id;
  double when;
};

void build() {
  auto streams = lv::connect(lv::from(lv::input<notice>()), lv::from(lv::input<acknowledgement>()));
#ifdef LEVADA_WRONG
  const auto id = &acknowledgement::when;
#else
  const auto id = &acknowledgement::id;
#endif
  auto flow = lv::flow(std::move(streams) | lv::escalate(&notice::id, id) | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
