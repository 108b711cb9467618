// SPDX-License-Identifier: BSL-1.0
// expect: key_by: the time of at\(...\) must be a levada::timestamp
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
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
                       | lv::key_by(&reading::sensor, {.idle = 1_h}, lv::at(&reading::value))  // here
#else
                       | lv::key_by(&reading::sensor, {.idle = 1_h}, lv::at(&reading::time))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
