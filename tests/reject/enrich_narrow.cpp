// SPDX-License-Identifier: BSL-1.0
// expect: enrich: the extractor must give a key of the table, of its type or one that loses nothing by becoming it
#include <levada/flow/flow.hpp>
#include <levada/op/enrich.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct order {
  int article;
  long long number;  // a table of ints would find another one by its low bits
};
const lv::lookup_table<int, double> prices(100);

void build() {
  auto flow = lv::flow(lv::from(lv::input<order>())
#ifdef LEVADA_WRONG
                       | lv::enrich(prices, &order::number, [](const order&, double price) { return price; })  // here
#else
                       | lv::enrich(prices, &order::article, [](const order&, double price) { return price; })
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
