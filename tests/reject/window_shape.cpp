// SPDX-License-Identifier: BSL-1.0
// expect: window: the size must be a positive multiple of the slide
#include <levada/flow/flow.hpp>
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

using namespace lv::literals;

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::sliding{10_s, 3_s}>(lv::aggregate<lv::max>(&reading::value))  // here
#else
                       | lv::window<lv::sliding{9_s, 3_s}>(lv::aggregate<lv::max>(&reading::value))
#endif
                       | lv::to([](const auto& row) { return row.template get<lv::max>(); }));
  (void)flow.open();
}
