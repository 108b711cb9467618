// SPDX-License-Identifier: BSL-1.0
// expect: deadband: the value must be a number
#include <levada/flow/flow.hpp>
#include <levada/op/deadband.hpp>
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
                       | lv::deadband(&reading::time, lv::absolute{1})  // here
#else
                       | lv::deadband(&reading::value, lv::absolute{1})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
