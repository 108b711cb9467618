// SPDX-License-Identifier: BSL-1.0
// expect: enrich: the key must be a member of the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/enrich.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct order {
  int article;
  lv::text<16> customer;
};
const lv::lookup_table<int, double> prices(100);
struct other {
  int article;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<order>())
#ifdef LEVADA_WRONG
                       | lv::enrich(prices, &other::article, [](const order&, double price) { return price; })  // here
#else
                       | lv::enrich(prices, &order::article, [](const order&, double price) { return price; })
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
