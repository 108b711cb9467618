// SPDX-License-Identifier: BSL-1.0
// expect: flow: this chain has no sink, its events would go nowhere; end it with to
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
  auto values = lv::from(lv::input<reading>()) | lv::map(&reading::value);
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(values));  // here
#else
  auto flow = lv::flow(std::move(values) | lv::to([](double) {}));
#endif
  (void)flow.open();
}
