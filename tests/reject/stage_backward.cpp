// SPDX-License-Identifier: BSL-1.0
// expect: stage: this stream is on that thread already, or was before it; give the stage another name
#include <levada/flow/boundary.hpp>
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
  auto source = lv::from(lv::input<reading>()) | lv::stage<"read">() | lv::stage<"work">();
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(source) | lv::stage<"read">() | lv::to([](const reading&) {}));  // here
#else
  auto flow = lv::flow(std::move(source) | lv::stage<"write">() | lv::to([](const reading&) {}));
#endif
  (void)flow.open();
}
