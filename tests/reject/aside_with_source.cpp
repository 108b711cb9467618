// SPDX-License-Identifier: BSL-1.0
// expect: aside: its branch goes on with what was put aside, so it cannot begin with a stream of its own
#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

/// Puts negative numbers aside.
template <class In>
struct sign_operator {
  static constexpr std::string_view kind = "sign";
  static constexpr std::string_view name = "";
  using aside_type = int;
  template <class>
  using output = double;
  void operator()(const In& e, auto out) { e < 0 ? out.aside(-e) : out(static_cast<double>(e)); }
};
struct sign_description {
  template <class>
  static consteval bool fits() {
    return true;
  }
  template <class E>
  constexpr auto bind() && {
    return sign_operator<E>{};
  }
};

void build() {
  auto signs = lv::from(lv::input<int>()) | lv::link{sign_description{}};
#ifdef LEVADA_WRONG
  auto chain = std::move(signs) | lv::aside("other"_s | lv::to([](int) {})) | lv::to([](double) {});  // here
#else
  auto chain = std::move(signs) | lv::aside(lv::to([](int) {})) | lv::to([](double) {});
#endif
  auto flow = lv::flow(std::move(chain));
  (void)flow.open();
}
