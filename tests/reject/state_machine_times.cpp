// SPDX-License-Identifier: BSL-1.0
// expect: state_machine: a state has two transitions by time
#include <levada/flow/flow.hpp>
#include <levada/op/state_machine.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct code_only {
  int code;
};
constexpr auto high = [](const reading& r) { return r.value > 1; };
constexpr auto low = [](const reading& r) { return r.value < 0; };

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::state_machine<"m", 0>(lv::after<0, 1>(5_s), lv::after<0, 2>(9_s))  // here
#else
                       | lv::state_machine<"m", 0>(lv::after<0, 1>(5_s), lv::after<1, 2>(9_s))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
