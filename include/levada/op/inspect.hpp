// SPDX-License-Identifier: BSL-1.0
// inspect: shows the events that pass to a callable, and passes them on unchanged.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>

#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E, in order; the callable is called once for each.
/// Emits  the same events.
/// Holds  nothing.
/// Fails  as map.
/// Costs  the callable; it brings the branch back into a masked stream.
template <fixed_string Name, class Function>
struct inspect_operator {
  static constexpr std::string_view kind = "inspect";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  [[no_unique_address]] Function function;

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = requires(Function& f, const payload_type<E>& e) { f(e); };
    static_assert(ok, "inspect: the function must be callable as void(const Event&) with the event type that arrives here");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    function(levada::payload(e));
    out(e);
  }
};

template <fixed_string Name = "", class Function>
constexpr auto inspect(Function function) {
  return link{inspect_operator<Name, Function>{std::move(function)}};
}

}  // namespace levada::inline v0
