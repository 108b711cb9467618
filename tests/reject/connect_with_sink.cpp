// SPDX-License-Identifier: BSL-1.0
// expect: connect: one of these chains ends in to\(...\), so nothing flows on from it
#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct both_operator {
  static constexpr std::string_view kind = "both";
  static constexpr std::string_view name = "";
  template <class>
  using output = int;
  template <class In>
  static consteval bool fits() {
    return true;
  }
  template <std::size_t Input, class E>
  void take(const E&, auto out) {
    out(static_cast<int>(Input));
  }
};

void build() {
#ifdef LEVADA_WRONG
  auto two = lv::from(lv::input<int>()) | lv::to([](int) {});
#else
  auto two = lv::from(lv::input<int>());
#endif
  auto both = lv::connect(lv::from(lv::input<double>()), std::move(two)) | lv::link{both_operator{}};
  auto flow = lv::flow(std::move(both) | lv::to([](int) {}));  // here
  (void)flow.open();
}
