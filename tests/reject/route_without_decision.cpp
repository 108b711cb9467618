// SPDX-License-Identifier: BSL-1.0
// expect: route: what decides about a branch must be callable with const Event&, of the type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/flow/route.hpp>
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
  auto source = lv::from(lv::input<reading>());
  auto print = [] { return lv::to([](const auto&) {}); };
#ifdef LEVADA_WRONG
  auto flow = lv::flow(std::move(source) | lv::route(lv::when([](int i) { return i > 0; }, print())));  // here
#else
  auto flow = lv::flow(std::move(source) | lv::route(lv::when([](const reading& r) { return r.value > 0; }, print())));
#endif
  (void)flow.open();
}
