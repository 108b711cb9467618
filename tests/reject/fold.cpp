// SPDX-License-Identifier: BSL-1.0
// expect: fold: the step must be callable as void\(State&, const Event&\)
#include <levada/flow/flow.hpp>
#include <levada/op/fold.hpp>
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
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::fold(0.0, [](const double& sum, double v) { return sum + v; })  // here
#else
                       | lv::fold(0.0, [](double& sum, const reading& r) { sum += r.value; })
#endif
                       | lv::to([](double) {}));
  (void)flow.open();
}
