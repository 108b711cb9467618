// SPDX-License-Identifier: BSL-1.0
// expect: merge: these streams run on different threads; bring each to one with stage
#include <levada/flow/boundary.hpp>
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
  auto one = lv::from(lv::input<reading>()) | lv::stage<"sum">();
  auto two = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto flow = lv::flow(lv::merge(std::move(one), std::move(two)) | lv::to([](const reading&) {}));  // here
#else
  auto flow = lv::flow(lv::merge(std::move(one), std::move(two) | lv::stage<"sum">()) | lv::to([](const reading&) {}));
#endif
  (void)flow.open();
}
