// SPDX-License-Identifier: BSL-1.0
// flat_map: makes any number of events of each.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {
template <class R>
concept range_like = requires(R& r) {
  r.begin() != r.end();
  *r.begin();
};
template <class R>
concept optional_like = requires(R& r) {
  static_cast<bool>(r);
  *r;
};
template <class F, class E>
concept expands = picks_from<F, E> && (range_like<picked_type<F, E>> || optional_like<picked_type<F, E>>);

template <class R>
constexpr auto expanded_type() {
  if constexpr (range_like<R>)
    return std::type_identity<std::remove_cvref_t<decltype(*std::declval<R&>().begin())>>{};
  else
    return std::type_identity<std::remove_cvref_t<decltype(*std::declval<R&>())>>{};
}
}  // namespace detail

/// Takes  events E, in order; the function returns a range (span, array, any with begin and end) or an optional.
/// Emits  its elements, in order, before the next event is looked at. A span may view the function's own storage: it is
///        read at once.
/// Holds  nothing.
/// Fails  as map.
/// Costs  the function and a loop.
template <fixed_string Name, class Function>
struct flat_map_operator {
  static constexpr std::string_view kind = "flat_map";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Function function;

  template <class E>
  using output = relayed_type<E, typename decltype(detail::expanded_type<picked_type<Function, E>>())::type>;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = detail::expands<Function, E>;
    static_assert(ok,
                  "flat_map: the function must be callable with the event type that arrives here, and return a "
                  "range or an optional of events");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    auto&& results = levada::pick(function, levada::payload(e));
    if constexpr (detail::range_like<std::remove_cvref_t<decltype(results)>>) {
      for (const auto& result : results) out(levada::relay(e, result));
    } else {
      if (results) out(levada::relay(e, *results));
    }
  }
};

template <fixed_string Name = "", class Function>
constexpr auto flat_map(Function function) {
  return link{flat_map_operator<Name, Function>{std::move(function)}};
}

}  // namespace levada::inline v0
