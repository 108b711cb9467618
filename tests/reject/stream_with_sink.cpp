// SPDX-License-Identifier: BSL-1.0
// expect: flow: this chain has a name and ends in to\(...\), so nothing is left to be named
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
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
#ifdef LEVADA_WRONG
  auto named = "samples"_s = lv::from(lv::input<reading>()) | lv::to([](const reading&) {});
#else
  auto named = "samples"_s = lv::from(lv::input<reading>()) | lv::map(&reading::value);
#endif
  auto flow = lv::flow(std::move(named), "samples"_s | lv::to([](const auto&) {}));  // here
  (void)flow.open();
}
