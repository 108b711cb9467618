// SPDX-License-Identifier: BSL-1.0
// expect: flow: this chain has no source; begin it with from
#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
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
  auto print = lv::map(&reading::value) | lv::to([](double) {});
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(print));  // here
#else
  auto flow = lv::flow(lv::from(lv::input<reading>()) | std::move(print));
#endif
  (void)flow.open();
}
