// SPDX-License-Identifier: BSL-1.0
// expect: aggregate_by: name the monoid
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct product {
  static double lift(double v) { return v; }
  static double combine(double a, double b) { return a * b; }
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::sliding{64, 1}>(lv::aggregate_by<>(&reading::value))  // here
#else
                       | lv::window<lv::sliding{64, 1}>(lv::aggregate_by<product>(&reading::value))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
