// SPDX-License-Identifier: BSL-1.0
// expect: map: the function must be callable .* and return a value
#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
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
                       | lv::map([](const reading&) {})  // here
#else
                       | lv::map([](const reading& r) { return r.value; })
#endif
                       | lv::to([](double) {}));
  (void)flow.open();
}
