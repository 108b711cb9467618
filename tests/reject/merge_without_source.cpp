// SPDX-License-Identifier: BSL-1.0
// expect: merge: one of these chains has no source; begin it with from\(...\) or a "name"_s
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/filter.hpp>
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
  auto two = lv::filter([](const reading& r) { return r.value > 0; });
#else
  auto two = lv::from(lv::input<reading>()) | lv::filter([](const reading& r) { return r.value > 0; });
#endif
  auto both = lv::merge(lv::from(lv::input<reading>()), std::move(two));
  auto flow = lv::flow(std::move(both) | lv::to([](const reading&) {}));  // here
  (void)flow.open();
}
