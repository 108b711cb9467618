// SPDX-License-Identifier: BSL-1.0
// expect: watch_residuals: the residual must be a number
#include <levada/flow/flow.hpp>
#include <levada/model/watch_residuals.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  double residual;
};
struct never {
  bool add(double) { return false; }
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::watch_residuals(&reading::time, never{})  // here
#else
                       | lv::watch_residuals(&reading::residual, never{})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
