// SPDX-License-Identifier: BSL-1.0
// global_window: one window a key that never ends. A trigger says when its results so far are emitted.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/gathered.hpp>
#include <levada/op/row.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What a window does with its events when its trigger has fired: it keeps them, so that results grow; or it starts anew.
enum class after_firing : std::uint8_t { keep, purge };

namespace detail {

/// Triggers. `is_over(fresh, event)` is asked after an event, `fresh` of them since the last firing; those that are periodic go
/// by their clock instead.
struct every_events {
  static constexpr bool is_periodic = false;
  std::uint64_t events;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  LEVADA_INLINE bool is_over(std::uint64_t fresh, const auto&) { return fresh >= events; }
};
template <class Clock>
struct every_period {
  static constexpr bool is_periodic = true;
  duration period;
  Clock clock;
  template <class E>
  static consteval bool fits() {
    constexpr bool times = Clock::template tells<E>();
    static_assert(times,
                  "every: the time must be a levada::timestamp in the event type that arrives here, or a function callable as "
                  "timestamp(const Event&)");
    return times;
  }
};
template <class Predicate>
struct on_event {
  static constexpr bool is_periodic = false;
  [[no_unique_address]] Predicate predicate;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = [] {
      if constexpr (picks_from<Predicate, E>)
        return std::is_convertible_v<picked_type<Predicate, E>, bool>;
      else
        return false;
    }();
    static_assert(
        ok,
        "global_window: the trigger is every(n), every(10_s), every(10_s, at(&E::time)), a bool member of the event type "
        "that arrives here, or a function callable as bool(const Event&)");
    return ok;
  }
  LEVADA_INLINE bool is_over(std::uint64_t, const auto& e) { return static_cast<bool>(levada::pick(predicate, e)); }
};

template <class T>
inline constexpr bool is_trigger = false;
template <>
inline constexpr bool is_trigger<every_events> = true;
template <class Clock>
inline constexpr bool is_trigger<every_period<Clock>> = true;

/// By which time the windows of a trigger go.
template <class Trigger>
struct clock_of_trigger {
  using type = at_processing;
  static type of(Trigger&) { return {}; }
};
template <class Clock>
struct clock_of_trigger<every_period<Clock>> {
  using type = Clock;
  static type& of(every_period<Clock>& trigger) { return trigger.clock; }
};

template <fixed_string Name, after_firing Then, class Trigger, class In, class... Aggregations>
struct global_window {
  static constexpr std::string_view kind = "global_window";
  static constexpr std::string_view name = Name.view();
  using types = pane_types<In, Aggregations...>;
  using event_type = typename types::event_type;
  using clock_of = clock_of_trigger<Trigger>;
  static constexpr bool is_periodic = Trigger::is_periodic;
  static constexpr bool of_events = is_of_events<typename clock_of::type>;
  Trigger trigger;
  pack<Aggregations...> aggregations;

  struct entry : row_key<typename types::key_type>, gathered<In, Aggregations...> {
    std::uint64_t fresh = 0;  // events since the last firing
    timestamp first{};        // of all events,
    timestamp fresh_from{};   // and of those
  };
  slots<entry> state{};
  timers alarms{};            // of keys with a fresh event, if the trigger is periodic
  timestamp time = long_ago;  // of the watermark

  template <class>
  using output = typename types::emitted;

