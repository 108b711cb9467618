// SPDX-License-Identifier: BSL-1.0
// expect: aggregate: quantile needs a number, distinct and heavy_hitters a key
#include <levada/flow/flow.hpp>
#include <levada/op/distinct.hpp>
#include <levada/op/quantile.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::text<16> sensor;
  double value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::tumbling{10}>(lv::aggregate<lv::quantile<50>>(&reading::sensor))  // here
#else
                       | lv::window<lv::tumbling{10}>(lv::aggregate<lv::distinct<>>(&reading::sensor))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
