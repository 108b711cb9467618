// SPDX-License-Identifier: BSL-1.0
// expect: pattern: absent\(\.\.\.\) stands at the end
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
constexpr auto high = [](const reading& r) { return r.value > 1; };
constexpr auto low = [](const reading& r) { return r.value < 0; };

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::pattern(lv::every(high).absent(low, 5_s).then(high))  // here
#else
                       | lv::pattern(lv::every(high).unless(low).then(high, 5_s))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
