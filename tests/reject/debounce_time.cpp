// SPDX-License-Identifier: BSL-1.0
// expect: debounce: the time must be a levada::timestamp in the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/rule/debounce.hpp>
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
                       | lv::debounce(&reading::sensor, 1_s, &reading::sensor)  // here
#else
                       | lv::debounce(&reading::sensor, 1_s, &reading::time)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
