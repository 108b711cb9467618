// SPDX-License-Identifier: BSL-1.0
// expect: shard: there are 128 groups of keys to be divided
#include <levada/flow/flow.hpp>
#include <levada/flow/shard.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <utility>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};

void build() {
  auto source = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto values = std::move(source) | lv::shard<"work", 129>(&reading::sensor, lv::map(&reading::value));  // here
#else
  auto values = std::move(source) | lv::shard<"work", 2>(&reading::sensor, lv::map(&reading::value));
#endif
  auto flow = lv::flow(std::move(values) | lv::to([](double) {}));
  (void)flow.open();
}
