// SPDX-License-Identifier: BSL-1.0
// expect: aggregate: these do not share a sketch
#include <levada/flow/flow.hpp>
#include <levada/op/distinct.hpp>
#include <levada/op/heavy_hitters.hpp>
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
  auto flow =
      lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
               | lv::window<lv::tumbling{10}>(lv::aggregate<lv::distinct<>, lv::heavy_hitters<5>>(&reading::sensor))  // here
#else
               | lv::window<lv::tumbling{10}>(lv::aggregate<lv::distinct<>>(&reading::sensor),
                                              lv::aggregate<lv::heavy_hitters<5>>(&reading::sensor))
#endif
               | lv::to([](const auto&) {}));
  (void)flow.open();
}
