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
struct code_only {
  int code;
};

void build() {
#ifdef LEVADA_WRONG
  auto source = lv::from(code_only{});  // here
#else
  auto source = lv::from(lv::input<code_only>());
#endif
  auto flow = lv::flow(std::move(source) | lv::to([](const code_only&) {}));
  (void)flow.open();
}
