// SPDX-License-Identifier: BSL-1.0
// expect: state_machine: the time must be a levada::timestamp
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
                       | lv::state_machine<"m", 0>(lv::at(&reading::value), lv::on<0, 1>(high))  // here
#else
                       | lv::state_machine<"m", 0>(lv::at(&reading::time), lv::on<0, 1>(high))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
