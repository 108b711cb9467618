// SPDX-License-Identifier: BSL-1.0
// expect: state_machine: on\(\.\.\.\) needs a function callable as bool\(const Event&\)
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
                       | lv::state_machine<"m", 0>(lv::on<0, 1>([](const code_only& c) { return c.code > 0; }))  // here
#else
                       | lv::state_machine<"m", 0>(lv::on<0, 1>(high), lv::on<1, 0>(low))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
