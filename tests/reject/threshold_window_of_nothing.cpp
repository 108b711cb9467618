// SPDX-License-Identifier: BSL-1.0
// expect: threshold_window: say what to compute, as in threshold_window<...>\(condition, aggregate
#include <levada/flow/flow.hpp>
#include <levada/op/threshold_window.hpp>
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
                       | lv::threshold_window<"t">(&reading::hot)  // here
#else
                       | lv::threshold_window<"t">(&reading::hot, mean)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
