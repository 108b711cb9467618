// SPDX-License-Identifier: BSL-1.0
// expect: window: stalls are chosen for windows that count events
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
                       | lv::window<lv::sliding{10_s, 1_s}, lv::stalls::bounded>(lv::aggregate<lv::max>(&reading::value))  // here
#else
                       | lv::window<lv::sliding{1000, 1}, lv::stalls::bounded>(lv::aggregate<lv::max>(&reading::value))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
