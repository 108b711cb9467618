// SPDX-License-Identifier: BSL-1.0
// session_window: results over the events of a key that follow each other closely. A session ends when no event came for a while.
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

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// session_window<30_s>, or session_window<session{.gap = 30_s, .longest = 1_h}>.
struct session {
  duration gap;
  duration longest{};      ///< a session is cut when it has lasted so long; zero: never
  std::uint32_t open = 4;  ///< sessions of a key that are open at a time; lateness / gap + 2 of them are always enough
};

namespace detail {

constexpr session session_of(duration gap) { return {.gap = gap}; }
constexpr session session_of(session s) { return s; }

/// Open sessions of a key are in order, the latest first, and no two of them overlap: an event joins the latest that began before
/// it, or goes in front of the one after that, or has one of its own; joining, it may close the gap between two. Their ends are
/// in the same order.
template <fixed_string Name, session Shape, class Clock, class In, class... Aggregations>
struct session_window : puts_aside<std::conditional_t<puts_late_aside<Clock>, In, void>> {
  static constexpr std::string_view kind = "session_window";
  static constexpr std::string_view name = Name.view();
  static constexpr bool of_events = is_of_events<Clock>;
  using types = pane_types<In, Aggregations...>;
  using event_type = typename types::event_type;
  Clock clock;
  pack<Aggregations...> aggregations;

  struct span : gathered<In, Aggregations...> {
    timestamp first{}, last{};

    [[nodiscard]] timestamp end() const {
      const timestamp by_gap = later(last, Shape.gap);
      if constexpr (Shape.longest.ns == 0) return by_gap;
      const timestamp by_length = later(first, Shape.longest);
      return by_gap < by_length ? by_gap : by_length;
    }
  };
  struct entry : row_key<typename types::key_type> {
    std::uint32_t open = 0;
    std::array<span, of_events ? Shape.open : 1> spans{};

    [[nodiscard]] span& oldest() { return spans[open - 1]; }
  };
  slots<entry> state{};
  timers alarms{};            // of each key, not after the end of its first session: most events only move that further off
  timestamp time = long_ago;  // of the watermark

  template <class>
  using output = typename types::emitted;

  struct in_span {
    typename types::extractors values;
    [[no_unique_address]] clock_in_span<Clock, event_type> clock;
    typename slots<entry>::in_span entries;
    session_window* whole;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      const timestamp t = clock.of(levada::payload(e), out);
      entry& own = entries[levada::slot_of(e)];
      if (own.open > 0) [[likely]] {
        span& latest = own.spans[0];
        if (t < latest.last) {
          if (t >= latest.first) return latest.add_older(values, levada::payload(e));
        } else if (follows(latest.first, latest.last, t)) [[likely]] {
          latest.last = t;
          return latest.add(values, levada::payload(e));
        }
      }
      whole->place(e, t, values, out);
    }
  };
  [[nodiscard]] in_span enter() {
    return {types::enter(aggregations), clock_in_span<Clock, event_type>(clock), state.enter(), this};
  }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    alarms.resize(s.slots);
    out.raise(s);
  }
  void on(const watermark& w, auto out)
    requires of_events
  {
    if (w.time > time) fire(time = w.time, out);
    out.raise(w);
  }
  void on(const tick& t, auto out)
    requires(!of_events)
  {
    fire(t.now, out);
    out.raise(t);
  }
  void on(const end_of_stream& s, auto out) {
    fire(never, out);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    alarms.clear(r.slot);
    while (state[r.slot].open > 0) close_oldest(r.slot, out);
    out.raise(r);
  }
  [[nodiscard]] timestamp due() const
    requires(!of_events)
  {
    return alarms.due();
  }
  void persist(auto& archive) { archive(state, alarms, time); }

 private:
  /// Is what begins at `next` of one session with [first, last], and may one be so long that it reaches to `until`?
  static constexpr bool belong(timestamp first, timestamp last, timestamp next, timestamp until) {
    return distance(last, next) < static_cast<std::uint64_t>(Shape.gap.ns) &&
           (Shape.longest.ns == 0 || distance(first, until) < static_cast<std::uint64_t>(Shape.longest.ns));
  }
  static constexpr bool follows(timestamp first, timestamp last, timestamp t) { return belong(first, last, t, t); }

  LEVADA_COLD void place(const In& e, timestamp t, typename types::extractors& values, auto out) {
    if constexpr (!of_events) fire(t, out);  // it was emitted by an operator that heard of this time before
    const std::uint32_t slot = levada::slot_of(e);
    entry& own = state[slot];
    std::uint32_t at = 0;  // of the latest that began by then; the one after it is in front of it
    while (at < own.open && own.spans[at].first > t) ++at;
    span* const next = at > 0 ? &own.spans[at - 1] : nullptr;

    if (at < own.open && t < own.spans[at].last) {
      own.spans[at].add_older(values, levada::payload(e));
    } else if (at < own.open && follows(own.spans[at].first, own.spans[at].last, t)) {
      span& before = own.spans[at];
      before.last = t;
      before.add(values, levada::payload(e));
      if (next != nullptr && belong(before.first, t, next->first, next->last)) {
        before.last = next->last;
        before.append(*next);
        --own.open;
        for (std::uint32_t i = at - 1; i < own.open; ++i) own.spans[i] = own.spans[i + 1];
      }
    } else {
      span one;
      one.first = one.last = t;
      if (next != nullptr && belong(t, t, next->first, next->last)) {
        one.add(values, levada::payload(e));
        one.append(*next);
        one.last = next->last;
        *next = one;
      } else {
        if (of_events && one.end() <= time) return put_off(e, out);
        if (own.open == own.spans.size()) return out.drop();
        one.add(values, levada::payload(e));
        if constexpr (is_keyed<In>) own.key = e.key;
        for (std::uint32_t i = own.open++; i > at; --i) own.spans[i] = own.spans[i - 1];
        own.spans[at] = one;
      }
    }
    if (const timestamp end = own.oldest().end(); end <= alarms.at(slot)) alarms.set(slot, end);
  }
  static void put_off(const In& e, auto out) {
    if constexpr (Clock::policy == late::aside)
      out.aside(e);
    else
      out.drop();
  }
  /// Sessions end in the order of their ends, and those of one time in that of their slots.
  void fire(timestamp until, auto out) {
    while (alarms.size() > 0 && alarms.due() <= until) {
      const timestamp rang = alarms.due();
      const std::uint32_t slot = alarms.pop(rang);
      if (state[slot].oldest().end() <= rang) close_oldest(slot, out);
      if (state[slot].open > 0) alarms.set(slot, state[slot].oldest().end());
    }
  }
  void close_oldest(std::uint32_t slot, auto out) {
    entry& own = state[slot];
    typename types::row_type result;
    own.oldest().finish(result, own.oldest().first, own.oldest().end());
    if constexpr (is_keyed<In>) result.key = own.key;
    --own.open;
    send_row<In>(slot, result, out);
  }
};

}  // namespace detail

