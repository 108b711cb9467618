// SPDX-License-Identifier: BSL-1.0
// expect: rolling_window: give it a positive length, and from 1 to 1048576 events that it may hold a key
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/quantile.hpp>
#include <levada/op/rolling_window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  double value;
};

void build() {
  auto readings = lv::from(lv::input<reading>());
  auto mean = lv::aggregate<lv::mean>(&reading::value);
#ifdef LEVADA_WRONG
  auto chain = std::move(readings) | lv::rolling_window<"w", 10_s, 0>(lv::at(&reading::time), mean);  // here
#else
  auto chain = std::move(readings) | lv::rolling_window<"w", 10_s, 64>(lv::at(&reading::time), mean);
#endif
  auto flow = lv::flow(std::move(chain) | lv::to([](const auto&) {}));
  (void)flow.open();
}
