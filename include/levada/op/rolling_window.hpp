// SPDX-License-Identifier: BSL-1.0
// rolling_window: a result at every event, over the last seconds before it. Behind sorted(...) it does not matter in which order
// events come.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/op/window.hpp>
#include <levada/state/slots.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E in order of their time, as sorted(at(&E::time)) brings them; below key_by or not.
/// Emits  for each event a row over the events of its key that are less than Length older than it, and it: row.start is the time
/// of the
///        first of them, row.end its own.
/// Holds  places for Most events a key, rounded up to a power of two, from the start on.
/// Fails  an event that is older than the last one of its key is dropped and counted, or put aside. Where more than Most events
/// lie in the
///        Length the oldest leaves early, counted as dropped.
/// Costs  three combinations an event, whatever the length; stalls as in window.
template <fixed_string Name, duration Length, std::size_t Most, template <class> class Queue, class Time, class In,
          class... Aggregations>
struct rolling_window_operator : detail::puts_aside<std::conditional_t<detail::puts_late_aside<Time>, In, void>> {
  static constexpr std::string_view kind = "rolling_window";
  static constexpr std::string_view name = Name.view();
  static constexpr std::size_t places_a_key = std::bit_ceil(Most);
  using types = detail::pane_types<In, Aggregations...>;
  using cells = typename types::pane_cells;
  [[no_unique_address]] Time at;
  pack<Aggregations...> aggregations;

  struct monoid {
    using value = cells;
    LEVADA_INLINE static void append(cells& older, const cells& newer, std::uint64_t n) { types::append(older, newer, n); }
    LEVADA_INLINE static void retract(cells& from, const cells& oldest) { types::retract(from, oldest); }
  };
  struct place {
    cells of{};
    timestamp time{};
  };
  struct window {
    Queue<monoid> events{};
    timestamp last = long_ago;
  };
  slots<window> state{};
  slots<place> places{};

  template <class>
  using output = typename types::emitted;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const auto& event = levada::payload(e);
    const timestamp time = levada::pick(at.time, event);
    const std::uint32_t slot = levada::slot_of(e);
    window& own = state[slot];
    if (time < own.last) [[unlikely]]
      return refuse(e, out);
    own.last = time;
    const ring all{places.enter(), slot * places_a_key};
    auto events = own.events;  // a local, that no place of the ring can alias
    while (events.size() > 0 && detail::later(all.at(events.oldest()).time, Length) <= time) events.pop(all);
    if (events.size() == Most) [[unlikely]] {
      events.pop(all);
      out.drop();
    }
    auto values = types::enter(aggregations);
    cells one{};
    types::add(one, true, values, event);
    types::seal(one);
    all.at(events.oldest() + events.size()).time = time;
    events.push(one, all);
    own.events = events;
    typename types::row_type row;
    types::finish(row, events.all(all), events.size());
    row.start = all.at(events.oldest()).time;
    row.end = time;
    if constexpr (is_keyed<In>) row.key = e.key;
    out(levada::relay(e, row));
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    places.resize(s.slots * places_a_key);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state, places); }

 private:
  /// The places of a key, as the queue sees them.
  struct ring {
    typename slots<place>::in_span places;
    std::size_t begin;

    [[nodiscard]] LEVADA_INLINE place& at(std::uint32_t i) const { return places[begin + i % places_a_key]; }
    [[nodiscard]] LEVADA_INLINE cells& operator[](std::uint32_t i) const { return at(i).of; }
    [[nodiscard]] LEVADA_INLINE const cells& look(std::uint32_t i) const { return places.look(begin + i % places_a_key).of; }
  };
  LEVADA_COLD void refuse(const In& e, auto out) {
    if constexpr (detail::puts_late_aside<Time>)
      out.aside(e);
    else
      out.drop();
  }
};

template <fixed_string Name, duration Length, std::size_t Most, stalls Stalls, class Time, class... Aggregations>
struct rolling_window_description {
  [[no_unique_address]] Time at;
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    using P = payload_type<E>;
    constexpr bool bounds = Length.ns > 0 && Most > 0 && Most <= 1'048'576;
    static_assert(bounds, "rolling_window: give it a positive length, and from 1 to 1048576 events that it may hold a key");
    constexpr bool tells = Time::template tells<P>();
    static_assert(tells,
                  "rolling_window: the time of at(...) must be a levada::timestamp in the event type that arrives here, or a "
                  "function callable as timestamp(const Event&)");
    constexpr bool emits_once = Time::policy != late::update;
    static_assert(emits_once,
                  "rolling_window: what was said is not revised; put sorted(...) above it, and late ones aside there");
    if constexpr (bounds && tells && emits_once && (Aggregations::template fits<P>() && ...)) {
      constexpr bool appends = detail::pane_types<E, Aggregations...>::appends;
      static_assert(appends, "rolling_window: sketches cannot slide with every event; give them to window<sliding{...}>");
      return appends;
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    using types = detail::pane_types<E, Aggregations...>;
    return rolling_window_operator<Name, Length, Most, detail::queue_of<Stalls, Most, types::retracts>::template type, Time, E,
                                   Aggregations...>{{}, std::move(at), std::move(aggregations)};
  }
};

/// rolling_window<"load", 10_s, 4096>(at(&reading::time), aggregate<mean, max>(&reading::value)).
template <fixed_string Name, duration Length, std::size_t Most, stalls Stalls = stalls::automatic, class Time, late Policy,
          class... Aggregations>
  requires(sizeof...(Aggregations) > 0)
constexpr auto rolling_window(time_of_event<Time, Policy> at, Aggregations... aggregations) {
  LEVADA_CHECK(at.allowed == duration{}, at.allowed.ns);
  return link{rolling_window_description<Name, Length, Most, Stalls, time_of_event<Time, Policy>, Aggregations...>{
      std::move(at), {{{std::move(aggregations)}...}}}};
}

}  // namespace levada::inline v0