/// Takes  events E, below key_by or not; aggregations say what to compute of which value. With at(&E::time) in front of them
///        sessions are of event time, and events may come in any order: two sessions become one when an event closes the gap
///        between them. Without, they are of processing time.
/// Emits  a row a session, when no more can come for it: the watermark (the clock) has reached its last event + gap, or its first
///        + longest. That is the row's `end`; its `start` is the first event. Rows are in the order of their ends. `first` and
///        `last` go by time, aggregates that depend on order otherwise by arrival. Open sessions are emitted as they are when
///        the stream ends, and when their key is retired.
/// Holds  `open` sessions a key, from the start on; one, in processing time.
/// Fails  an event is late when its session, had it one of its own, is over, and no open one takes it: it is dropped and counted,
///        or put aside, as at says. One that needs a session more than a key may have open is dropped and counted.
/// Costs  an event that continues its key's latest session: its sums. Another one: a walk along the open sessions.
template <fixed_string Name, session Shape, class Clock, class... Aggregations>
struct session_window_description {
  Clock clock;
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    constexpr bool shaped = Shape.gap.ns > 0 && Shape.open > 0 && (Shape.longest.ns == 0 || Shape.longest >= Shape.gap);
    static_assert(shaped,
                  "session_window: the gap must be positive, the longest session not shorter, and one may be open at least");
    constexpr bool settles = Clock::policy != late::update;
    static_assert(settles,
                  "session_window: a late event could make one session of two that were emitted, so none is revised; take "
                  "late::drop or late::aside");
    constexpr bool times = Clock::template tells<payload_type<E>>();
    static_assert(times,
                  "session_window: the time must be a levada::timestamp in the event type that arrives here, or a function "
                  "callable as timestamp(const Event&)");
    return detail::aggregations_fit<payload_type<E>, Aggregations...>() && shaped && settles && times;
  }
  template <class E>
  constexpr auto bind() && {
    return detail::session_window<Name, Shape, Clock, E, Aggregations...>{{}, std::move(clock), std::move(aggregations)};
  }
};

template <fixed_string Name, auto Shape, class Time, late Policy, class... Aggregations>
  requires requires { detail::session_of(Shape); }
constexpr auto session_window(time_of_event<Time, Policy> at, Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0,
                "session_window: say what to compute, as in session_window<...>(at(&E::time), aggregate<mean>(&E::value))");
  return link{session_window_description<Name, detail::session_of(Shape), time_of_event<Time, Policy>, Aggregations...>{
      std::move(at), {{std::move(aggregations)}...}}};
}
template <fixed_string Name, auto Shape, class... Aggregations>
  requires requires { detail::session_of(Shape); }
constexpr auto session_window(Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0,
                "session_window: say what to compute, as in session_window<...>(aggregate<mean>(&E::value))");
  return link{session_window_description<Name, detail::session_of(Shape), detail::at_processing, Aggregations...>{
      {}, {{std::move(aggregations)}...}}};
}
template <auto Shape, class... Arguments>
  requires requires { detail::session_of(Shape); }
constexpr auto session_window(Arguments... arguments) {
  return session_window<"", Shape>(std::move(arguments)...);
}

}  // namespace levada::inline v0
