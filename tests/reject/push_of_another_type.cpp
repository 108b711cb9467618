// SPDX-License-Identifier: BSL-1.0
// expect: push: the source of that name takes one event of its own type, or a span of them
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
  auto flow = lv::flow(lv::from<"readings">(lv::input<reading>()) | lv::map(&reading::value) | lv::to([](double) {}));
#ifdef LEVADA_WRONG
  flow.push<"readings">(code_only{});  // here
#else
  flow.push<"readings">(reading{});
#endif
}
