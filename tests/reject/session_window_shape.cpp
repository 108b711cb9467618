// SPDX-License-Identifier: BSL-1.0
// expect: session_window: the gap must be positive, the longest session not shorter, and one may be open at least
#include <levada/flow/flow.hpp>
#include <levada/op/session_window.hpp>
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
                       | lv::session_window<"s", lv::session{.gap = 30_s, .longest = 10_s}>(mean)  // here
#else
                       | lv::session_window<"s", lv::session{.gap = 30_s, .longest = 60_s}>(mean)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
