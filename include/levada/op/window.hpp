// SPDX-License-Identifier: BSL-1.0
// window: results over the last N events, or over the last seconds. A window is cut into panes of one slide each; an event
// is added to one pane, and panes are combined when the window slides. Where an event is a pane, or panes are many, they are a
// queue that knows its aggregate, so that a slide costs the same whatever the size of the window.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/count_window.hpp>
#include <levada/op/detail/daba.hpp>
#include <levada/op/detail/event_window.hpp>
#include <levada/op/detail/queue_window.hpp>
#include <levada/op/detail/subtract.hpp>
#include <levada/op/detail/time_window.hpp>
#include <levada/op/detail/two_stacks.hpp>
#include <levada/op/revision.hpp>
#include <levada/op/row.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
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

/// How long a single event may take that makes a window slide which counts events and has many panes. What is exact when it is
/// taken back (sums, means and counts of integers; monoids with an inverse) never stalls.
enum class stalls : std::uint8_t {
  automatic,  ///< allowed up to 16384 panes, bounded above
  allowed,    ///< once in n slides n panes are combined at once, for a nanosecond or two each; least work on average
  bounded     ///< a slide takes six combinations at most
};

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
template <auto Shape>
inline constexpr bool counts_events = !std::same_as<decltype(Shape.size), duration>;

/// An aggregation that has been told of the window's shape, if it wants to know: see in_shape of aggregation_of.
template <auto Shape, class Aggregation>
struct in_shape {
  using type = Aggregation;
};
template <auto Shape>
inline constexpr std::size_t events_of_pane = 0;
template <auto Shape>
  requires counts_events<Shape>
inline constexpr std::size_t events_of_pane<Shape> = Shape.slide;
template <auto Shape, class Aggregation>
  requires divides<Shape> && requires { typename Aggregation::template in_shape<1, 1>; }
struct in_shape<Shape, Aggregation> {
  using type = typename Aggregation::template in_shape<static_cast<std::size_t>(panes<Shape>), events_of_pane<Shape>>;
};
template <auto Shape, class Aggregation>
constexpr auto shaped(Aggregation a) {
  using type = typename in_shape<Shape, Aggregation>::type;
  if constexpr (std::same_as<type, Aggregation>)
    return a;
  else
    return type{std::move(a.value)};
}

/// Up to so many panes it is as fast to merge them all at a slide.
inline constexpr std::size_t few_panes = 8;
/// How many may be combined at once where nothing was said: it takes some 20 us.
inline constexpr std::size_t panes_turned_at_once = 16384;

template <stalls Stalls, std::size_t Panes, bool Retracts>
struct queue_of {
  static constexpr bool bounded = Stalls == stalls::bounded || (Stalls == stalls::automatic && Panes > panes_turned_at_once);
  template <class M>
  using type = std::conditional_t<Retracts, subtract<M>, std::conditional_t<bounded, daba<M>, two_stacks<M>>>;
};
}  // namespace detail

/// Takes  events E, below key_by or not; aggregations say what to compute of which value.
/// Emits  rows. Count windows: one for every `slide` events of a key, from the first full window on. Time windows: one a
///        key at every multiple of `slide` since 1970 (a restart does not move them) in processing time, for all keys that
///        had an event within `size`, in the order in which they came; at the end of the stream the open window as it is.
/// Holds  size / slide panes a key, from the start on. A retired key's panes are forgotten (and counted as dropped if a
///        time window still held events: give key_by an idle time above the size).
/// Fails  never by itself.
/// Costs  an event: one pane's sums. A slide: size / slide merges a key; three, whatever the size, where events are counted and
///        panes are more than eight: see stalls.
template <fixed_string Name, auto Shape, stalls Stalls, class... Aggregations>
struct window_description {
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    using P = payload_type<E>;
    constexpr bool whole = detail::divides<Shape>;
    static_assert(whole, "window: the size must be a positive multiple of the slide, so that panes can be shared");
    constexpr bool bounded = !whole || detail::panes<Shape> <= (detail::counts_events<Shape> ? 1'048'576 : 65'536);
    static_assert(bounded, "window: at most 65536 slides of time, or 1048576 of events, fit in a window; take a larger slide");
    constexpr bool countable = detail::counts_events<Shape> || !whole || detail::extent(Shape.slide) >= 1000;
    static_assert(countable,
                  "window: a slide of time takes a microsecond at least, so that all of them since 1970 can be counted");
    constexpr bool stalls_are_known = detail::counts_events<Shape> || Stalls == stalls::automatic;
    static_assert(stalls_are_known, "window: stalls are chosen for windows that count events; for time leave the choice out");
    constexpr bool fit = (Aggregations::template fits<P>() && ...);
    return whole && bounded && countable && stalls_are_known && fit;
  }
  template <class E>
  constexpr auto bind() && {
    constexpr auto n = static_cast<std::size_t>(detail::panes<Shape>);
    using types = detail::pane_types<E, Aggregations...>;
    if constexpr (!detail::counts_events<Shape>)
      return detail::time_window<Name, n, Shape.slide, E, Aggregations...>{std::move(aggregations)};
    else if constexpr (n <= detail::few_panes || !types::appends)
      return detail::count_window<Name, n, Shape.slide, E, Aggregations...>{std::move(aggregations)};
    else
      return detail::queue_window<Name, n, Shape.slide, detail::queue_of<Stalls, n, types::retracts>::template type, E,
                                  Aggregations...>{std::move(aggregations)};
  }
};

