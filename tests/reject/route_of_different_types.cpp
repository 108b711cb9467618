// SPDX-License-Identifier: BSL-1.0
// expect: route: branches that are not ended with to\(...\) flow together, so they must carry one event type
#include <levada/flow/flow.hpp>
#include <levada/flow/route.hpp>
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
  auto positive = [](const reading& r) { return r.value > 0; };
#ifdef LEVADA_WRONG
  auto routes = lv::route(lv::when(positive, lv::map(&reading::value)), lv::otherwise(lv::map(&reading::sensor)));
#else
  auto routes =
      lv::route(lv::when(positive, lv::map(&reading::value)), lv::otherwise(lv::map([](const reading&) { return 0.0; })));
#endif
  auto flow = lv::flow(std::move(source) | std::move(routes) | lv::to([](double) {}));  // here
  (void)flow.open();
}
