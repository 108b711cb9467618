// SPDX-License-Identifier: BSL-1.0
// expect: dedup: the identity must be a member of the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/dedup.hpp>
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
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::dedup(&reading::value, lv::ttl{1_min})  // here
#else
                       | lv::dedup(&reading::sensor, lv::ttl{1_min})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
