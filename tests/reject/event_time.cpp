// SPDX-License-Identifier: BSL-1.0
// expect: event_time: the time must be a levada::timestamp in the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/event_time.hpp>
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
                       | lv::event_time(&reading::value, lv::bounded{200_ms})  // here
#else
                       | lv::event_time(&reading::time, lv::bounded{200_ms})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
