// SPDX-License-Identifier: BSL-1.0
// expect: push: events are pushed into a source, and that operator is none
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
  auto flow = lv::flow(lv::from<"readings">(lv::input<reading>()) | lv::map<"values">(&reading::value) | lv::to([](double) {}));
#ifdef LEVADA_WRONG
  flow.push<"values">(1.0);  // here
#else
  flow.push<"readings">(reading{});
#endif
}
