// SPDX-License-Identifier: BSL-1.0
// expect: pattern: a predicate must be callable as bool\(const Event&\) or bool\(const Event&, const match&\)
#include <levada/flow/flow.hpp>
#include <levada/op/pattern.hpp>
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
struct code_only {
  int code;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::pattern(lv::every([](const code_only& c) { return c.code > 0; }).within(5_s))  // here
#else
                       | lv::pattern(lv::every([](const reading& r) { return r.value > 0; }).within(5_s))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
