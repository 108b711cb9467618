// SPDX-License-Identifier: BSL-1.0
// expect: escalate: it takes two streams: connect\(alerts, acknowledgements\)
#include <levada/flow/flow.hpp>
#include <levada/rule/escalate.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct notice {
  int id;
};

void build() {
#ifdef LEVADA_WRONG
  auto streams = lv::from(lv::input<notice>());
#else
  auto streams = lv::connect(lv::from(lv::input<notice>()), lv::from(lv::input<notice>()));
#endif
  auto flow = lv::flow(std::move(streams) | lv::escalate(&notice::id, &notice::id) | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
