// SPDX-License-Identifier: BSL-1.0
// expect: stage: events that go to another thread must be trivially copyable; hold text<N> for a string
#include <levada/core/text.hpp>
#include <levada/flow/boundary.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
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

struct own_copy {
  int value;
  own_copy(int v) : value(v) {}
  own_copy(const own_copy& o) : value(o.value) {}
};

void build() {
  auto source = lv::from(lv::input<reading>());
#ifdef LEVADA_WRONG
  auto flow =
      lv::flow(std::move(source) | lv::map([](const reading& r) { return own_copy(r.sensor); }) | lv::stage<"work">()  // here
#else
  auto flow = lv::flow(std::move(source) | lv::map([](const reading&) { return lv::text<8>("a"); }) | lv::stage<"work">()
#endif
               | lv::to([](const auto&) {}));
  (void)flow.open();
}