  struct in_span {
    typename types::extractors values;
    [[no_unique_address]] clock_in_span<typename clock_of::type, event_type> clock;
    typename slots<entry>::in_span entries;
    global_window* whole;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      entry& own = entries[levada::slot_of(e)];
      const timestamp t = clock.of(levada::payload(e), out);
      if (own.fresh == 0 || t < own.fresh_from) [[unlikely]]
        whole->begin(own, e, t);
      own.add(values, levada::payload(e));
      ++own.fresh;
      if constexpr (!is_periodic)
        if (whole->trigger.is_over(own.fresh, levada::payload(e))) whole->fire(levada::slot_of(e), out.now(), out);
    }
  };
  [[nodiscard]] in_span enter() {
    return {types::enter(aggregations), clock_in_span<typename clock_of::type, event_type>(clock_of::of(trigger)), state.enter(),
            this};
  }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    if constexpr (is_periodic) alarms.resize(s.slots);
    out.raise(s);
  }
  void on(const watermark& w, auto out)
    requires of_events
  {
    if (w.time > time) ring(time = w.time, out);
    out.raise(w);
  }
  void on(const tick& t, auto out)
    requires(is_periodic && !of_events)
  {
    ring(t.now, out);
    out.raise(t);
  }
  void on(const end_of_stream& s, auto out) {
    if constexpr (is_periodic)
      ring(never, out);
    else
      for (std::uint32_t slot = 0; slot < state.size(); ++slot)
        if (state[slot].fresh > 0) fire(slot, out.now(), out);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    if (state[r.slot].fresh > 0) fire(r.slot, is_periodic ? alarms.at(r.slot) : out.now(), out);
    if constexpr (is_periodic) alarms.clear(r.slot);
    state.reset(r.slot);
    out.raise(r);
  }
  [[nodiscard]] timestamp due() const
    requires(is_periodic && !of_events)
  {
    return alarms.due();
  }
  void persist(auto& archive) {
    archive(state);
    if constexpr (is_periodic) archive(alarms, time);
  }

 private:
  LEVADA_COLD void begin(entry& own, const In& e, timestamp t) {
    if constexpr (is_keyed<In>) own.key = e.key;
    if (own.events == 0 || t < own.first) own.first = t;
    own.fresh_from = t;
    if constexpr (is_periodic) alarms.set(levada::slot_of(e), next_multiple(t < time ? time : t, trigger.period));
  }
  void ring(timestamp until, auto out) {
    while (alarms.size() > 0 && alarms.due() <= until) {
      const timestamp rang = alarms.due();
      fire(alarms.pop(rang), rang, out);
    }
  }
  void fire(std::uint32_t slot, timestamp end, auto out) {
    entry& own = state[slot];
    typename types::row_type result;
    own.finish(result, own.first, end);
    if constexpr (is_keyed<In>) result.key = own.key;
    own.fresh = 0;
    if constexpr (Then == after_firing::purge) own.events = 0;
    send_row<In>(slot, result, out);
  }
};

}  // namespace detail

/// A trigger that fires after every n events of a key.
constexpr auto every(std::integral auto events) {
  LEVADA_CHECK(events > 0, events);
  return detail::every_events{static_cast<std::uint64_t>(events)};
}
/// A trigger that fires at the multiples of a period since 1970, in processing time, for keys that had an event since.
constexpr auto every(duration period) {
  LEVADA_CHECK(period.ns > 0, period.ns);
  return detail::every_period<detail::at_processing>{period, {}};
}
/// The same in event time, when the watermark gets there.
template <class Time>
constexpr auto every(duration period, time_of_event<Time, late::drop> at) {
  LEVADA_CHECK(period.ns > 0, period.ns);
  return detail::every_period<time_of_event<Time, late::drop>>{period, std::move(at)};
}

/// Takes  events E, below key_by or not; a trigger: every(100) events, every(10_s), every(10_s, at(&E::time)), or a condition
///        (a bool member or a callable), which the last event before a firing fulfils.
/// Emits  a row of all events of a key so far (after_firing::keep, the default), or of those since its last row
///        (after_firing::purge), whenever the trigger fires. Its `start` is the time of the first of them, its `end` that of the
///        firing: a multiple of the period, or the processing time. What came since the last firing is emitted when the stream
///        ends, and when its key is retired.
/// Holds  one window a key.
/// Fails  never by itself; no event is late.
/// Costs  an event: its sums, and the condition. A firing by time: log4 of the keys that have an event since.
template <fixed_string Name, after_firing Then, class Trigger, class... Aggregations>
struct global_window_description {
  Trigger trigger;
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    using P = payload_type<E>;
    return Trigger::template fits<P>() && detail::aggregations_fit<P, Aggregations...>();
  }
  template <class E>
  constexpr auto bind() && {
    return detail::global_window<Name, Then, Trigger, E, Aggregations...>{std::move(trigger), std::move(aggregations)};
  }
};

template <fixed_string Name, after_firing Then = after_firing::keep, class Trigger, class... Aggregations>
constexpr auto global_window(Trigger trigger, Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0,
                "global_window: say what to compute, as in global_window<...>(every(100), aggregate<mean>(&E::value))");
  using T = std::conditional_t<detail::is_trigger<Trigger>, Trigger, detail::on_event<Trigger>>;
  return link{global_window_description<Name, Then, T, Aggregations...>{T{std::move(trigger)}, {{std::move(aggregations)}...}}};
}
template <after_firing Then = after_firing::keep, class Trigger, class... Aggregations>
constexpr auto global_window(Trigger trigger, Aggregations... aggregations) {
  return global_window<"", Then>(std::move(trigger), std::move(aggregations)...);
}

}  // namespace levada::inline v0
