// SPDX-License-Identifier: BSL-1.0
// expect: top an event with its rank: by
#include <levada/flow/flow.hpp>
#include <levada/op/top.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::text<16> sensor;
  double value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::tumbling{10}>(lv::aggregate<lv::top<5>>(&reading::value))  // here
#else
                       | lv::window<lv::tumbling{10}>(lv::aggregate<lv::top<5>>(lv::by(&reading::value)))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
