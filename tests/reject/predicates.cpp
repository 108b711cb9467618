// SPDX-License-Identifier: BSL-1.0
// expect: predicates: the rules are of another event type than the one that arrives here
#include <levada/flow/flow.hpp>
#include <levada/rule/predicates.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  double celsius;
};
struct order {
  double price;
};

void build(lv::active_rules<reading>& of_readings, [[maybe_unused]] lv::active_rules<order>& of_orders) {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::predicates(of_orders)  // here
#else
                       | lv::predicates(of_readings)
#endif
                       | lv::to([](const lv::matched<reading>&) {}));
  (void)flow.open();
}
