// SPDX-License-Identifier: BSL-1.0
// expect: sample: what is chosen must be a member of the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/sample.hpp>
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
                       | lv::sample(lv::share{0.1}, [](double v) { return static_cast<int>(v); })  // here
#else
                       | lv::sample(lv::share{0.1}, &reading::sensor)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
