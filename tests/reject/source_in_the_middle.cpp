// SPDX-License-Identifier: BSL-1.0
// expect: from: a source can only begin a chain; give it a chain of its own
#include <levada/flow/flow.hpp>
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
  auto print = [] { return lv::map(&reading::value) | lv::to([](double) {}); };
#ifdef LEVADA_WRONG
  auto flow = lv::flow(lv::from<"left">(lv::input<reading>()) | lv::from<"right">(lv::input<reading>())  // here
                       | print());
#else
  auto flow = lv::flow(lv::from<"left">(lv::input<reading>()) | print(),  //
                       lv::from<"right">(lv::input<reading>()) | print());
#endif
  (void)flow.open();
}
