// SPDX-License-Identifier: BSL-1.0
// expect: flat_map: the function must .* return a range or an optional of events
#include <levada/flow/flow.hpp>
#include <levada/op/flat_map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <array>

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
                       | lv::flat_map([](const reading& r) { return r.value; })  // here
#else
                       | lv::flat_map([](const reading& r) { return std::array{r.value, -r.value}; })
#endif
                       | lv::to([](double) {}));
  (void)flow.open();
}
