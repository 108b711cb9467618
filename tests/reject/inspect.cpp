// SPDX-License-Identifier: BSL-1.0
// expect: inspect: the function must be callable as void\(const Event&\)
#include <levada/flow/flow.hpp>
#include <levada/op/inspect.hpp>
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
                       | lv::inspect([](const code_only&) {})  // here
#else
                       | lv::inspect([](const reading&) {})
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
