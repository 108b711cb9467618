// SPDX-License-Identifier: BSL-1.0
// expect: features: how many samples a window has is not known here
#include <levada/feature/features.hpp>
#include <levada/feature/spectral.hpp>
#include <levada/feature/time_domain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct sample {
  float x, y, speed;
};
struct code_only {
  int code;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<sample>())
#ifdef LEVADA_WRONG
                       | lv::window<lv::tumbling{1_s}>(lv::features<lv::rms>(&sample::x))  // here
#else
                       | lv::window<lv::tumbling{1_s}>(lv::features<lv::rms>(&sample::x, lv::at_most<100>{}))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
