// SPDX-License-Identifier: BSL-1.0
// expect: to: the sink must take the event type that arrives here
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
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::map(&reading::value)
#ifdef LEVADA_WRONG
                       | lv::to<"printer">([](const reading&) {})  // here
#else
                       | lv::to<"printer">([](double) {})
#endif
  );
  (void)flow.open();
}
