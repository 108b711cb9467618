// SPDX-License-Identifier: BSL-1.0
// expect: detect: the time must be a levada::timestamp in the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/model/detect.hpp>
#include <levada/model/novelty.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  lv::text<16> name;
  double value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::detect(&reading::sensor, &reading::value, lv::novelty{})  // here
#else
                       | lv::detect(&reading::time, &reading::value, lv::novelty{})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
