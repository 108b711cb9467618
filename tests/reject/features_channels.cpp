// SPDX-License-Identifier: BSL-1.0
// expect: features: several values need names of their own
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
                       | lv::window<lv::tumbling{64}>(lv::features<lv::rms>(&sample::x, &sample::y))  // here
#else
                       | lv::window<lv::tumbling{64}>(
                             lv::features<lv::rms>(lv::channel<"x">(&sample::x), lv::channel<"y">(&sample::y)))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
