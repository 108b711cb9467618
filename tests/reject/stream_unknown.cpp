// SPDX-License-Identifier: BSL-1.0
// expect: flow: no statement above makes a stream of this name
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
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
  auto named = "samples"_s = lv::from(lv::input<reading>());
  auto use = "samples"_s | lv::to([](const reading&) {});
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(named), std::move(use), "sample"_s | lv::to([](const reading&) {}));  // here
#else
  auto flow = lv::flow(std::move(named), std::move(use));
#endif
  (void)flow.open();
}
