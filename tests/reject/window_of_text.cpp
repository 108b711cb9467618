// SPDX-License-Identifier: BSL-1.0
// expect: window: sum, mean, min, max, variance and stddev need a number
#include <levada/core/text.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::text<16> unit;
  float value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::tumbling{100}>(lv::aggregate<lv::count, lv::mean>(&reading::unit))  // here
#else
                       | lv::window<lv::tumbling{100}>(lv::aggregate<lv::count, lv::last>(&reading::unit),
                                                       lv::aggregate<lv::mean>(&reading::value))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
