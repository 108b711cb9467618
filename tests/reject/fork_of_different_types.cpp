// SPDX-License-Identifier: BSL-1.0
// expect: fork: branches that are not ended with to\(...\) flow together, so they must carry one event type
#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
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
  auto source = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto both = std::move(source) | lv::fork(lv::map(&reading::value), lv::map(&reading::sensor));  // here
#else
  auto both = std::move(source) | lv::fork(lv::map(&reading::value), lv::map([](const reading& r) { return 1.0 * r.sensor; }));
#endif
  auto flow = lv::flow(std::move(both) | lv::to([](double) {}));
  (void)flow.open();
}
