// SPDX-License-Identifier: BSL-1.0
// expect: session_window: the time must be a levada::timestamp in the event type that arrives here
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
                       | lv::session_window<"s", 30_s>(lv::at(&reading::phase), mean)  // here
#else
                       | lv::session_window<"s", 30_s>(lv::at(&reading::time), mean)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
