// SPDX-License-Identifier: BSL-1.0
// expect: feedback: its sink stands below a stage, and its source does not
#include <levada/flow/boundary.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/feedback.hpp>
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
  lv::feedback<reading> again(16);
  auto all = lv::merge(lv::from(lv::input<reading>()), lv::from(again.source()));
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(all) | lv::stage<"work">() | lv::to(again.sink()));  // here
#else
  auto flow = lv::flow(std::move(all) | lv::to(again.sink()));
#endif
  (void)flow.open();
}
