// SPDX-License-Identifier: BSL-1.0
// expect: escalate: it takes two streams
#include <levada/flow/flow.hpp>
#include <levada/rule/escalate.hpp>
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
                       | lv::escalate(&reading::sensor, &reading::sensor)  // here
#else
                       | lv::to([](const reading&) {}));
  auto other = lv::flow("a"_s = lv::from(lv::input<reading>()), "b"_s = lv::from(lv::input<reading>()),
                        lv::connect("a"_s, "b"_s) | lv::escalate(&reading::sensor, &reading::sensor)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
