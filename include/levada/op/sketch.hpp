// SPDX-License-Identifier: BSL-1.0
// sketch: aggregates that keep a summary of their own of the values of a pane, in place of moments: quantiles, distinct values,
// the most frequent, the greatest. Two panes are combined by merging their summaries.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/pack.hpp>
#include <levada/op/aggregate.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// sketch<V> is a trivially copyable value: {} of nothing, add(v), merge(later). computes<V> says whether there is one for values
/// V, and of(sketch) is the result.
template <class A>
concept sketch_function = requires {
  { A::name } -> std::convertible_to<std::string_view>;
  { A::template computes<int> } -> std::convertible_to<bool>;
};

namespace detail {
/// A sketch as the windows see it: see aggregation_of.
template <class Sketch>
struct sketch_cells : Sketch {
  void begin(const auto&) { static_cast<Sketch&>(*this) = Sketch{}; }
  void merge(const sketch_cells& later, std::uint64_t) { Sketch::merge(later); }
};
}  // namespace detail

/// Results of one sketch of one value of an event.
/// Holds  a sketch a pane: size / slide of them a key, whether used or not. For many keys take small sketches, or few panes.
template <class Value, sketch_function First, sketch_function... Others>
struct sketch_aggregation {
  [[no_unique_address]] Value value;

  template <class E>
  using in_pane = detail::sketch_cells<typename First::template sketch<picked_type<Value, E>>>;
  template <class E>
  using in_window = in_pane<E>;
  template <class E>
  using results = detail::results<in_window<E>, First, Others...>;

  template <class E>
  static consteval bool fits() {
    constexpr bool picks = picks_from<Value, E>;
    static_assert(picks,
                  "aggregate: the value must be a member of the event type that arrives here, or a function callable with it");
    if constexpr (picks) {
      using V = picked_type<Value, E>;
      constexpr bool computes = First::template computes<V> && (Others::template computes<V> && ...);
      static_assert(computes,
                    "aggregate: quantile needs a number, distinct and heavy_hitters a key (an integer, an enum or a text<N>), "
                    "top an event with its rank: by(&order::price)");
      if constexpr (computes) {
        using S = typename First::template sketch<V>;
        constexpr bool one = (std::same_as<S, typename Others::template sketch<V>> && ...);
        static_assert(one, "aggregate: these do not share a sketch; give each an aggregate<...>(...) of its own");
        return one;
      }
    }
    return false;
  }
};

template <sketch_function First, sketch_function... Others, class Value>
constexpr auto aggregate(Value value) {
  return sketch_aggregation<Value, First, Others...>{std::move(value)};
}
/// The two kinds of aggregates do not mix: each keeps its own of the values.
template <class First, class... Others, class Value>
  requires((sketch_function<First> || ... || sketch_function<Others>) &&
           !(sketch_function<First> && ... && sketch_function<Others>))
constexpr auto aggregate(Value value) {
  constexpr bool mixed = sketch_function<First> && (sketch_function<Others> && ...);
  static_assert(mixed, "aggregate: moments and sketches are kept apart; give each an aggregate<...>(...) of its own");
  return aggregation<Value, count>{std::move(value)};
}

}  // namespace levada::inline v0
