// SPDX-License-Identifier: BSL-1.0
// expect: push: this flow has no operator of that name
#include <levada/flow/flow.hpp>
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
  auto flow = lv::flow(lv::from<"readings">(lv::input<reading>()) | lv::to([](const reading&) {}));
#ifdef LEVADA_WRONG
  flow.push<"reading">(reading{});  // here
#else
  flow.push<"readings">(reading{});
#endif
}
