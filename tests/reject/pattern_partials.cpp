// SPDX-License-Identifier: BSL-1.0
// expect: pattern: a key has room for 1 to 1024 partial matches
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
                       | lv::pattern<"", lv::matching{.partials = 0}>(lv::every(high).then(low))  // here
#else
                       | lv::pattern<"", lv::matching{.partials = 2}>(lv::every(high).then(low))
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
