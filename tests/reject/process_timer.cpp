// SPDX-License-Identifier: BSL-1.0
// expect: process: the second function must be callable as void\(State&, levada::timestamp, auto& context\)
#include <levada/flow/flow.hpp>
#include <levada/op/process.hpp>
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

constexpr auto on_event = [](int& n, const reading&, auto& context) { context.emit(n); };
constexpr auto on_timer = [](int& n, lv::timestamp, auto& context) { context.emit(n); };

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::process<"p", int>(0, on_event, [](int& n) { ++n; })  // here
#else
                       | lv::process<"p", int>(0, on_event, on_timer)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
