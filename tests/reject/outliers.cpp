// SPDX-License-Identifier: BSL-1.0
// expect: outliers: the value must be a number
#include <levada/flow/flow.hpp>
#include <levada/op/outliers.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::text<16> sensor;
  double value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::outliers<16>(&reading::sensor)  // here
#else
                       | lv::outliers<16>(&reading::value)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
