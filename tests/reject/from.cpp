// SPDX-License-Identifier: BSL-1.0
// expect: from: this is neither a source nor a description of one
#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct alarm {
  int code;
};

void build() {
#ifdef LEVADA_WRONG
  auto source = lv::from(alarm{});  // here
#else
  auto source = lv::from(lv::input<alarm>());
#endif
  auto flow = lv::flow(std::move(source) | lv::to([](const alarm&) {}));
  (void)flow.open();
}
