// SPDX-License-Identifier: BSL-1.0
// expect: changes: the value must be one that can be copied and compared by ==
#include <levada/flow/flow.hpp>
#include <levada/op/changes.hpp>
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
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::changes([](const reading& r) { return r; })  // here
#else
                       | lv::changes(&reading::sensor)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
