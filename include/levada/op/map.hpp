// SPDX-License-Identifier: BSL-1.0
// map: makes one event of each. The key of a keyed stream stays around the result.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E, in order; the function (or member pointer) is called once for each, as Result(const Event&).
/// Emits  its results. In a masked stream it is called for dead events too.
/// Holds  nothing.
/// Fails  never by itself; a function that throws ends the flow.
/// Costs  the function.
template <fixed_string Name, class Function>
struct map_operator {
  static constexpr std::string_view kind = "map";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  [[no_unique_address]] Function function;

  template <class E>
  using output = relayed_type<E, picked_type<Function, E>>;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = picks_from<Function, E>;
    static_assert(
        ok,
        "map: the function must be callable as Result(const Event&) with the event type that arrives here, and return a value");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const auto& result = levada::pick(function, levada::payload(e));
    out(levada::relay(e, result));
  }
  template <class E>
  LEVADA_INLINE void masked(bool live, const E& e, auto out) {
    const auto& result = levada::pick(function, levada::payload(e));
    out.maybe(live, levada::relay(e, result));
  }
};

template <fixed_string Name = "", class Function>
constexpr auto map(Function function) {
  return link{map_operator<Name, Function>{std::move(function)}};
}

}  // namespace levada::inline v0
