// SPDX-License-Identifier: BSL-1.0
// expect: shard: each thread has a copy of the branch
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
struct twice {
  double operator()(const reading& r) const { return r.value; }
};
struct only : twice {
  only() = default;
  only(only&&) = default;
};

void build() {
  auto source = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto values = std::move(source) | lv::shard<"work", 2>(&reading::sensor, lv::map(only{}));  // here
#else
  auto values = std::move(source) | lv::shard<"work", 2>(&reading::sensor, lv::map(twice{}));
#endif
  auto flow = lv::flow(std::move(values) | lv::to([](double) {}));
  (void)flow.open();
}
