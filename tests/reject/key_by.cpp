// SPDX-License-Identifier: BSL-1.0
// expect: key_by: the key must be a member of the event type that arrives here
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
                       | lv::key_by(&code_only::code)  // here
#else
                       | lv::key_by(&reading::sensor)
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
