// SPDX-License-Identifier: BSL-1.0
// expect: drop_late: the extractor must return a levada::timestamp
#include <levada/flow/flow.hpp>
#include <levada/op/drop_late.hpp>
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
                       | lv::drop_late(&reading::value)  // here
#else
                       | lv::drop_late(&reading::time)
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
