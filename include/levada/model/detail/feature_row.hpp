// SPDX-License-Identifier: BSL-1.0
// feature_row: where the features of an event come from, for all operators that want them.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/keyed.hpp>
#include <levada/core/pack.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

template <class T>
concept gives_span = requires(T&& t) { std::span<const float>(t); };
/// Zero where only the value knows how long it is.
template <class T>
consteval std::size_t length_of() {
  if constexpr (requires(T&& t) { std::span(t); }) {
    constexpr std::size_t n = decltype(std::span(std::declval<T>()))::extent;
    return n == std::dynamic_extent ? 0 : n;
  }
  return 0;
}

/// Where the features of an event come from: its features(), one member or function that gives them all, or one for each.
template <class E, class... Values>
struct feature_row {
  using P = payload_type<E>;
  static constexpr bool has_own = [] {
    if constexpr (sizeof...(Values) == 0)
      return requires(const P& e) {
        { e.features() } -> gives_span;
      };
    else
      return false;
  }();
  static constexpr bool has_one = [] {
    if constexpr (sizeof...(Values) == 1 && (picks_from<Values, E> && ...))
      return (gives_span<decltype(levada::pick(std::declval<Values&>(), std::declval<const P&>()))> && ...);
    else
      return false;
  }();
  static constexpr bool has_numbers = [] {
    if constexpr (sizeof...(Values) > 0 && (picks_from<Values, E> && ...))
      return (std::is_arithmetic_v<picked_type<Values, E>> && ...);
    else
      return false;
  }();
  static constexpr std::size_t length = [] {
    if constexpr (has_own)
      return length_of<decltype(std::declval<const P&>().features())>();
    else if constexpr (has_one)
      return (length_of<decltype(levada::pick(std::declval<Values&>(), std::declval<const P&>()))>(), ...);
    else
      return sizeof...(Values);
  }();

  [[no_unique_address]] pack<Values...> values;

  /// use(std::span<const float>): only while it is called.
  template <class Use>
  LEVADA_INLINE auto with(const P& e, Use&& use) {
    if constexpr (has_own) {
      return use(std::span<const float>(e.features()));
    } else if constexpr (has_one) {
      return use(std::span<const float>(levada::pick(get<0>(values), e)));
    } else {
      return [&]<std::size_t... I>(std::index_sequence<I...>) LEVADA_INLINE_LAMBDA {
        const float row[] = {static_cast<float>(levada::pick(get<I>(values), e))...};
        return use(std::span<const float>(row));
      }(std::index_sequence_for<Values...>{});
    }
  }
};

}  // namespace levada::inline v0::detail
