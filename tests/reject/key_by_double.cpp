// SPDX-License-Identifier: BSL-1.0
// expect: key_by: a key must be trivially copyable, without padding and at most 64 bytes
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
                       | lv::key_by(&reading::value)  // here
#else
                       | lv::key_by(&reading::sensor)
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
