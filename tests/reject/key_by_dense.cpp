// SPDX-License-Identifier: BSL-1.0
// expect: key_by: dense_keys are numbers: an integer or an enum
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
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
                       | lv::key_by(&reading::value, lv::dense_keys{8})  // here
#else
                       | lv::key_by(&reading::sensor, lv::dense_keys{8})
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
