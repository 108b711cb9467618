// SPDX-License-Identifier: BSL-1.0
// expect: on: the keys of both streams must be of one type
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/interval_join.hpp>
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
  auto join = lv::interval_join(lv::on(&order::number, &payment::payer), lv::at(&order::time), lv::at(&payment::at),
                                lv::between{-1_s, 1_s});
#else
  auto join = lv::interval_join(lv::on(&order::customer, &payment::payer), lv::at(&order::time), lv::at(&payment::at),
                                lv::between{-1_s, 1_s});
#endif
  auto streams = lv::connect(lv::from<"orders">(lv::input<order>()), lv::from<"payments">(lv::input<payment>()));
  auto flow = lv::flow(std::move(streams) | std::move(join) | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
