// SPDX-License-Identifier: BSL-1.0
// expect: merge: these streams carry different event types; map them to one type first
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};

void build() {
#ifdef LEVADA_WRONG
  auto flow = lv::flow(lv::merge(lv::from(lv::input<reading>()), lv::from(lv::input<double>())) | lv::to([](double) {}));  // here
#else
  auto flow = lv::flow(lv::merge(lv::from(lv::input<reading>()) | lv::map(&reading::value), lv::from(lv::input<double>())) |
                       lv::to([](double) {}));
#endif
  (void)flow.open();
}
