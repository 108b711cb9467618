// SPDX-License-Identifier: BSL-1.0
// expect: watch_drift: the event type that arrives here must have features()
#include <levada/flow/flow.hpp>
#include <levada/model/watch_drift.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  int sensor;
  float row[3];
};

void build(lv::training_histogram training) {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::watch_drift(std::move(training))  // here
#else
                       | lv::watch_drift(std::move(training), {.window = 500}, &reading::row)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
