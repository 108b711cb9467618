// SPDX-License-Identifier: BSL-1.0
// expect: merge: one of these chains ends in to\(...\), so nothing flows on from it
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
  auto one = lv::from(lv::input<reading>());
  auto two = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto both = lv::merge(std::move(one), std::move(two) | lv::to([](const reading&) {}));
#else
  auto both = lv::merge(std::move(one), std::move(two));
#endif
  auto flow = lv::flow(std::move(both) | lv::to([](const reading&) {}));  // here
  (void)flow.open();
}
