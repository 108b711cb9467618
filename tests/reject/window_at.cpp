// SPDX-License-Identifier: BSL-1.0
// expect: window: the time of at\(...\) must be a levada::timestamp
#include <levada/flow/flow.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};

void build() {
  auto flow =
      lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
               | lv::window<lv::tumbling{10_s}>(lv::at(&reading::value), lv::aggregate<lv::mean>(&reading::value))  // here
#else
               | lv::window<lv::tumbling{10_s}>(lv::at(&reading::time), lv::aggregate<lv::mean>(&reading::value))
#endif
               | lv::to([](const auto&) {}));
  (void)flow.open();
}
