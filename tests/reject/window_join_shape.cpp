// SPDX-License-Identifier: BSL-1.0
// expect: window_join: its windows are lengths of time that follow each other
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/window_join.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <utility>

namespace lv = levada;
using namespace lv::literals;

struct order {
  lv::timestamp time;
  int customer;
  long number;
};
struct payment {
  int payer;
  lv::timestamp at;
};

void build() {
#ifdef LEVADA_WRONG
  auto join = lv::window_join<"day", lv::sliding{10_s, 5_s}>(lv::on(&order::customer, &payment::payer), lv::at(&order::time),
                                                             lv::at(&payment::at));
#else
  auto join = lv::window_join<"day", lv::tumbling{10_s}>(lv::on(&order::customer, &payment::payer), lv::at(&order::time),
                                                         lv::at(&payment::at));
#endif
  auto streams = lv::connect(lv::from<"orders">(lv::input<order>()), lv::from<"payments">(lv::input<payment>()));
  auto flow = lv::flow(std::move(streams) | std::move(join) | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
