// SPDX-License-Identifier: BSL-1.0
// expect: escalate: the identities must be members of the alert and of the acknowledgement
#include <levada/flow/flow.hpp>
#include <levada/rule/escalate.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct notice {
  int id;
};
struct acknowledgement {
  int id;
  double when;
};

void build() {
  auto flow = lv::flow("alerts"_s = lv::from(lv::input<notice>()), "answers"_s = lv::from(lv::input<acknowledgement>()),
                       lv::connect("alerts"_s, "answers"_s)
#ifdef LEVADA_WRONG
                           | lv::escalate(&notice::id, &acknowledgement::when)
#else
                           | lv::escalate(&notice::id, &acknowledgement::id)
#endif
                           | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
