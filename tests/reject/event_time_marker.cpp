// SPDX-License-Identifier: BSL-1.0
// expect: event_time: the marker of punctuated must be callable as timestamp
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
                       | lv::event_time(&reading::time, lv::punctuated{[](const reading& r) { return r.value; }})  // here
#else
                       | lv::event_time(&reading::time, lv::punctuated{[](const reading& r) { return r.time; }})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
