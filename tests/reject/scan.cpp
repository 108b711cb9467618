// SPDX-License-Identifier: BSL-1.0
// expect: scan: the step must be callable as Result\(State&, const Event&\).* and return a value
#include <levada/flow/flow.hpp>
#include <levada/op/scan.hpp>
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
                       | lv::scan(0.0, [](double& sum, const reading& r) { sum += r.value; })  // here
#else
                       | lv::scan(0.0, [](double& sum, const reading& r) { return sum += r.value; })
#endif
                       | lv::to([](double) {}));
  (void)flow.open();
}
