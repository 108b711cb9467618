// SPDX-License-Identifier: BSL-1.0
// expect: state_window: say what to compute, as in state_window<...>\(&E::phase, aggregate
#include <levada/flow/flow.hpp>
#include <levada/op/state_window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  int phase;
  bool hot;
  double value;
};
struct code_only {
  int code;
};

constexpr auto mean = lv::aggregate<lv::mean>(&reading::value);

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::state_window<"s">(&reading::phase)  // here
#else
                       | lv::state_window<"s">(&reading::phase, mean)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
