// SPDX-License-Identifier: BSL-1.0
// expect: process: the state must be trivially copyable, so that it can be kept by key and in checkpoints
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
struct with_memory {
  with_memory() = default;
  with_memory(const with_memory&) {}
  with_memory& operator=(const with_memory&) { return *this; }
};

constexpr auto on_event = [](auto&, const reading&, auto&) {};
constexpr auto on_timer = [](auto&, lv::timestamp, auto&) {};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::process<"p", int>(with_memory{}, on_event, on_timer)  // here
#else
                       | lv::process<"p", int>(0, on_event, on_timer)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
