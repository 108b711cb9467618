// SPDX-License-Identifier: BSL-1.0
// expect: latest_join: a table remembers at least one row
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/latest_join.hpp>
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
  auto join = lv::latest_join<"last", lv::versions{0}>(lv::on(&order::customer, &payment::payer), lv::at(&order::time),
                                                       lv::at(&payment::at));
#else
  auto join = lv::latest_join<"last", lv::versions{1}>(lv::on(&order::customer, &payment::payer), lv::at(&order::time),
                                                       lv::at(&payment::at));
#endif
  auto streams = lv::connect(lv::from<"orders">(lv::input<order>()), lv::from<"payments">(lv::input<payment>()));
  auto flow = lv::flow(std::move(streams) | std::move(join) | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
