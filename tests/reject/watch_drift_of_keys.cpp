// SPDX-License-Identifier: BSL-1.0
// expect: watch_drift: it watches all events together
#include <levada/flow/flow.hpp>
#include <levada/model/watch_drift.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/unkey.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  int sensor;
  float row[3];
};

void build(lv::training_histogram training) {
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor)
#ifndef LEVADA_WRONG
                       | lv::unkey()
#endif
                       | lv::watch_drift(std::move(training), {}, &reading::row)  // here
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