template <fixed_string Name, auto Shape, stalls Stalls = stalls::automatic, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0, "window: say what to compute, as in window<...>(aggregate<mean>(&sample::value))");
  return link{window_description<Name, Shape, Stalls, decltype(detail::shaped<Shape>(std::move(aggregations)))...>{
      {{detail::shaped<Shape>(std::move(aggregations))}...}}};
}
template <auto Shape, stalls Stalls = stalls::automatic, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(Aggregations... aggregations) {
  return window<"", Shape, Stalls>(std::move(aggregations)...);
}

/// How far ahead of the watermark a window in event time takes events: see its contract.
struct ahead {
  duration time{};
};

/// Windows in event time: window<tumbling{10_s}>(at(&reading::time), aggregate<mean>(&reading::value)).
/// Takes  events E that say their time, below event_time: its watermarks fire the windows.
/// Emits  one row a key at every multiple of `slide` since 1970, when the watermark comes there, for all keys that had an event
///        within `size`, in the order in which they came; then the watermark. At the end of the stream all windows fire. With
///        early{1_s}, or with at<late::update>, not rows but a `revision` of rows: what a window says now, and what it said
///        before.
/// Holds  a ring of slides, each with a pane a key: size, `ahead` (unless given, the size, but four slides at least) and what
///        is allowed. A retired key's panes are forgotten, and what was in open windows is counted as dropped.
/// Fails  a late event, whose windows are all over, is dropped and counted, put aside, or makes them say anew what they hold: see
///        late. Where windows are not revised `allowed` holds them open. One that is late for some of its windows counts in the
///        others. What is further ahead of the watermark than the ring is dropped and counted, or put aside.
/// Costs  an event: a compare, and one pane's sums; an event of another slide than the one before: a look at the ring. A slide:
///        size / slide merges for each key that had events. An update: the same for each window that is over.
template <fixed_string Name, auto Shape, class Times, bool Early, class... Aggregations>
struct event_window_description {
  Times at;
  ahead room;
  early sooner;
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    constexpr bool by_time = std::same_as<decltype(Shape.size), duration>;
    static_assert(by_time,
                  "window: a window that counts events needs no time of events; leave at(...) out, or give it a duration");
    constexpr bool tells = Times::template tells<payload_type<E>>();
    static_assert(tells,
                  "window: the time of at(...) must be a levada::timestamp in the event type that arrives here, or a function "
                  "callable as timestamp(const Event&)");
    return by_time && tells && window_description<Name, Shape, stalls::automatic, Aggregations...>::template fits<E>();
  }
  template <class E>
  constexpr auto bind() && {
    constexpr auto n = static_cast<std::size_t>(detail::panes<Shape>);
    if (room.time.ns == 0) room.time = Shape.slide * static_cast<std::int64_t>(n < 4 ? 4 : n);
    return detail::event_window<Name, n, Shape.slide, E, Times, Early, Aggregations...>{std::move(at), room.time, sooner,
                                                                                        std::move(aggregations)};
  }
};

namespace detail {
template <fixed_string Name, auto Shape, bool Early, class Time, late Policy, class... Aggregations>
constexpr auto event_window_of(time_of_event<Time, Policy> at, ahead room, early sooner, Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0, "window: say what to compute, as in window<...>(at(...), aggregate<mean>(...))");
  LEVADA_CHECK(room.time.ns >= 0 && at.allowed.ns >= 0, room.time.ns);
  return link{event_window_description<Name, Shape, time_of_event<Time, Policy>, Early,
                                       decltype(shaped<Shape>(std::move(aggregations)))...>{
      std::move(at), room, sooner, {{shaped<Shape>(std::move(aggregations))}...}}};
}
}  // namespace detail

template <fixed_string Name, auto Shape, class Time, late Policy, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(time_of_event<Time, Policy> at, Aggregations... aggregations) {
  return detail::event_window_of<Name, Shape, false>(std::move(at), ahead{}, early{}, std::move(aggregations)...);
}
template <fixed_string Name, auto Shape, class Time, late Policy, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(time_of_event<Time, Policy> at, ahead room, Aggregations... aggregations) {
  return detail::event_window_of<Name, Shape, false>(std::move(at), room, early{}, std::move(aggregations)...);
}
template <fixed_string Name, auto Shape, class Time, late Policy, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(time_of_event<Time, Policy> at, early sooner, Aggregations... aggregations) {
  return detail::event_window_of<Name, Shape, true>(std::move(at), ahead{}, sooner, std::move(aggregations)...);
}
template <fixed_string Name, auto Shape, class Time, late Policy, class... Aggregations>
  requires window_shape<decltype(Shape)>
constexpr auto window(time_of_event<Time, Policy> at, ahead room, early sooner, Aggregations... aggregations) {
  return detail::event_window_of<Name, Shape, true>(std::move(at), room, sooner, std::move(aggregations)...);
}

template <auto Shape, class Time, late Policy, class... Rest>
  requires window_shape<decltype(Shape)>
constexpr auto window(time_of_event<Time, Policy> at, Rest... rest) {
  return window<"", Shape>(std::move(at), std::move(rest)...);
}

}  // namespace levada::inline v0
