// SPDX-License-Identifier: BSL-1.0
// expect: aggregate_by: what lift returns must be trivially copyable
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <string>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct text {
  static std::string lift(double v) { return std::to_string(v); }
  static std::string combine(const std::string& a, const std::string& b) { return a + b; }
};
struct product {
  static double lift(double v) { return v; }
  static double combine(double a, double b) { return a * b; }
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::sliding{64, 1}>(lv::aggregate_by<text>(&reading::value))  // here
#else
                       | lv::window<lv::sliding{64, 1}>(lv::aggregate_by<product>(&reading::value))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
