// SPDX-License-Identifier: BSL-1.0
// expect: window: a slide of time takes a microsecond at least
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
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::tumbling{900_ns}>(lv::aggregate<lv::max>(&reading::value))  // here
#else
                       | lv::window<lv::tumbling{1_us}>(lv::aggregate<lv::max>(&reading::value))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
