// SPDX-License-Identifier: BSL-1.0
// expect: rate_limit: the time must be a levada::timestamp in the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/rate_limit.hpp>
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
                       | lv::rate_limit(lv::limit{1, 1_s}, &reading::value)  // here
#else
                       | lv::rate_limit(lv::limit{1, 1_s}, &reading::time)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
