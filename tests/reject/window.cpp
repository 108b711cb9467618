// SPDX-License-Identifier: BSL-1.0
// expect: window: the value to aggregate must be a member of the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

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
                       | lv::window<"rolling", lv::sliding{64, 16}>(lv::aggregate<lv::mean>(&code_only::code))  // here
#else
                       | lv::window<"rolling", lv::sliding{64, 16}>(lv::aggregate<lv::mean>(&reading::value))
#endif
                       | lv::to([](const auto& row) { return row.template get<lv::mean>(); }));
  (void)flow.open();
}
