// SPDX-License-Identifier: BSL-1.0
// expect: key_by: this stream has a key already; take the parts of both in one key
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
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor)
#ifdef LEVADA_WRONG
                       | lv::key_by(&reading::time)  // here
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
