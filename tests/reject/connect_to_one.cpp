// SPDX-License-Identifier: BSL-1.0
// expect: connect: what follows must take several streams, as a join does; merge\(...\) makes one of them
#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct any_operator {
  static constexpr std::string_view kind = "any";
  static constexpr std::string_view name = "";
  template <class>
  using output = int;
  template <class In>
  static consteval bool fits() {
    return true;
  }
  void operator()(const auto&, auto out) { out(1); }
};

void build() {
#ifdef LEVADA_WRONG
  auto both = lv::connect(lv::from(lv::input<int>()), lv::from(lv::input<int>()));
#else
  auto both = lv::merge(lv::from(lv::input<int>()), lv::from(lv::input<int>()));
#endif
  auto flow = lv::flow(std::move(both) | lv::link{any_operator{}} | lv::to([](int) {}));  // here
  (void)flow.open();
}
