// SPDX-License-Identifier: BSL-1.0
// expect: nothing flows on after to\(\.\.\.\): put inspect\(\.\.\.\) before it
#include <levada/flow/flow.hpp>
#include <levada/op/inspect.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct code_only {
  int code;
};

void build() {
#ifdef LEVADA_WRONG
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::to([](const reading&) {}) | lv::map(&reading::value)  // here
                       | lv::to([](double) {}));
#else
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::inspect([](const reading&) {}) | lv::map(&reading::value) |
                       lv::to([](double) {}));
#endif
  (void)flow.open();
}
