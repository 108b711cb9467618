// SPDX-License-Identifier: BSL-1.0
// aggregate_by: aggregates of your own, by the monoid that makes them: how a value is lifted into it, and how two are combined.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/op/aggregate.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {
template <class M, class V>
using lifted = std::remove_cvref_t<decltype(M::lift(std::declval<const V&>()))>;
}

/// What makes an aggregate of values V, by static functions without memory:
///   lift(v)         one value as an A, which is trivially copyable and has a value A{}
///   combine(a, b)   of some values and of those that came after them: associative, it need not be commutative
///   result(a)       optional: what the row gives, if that is not a itself
///   inverse(a)      optional: combine(inverse(a), combine(a, b)) is b, exactly. A monoid that rounds should have none.
template <class M, class V>
concept monoid_of = requires(const detail::lifted<M, V>& a) {
  { M::combine(a, a) } -> std::convertible_to<detail::lifted<M, V>>;
} && std::default_initializable<detail::lifted<M, V>>;

namespace detail {

/// Some values, combined by each of the monoids.
template <class V, class... Ms>
struct combined {
  pack<lifted<Ms, V>...> lifts{};

  template <std::size_t I>
  using monoid = element<I, pack<Ms...>>;

  LEVADA_INLINE void only(const V& v) {
    for_each_index<sizeof...(Ms)>([&](auto i) LEVADA_INLINE_LAMBDA { get<i>(lifts) = monoid<i>::lift(v); });
  }
  LEVADA_INLINE void add(const V& v) {
    for_each_index<sizeof...(Ms)>([&](auto i) LEVADA_INLINE_LAMBDA {
      auto& own = get<i>(lifts);
      own = monoid<i>::combine(own, monoid<i>::lift(v));
    });
  }
  LEVADA_INLINE void append(const combined& later, std::uint64_t) {
    for_each_index<sizeof...(Ms)>([&](auto i) LEVADA_INLINE_LAMBDA {
      auto& own = get<i>(lifts);
      own = monoid<i>::combine(own, get<i>(later.lifts));
    });
  }
  static constexpr bool exact = (requires(const lifted<Ms, V>& a) { Ms::inverse(a); } && ...);
  LEVADA_INLINE void retract(const combined& oldest)
    requires exact
  {
    for_each_index<sizeof...(Ms)>([&](auto i) LEVADA_INLINE_LAMBDA {
      auto& own = get<i>(lifts);
      own = monoid<i>::combine(monoid<i>::inverse(get<i>(oldest.lifts)), own);
    });
  }
  template <std::size_t I>
  [[nodiscard]] LEVADA_INLINE auto result() const {
    if constexpr (requires { monoid<I>::result(get<I>(lifts)); })
      return monoid<I>::result(get<I>(lifts));
    else
      return get<I>(lifts);
  }
};

template <class V, class... Ms>
struct combined_window : combined<V, Ms...> {
  using pane = combined<V, Ms...>;
  std::uint64_t n = 0;

  void merge(const pane& later, std::uint64_t values) {
    if (n == 0)
      static_cast<pane&>(*this) = later;
    else
      pane::append(later, values);
    n += values;
  }
};

/// A monoid as an aggregate function, for results by name.
template <std::size_t I>
struct nth_monoid {
  static auto of(const auto& window) { return window.template result<I>(); }
};
template <class Window, class Indices, class... Ms>
struct combined_results;
template <class Window, std::size_t... I, class... Ms>
struct combined_results<Window, std::index_sequence<I...>, Ms...> : results<Window, nth_monoid<I>...> {
  using all = results<Window, nth_monoid<I>...>;
  static combined_results of(const Window& window) { return {all::of(window)}; }

  template <class M>
  static constexpr bool has = (std::same_as<M, Ms> || ...);
  template <class M>
  static constexpr std::size_t index = ((std::same_as<M, Ms> ? I : 0) + ...);
};

}  // namespace detail

/// Aggregates of one value of an event by monoids: see aggregate_by.
template <class Value, class... Ms>
struct aggregation_by {
  [[no_unique_address]] Value value;

  template <class E>
  using in_pane = detail::combined<picked_type<Value, E>, Ms...>;
  template <class E>
  using in_window = detail::combined_window<picked_type<Value, E>, Ms...>;
  template <class E>
  using results = detail::combined_results<in_window<E>, std::index_sequence_for<Ms...>, Ms...>;

  template <class E>
  static consteval bool fits() {
    constexpr bool picks = picks_from<Value, E>;
    static_assert(picks,
                  "aggregate_by: the value must be a member of the event type that arrives here, or a function callable with it");
    if constexpr (picks) {
      using V = picked_type<Value, E>;
      constexpr bool combines = (monoid_of<Ms, V> && ...);
      static_assert(combines,
                    "aggregate_by: a monoid has static functions lift(value) and combine(a, b) of two that were lifted");
      if constexpr (combines) {
        constexpr bool copies = (std::is_trivially_copyable_v<detail::lifted<Ms, V>> && ...);
        static_assert(copies, "aggregate_by: what lift returns must be trivially copyable");
        return copies;
      }
    }
    return false;
  }
};

/// Takes  the monoids, and a member pointer or a callable for the value: aggregate_by<longest_run>(&reading::level).
/// Emits  by row.get<longest_run>() what its result(a) gives.
/// Holds  one lifted value a pane and monoid.
/// Costs  an event: a lift and a combine. A count window with many panes slides by three combines, or by two and an inverse.
template <class... Ms, class Value>
constexpr auto aggregate_by(Value value) {
  static_assert(sizeof...(Ms) > 0, "aggregate_by: name the monoid, as in aggregate_by<longest_run>(&reading::level)");
  return aggregation_by<Value, Ms...>{std::move(value)};
}

}  // namespace levada::inline v0
