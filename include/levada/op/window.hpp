// SPDX-License-Identifier: BSL-1.0
// window: results over the last N events, or over the last seconds. A window is cut into panes of one slide each; an event
// is added to one pane, and panes are combined when the window slides.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/detail/count_window.hpp>
#include <levada/op/detail/time_window.hpp>
#include <levada/op/row.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace levada::inline v0 {

/// Windows of `size` that begin every `slide`: sliding{1024, 256} counts events, sliding{10_s, 1_s} is time.
template <class Unit>
struct sliding {
  Unit size;
  Unit slide;
};
template <std::integral A, std::integral B>
sliding(A, B) -> sliding<std::size_t>;
sliding(duration, duration) -> sliding<duration>;

/// Windows one after the other: tumbling{100} counts events, tumbling{10_s} is time.
template <class Unit>
struct tumbling {
  Unit size;
  Unit slide = size;
};
template <std::integral A>
tumbling(A) -> tumbling<std::size_t>;
tumbling(duration) -> tumbling<duration>;

template <class S>
concept window_shape = requires(const S& s) {
  s.size;
  { s.slide } -> std::same_as<decltype((s.size))>;
};

namespace detail {
constexpr std::int64_t extent(std::size_t n) { return static_cast<std::int64_t>(n); }
constexpr std::int64_t extent(duration d) { return d.ns; }

template <auto Shape>
inline constexpr std::int64_t panes = extent(Shape.slide) > 0 ? extent(Shape.size) / extent(Shape.slide) : 0;
template <auto Shape>
inline constexpr bool divides = extent(Shape.slide) > 0 && extent(Shape.size) > 0 &&
                                extent(Shape.size) % extent(Shape.slide) == 0;
}  // namespace detail

/// Takes  events E, below key_by or not; aggregations say what to compute of which value.
/// Emits  rows. Count windows: one for every `slide` events of a key, from the first full window on. Time windows: one a
///        key at every multiple of `slide` since 1970 (a restart does not move them) in processing time, for all keys that
///        had an event within `size`, in the order in which they came; at the end of the stream the open window as it is.
/// Holds  size / slide panes a key, from the start on. A retired key's panes are forgotten (and counted as dropped if a
///        time window still held events: give key_by an idle time above the size).
/// Fails  never by itself.
/// Costs  an event: one pane's sums. A slide: size / slide merges a key.
template <fixed_string Name, auto Shape, class... Aggregations>
struct window_description {
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    using P = payload_type<E>;
    constexpr bool whole = detail::divides<Shape>;
    static_assert(whole, "window: the size must be a positive multiple of the slide, so that panes can be shared");
    constexpr bool bounded = !whole || detail::panes<Shape> <= 65536;
    static_assert(bounded, "window: at most 65536 slides fit in a window; take a larger slide");
    constexpr bool picks = (Aggregations::template picks<P> && ...);
    static_assert(
        picks,
        "window: the value to aggregate must be a member of the event type that arrives here, or a function callable with it");
    if constexpr (picks) {
      constexpr bool computes = (Aggregations::template computes<P> && ...);
      static_assert(
          computes,
          "window: sum, mean, min, max, variance and stddev need a number; only count, first and last take other types");
      constexpr bool copies = !computes || (Aggregations::template copies<P> && ...);
      static_assert(copies, "window: first and last need a trivially copyable value");
      return whole && bounded && computes && copies;
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    constexpr auto n = static_cast<std::size_t>(detail::panes<Shape>);
    if constexpr (std::same_as<decltype(Shape.size), duration>)
      return detail::time_window<Name, n, Shape.slide, E, Aggregations...>{std::move(aggregations)};
    else
      return detail::count_window<Name, n, Shape.slide, E, Aggregations...>{std::move(aggregations)};
  }
};

template <fixed_string Name, auto Shape, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0, "window: say what to compute, as in window<...>(aggregate<mean>(&sample::value))");
  return link{window_description<Name, Shape, Aggregations...>{{{std::move(aggregations)}...}}};
}
template <auto Shape, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(Aggregations... aggregations) {
  return window<"", Shape>(std::move(aggregations)...);
}

}  // namespace levada::inline v0
