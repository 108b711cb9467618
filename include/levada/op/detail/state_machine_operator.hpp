// SPDX-License-Identifier: BSL-1.0
// state_machine_operator: the table of a state_machine(...) and what runs by it. States are template arguments, so the table is
// checked when it is compiled, and an event meets only the predicates of the state that its key is in.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/op/row.hpp>
#include <levada/op/transition.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

template <class Value, class Wanted>
struct has_value {
  [[no_unique_address]] Value value;
  Wanted wanted;

  template <class E>
    requires requires(Value& v, const Wanted& w, const E& e) { static_cast<bool>(levada::pick(v, e) == w); }
  LEVADA_INLINE constexpr bool operator()(const E& e) {
    return static_cast<bool>(levada::pick(value, e) == wanted);
  }
};

template <auto From, auto To, class Predicate>
struct transition_by_event {
  using state_type = decltype(From);
  static constexpr auto from = From;
  static constexpr auto to = To;
  static constexpr bool is_by_time = false;
  [[no_unique_address]] Predicate predicate;

  template <class E>
  static constexpr bool picks = requires(Predicate& p, const E& e) { static_cast<bool>(levada::pick(p, e)); };
  template <class E>
  static constexpr bool judges = picks<E> || requires(Predicate& p, const E& e) { static_cast<bool>(e == p); };
  template <class E>
  LEVADA_INLINE bool fits(const E& e) {
    if constexpr (picks<E>)
      return static_cast<bool>(levada::pick(predicate, e));
    else
      return static_cast<bool>(e == predicate);
  }
};
template <auto From, auto To>
struct transition_by_time {
  using state_type = decltype(From);
  static constexpr auto from = From;
  static constexpr auto to = To;
  static constexpr bool is_by_time = true;
  duration time;

  template <class E>
  static constexpr bool judges = true;
};
template <class T>
concept transition_of_machine = requires {
  T::from;
  T::to;
  T::is_by_time;
};

template <auto Initial, class... Transitions>
struct transition_table {
  using state_type = decltype(Initial);
  static constexpr std::size_t size = sizeof...(Transitions);
  static constexpr bool is_of_one_type = (std::is_same_v<typename Transitions::state_type, state_type> && ...);
  static constexpr bool has_times = (Transitions::is_by_time || ...);

  static consteval bool all_are_reached() {
    constexpr std::array<state_type, size> from{Transitions::from...}, to{Transitions::to...};
    std::array<bool, size> reached{};
    for (std::size_t round = 0; round < size; ++round)
      for (std::size_t i = 0; i < size; ++i) {
        if (from[i] == Initial) reached[i] = true;
        for (std::size_t k = 0; k < size; ++k)
          if (reached[k] && to[k] == from[i]) reached[i] = true;
      }
    for (const bool one : reached)
      if (!one) return false;
    return true;
  }
  static consteval bool times_are_unique() {
    constexpr std::array<state_type, size> from{Transitions::from...};
    constexpr std::array<bool, size> by_time{Transitions::is_by_time...};
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (by_time[i] && by_time[k] && from[i] == from[k]) return false;
    return true;
  }
};

template <class Time, class E>
consteval bool machine_has_time() {
  constexpr bool tells = Time::template tells<E>();
  static_assert(
      tells,
      "state_machine: the time must be a levada::timestamp in the event type that arrives here, or a function callable as "
      "timestamp(const Event&)");
  constexpr bool final = Time::policy != late::update;
  static_assert(final,
                "state_machine: a transition is not revised; a late event is dropped, or put aside by at<late::aside>(...)");
  return tells && final;
}

template <fixed_string Name, auto Initial, bool CountsUnexpected, bool PutsUnexpectedAside, class Time, class In,
          class... Transitions>
struct state_machine_operator : puts_aside<std::conditional_t<PutsUnexpectedAside || puts_late_aside<Time>, In, void>> {
  static constexpr std::string_view kind = "state_machine";
  static constexpr std::string_view name = Name.view();
  using table = transition_table<Initial, Transitions...>;
  using state_type = typename table::state_type;
  using event_type = payload_type<In>;
  using key_type = typename key_of_input<In>::type;
  using emitted = transition<key_type, state_type, event_type>;
  template <class>
  using output = relayed_type<In, emitted>;
  static constexpr bool has_event_time = is_of_events<Time>;
  static constexpr bool has_times = table::has_times;

  struct cell {
    state_type state = Initial;
    bool is_known = false;  // it had an event
  };
  /// What a transition by time needs beside it.
  struct entry : row_key<key_type> {
    event_type event{};  // that led to the state
  };
  struct nothing_kept {};

  [[no_unique_address]] Time time;
  pack<Transitions...> transitions;
  slots<cell> state{};
  [[no_unique_address]] std::conditional_t<has_times, slots<entry>, nothing_kept> entries{};
  timers alarms{};  // the end of the state that a key is in
  timestamp clock = long_ago;

  struct in_span {
    typename slots<cell>::in_span cells;
    state_machine_operator* whole;

    LEVADA_INLINE void operator()(const In& e, auto out) { whole->take(e, cells[levada::slot_of(e)], out); }
  };
  [[nodiscard]] in_span enter() { return {state.enter(), this}; }
  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }

  void on(const start& s, auto out) {
    state.resize(s.slots);
    if constexpr (has_times) {
      entries.resize(s.slots);
      alarms.resize(s.slots);
    }
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    if constexpr (has_times) {
      entries.reset(r.slot);
      alarms.clear(r.slot);
    }
    out.raise(r);
  }
  void on(const watermark& w, auto out)
    requires has_event_time
  {
    if (w.time <= clock) return;
    clock = w.time;
    if constexpr (has_times) ring(w.time, out);
    out.raise(w);
  }
  void on(const tick& t, auto out)
    requires(has_times && !has_event_time)
  {
    ring(t.now, out);
    out.raise(t);
  }
  [[nodiscard]] timestamp due() const
    requires(has_times && !has_event_time)
  {
    return alarms.due();
  }
  void persist(auto& archive) {
    if constexpr (has_times)
      archive(state, entries, alarms, clock);
    else
      archive(state, clock);
  }

 private:
  LEVADA_INLINE void take(const In& in, cell& c, auto out) {
    const event_type& e = levada::payload(in);
    const timestamp t = time_of(time.time, e, out);
    if constexpr (has_event_time)
      if (t < clock) [[unlikely]] {
        if constexpr (puts_late_aside<Time>)
          return out.aside(in);
        else
          return out.drop();
      }
    const std::uint32_t slot = levada::slot_of(in);
    if constexpr (has_times) {
      if (!c.is_known) [[unlikely]] {
        c.is_known = true;
        enter_state(slot, c, t, in);
      }
      for (timestamp end = alarms.at(slot); end <= t && end != never; end = alarms.at(slot)) [[unlikely]]
        pass_time(slot, c, end, out);
    }
    if (!move<0>(slot, in, c, t, out)) {
      if constexpr (PutsUnexpectedAside)
        out.aside(in);
      else if constexpr (CountsUnexpected)
        out.drop();
    }
  }
  /// The first transition of the state that the event fits, from the I-th of the table on.
  template <std::size_t I>
  LEVADA_INLINE bool move(std::uint32_t slot, const In& in, cell& c, timestamp t, auto out) {
    if constexpr (I == table::size) {
      return false;
    } else {
      using one = element<I, pack<Transitions...>>;
      if constexpr (!one::is_by_time)
        if (c.state == one::from && get<I>(transitions).fits(levada::payload(in))) {
          c.state = one::to;
          if constexpr (has_times) enter_state(slot, c, t, in);
          emitted change{{}, one::from, one::to, t, false, levada::payload(in)};
          if constexpr (is_keyed<In>) change.key = in.key;
          out(levada::relay(in, change));
          return true;
        }
      return move<I + 1>(slot, in, c, t, out);
    }
  }
  /// The state has begun by an event, at time t.
  LEVADA_INLINE void enter_state(std::uint32_t slot, const cell& c, timestamp t, const In& in) {
    entry& own = entries[slot];
    own.event = levada::payload(in);
    if constexpr (is_keyed<In>) own.key = in.key;
    set_alarm(slot, c, t);
  }
  void set_alarm(std::uint32_t slot, const cell& c, timestamp since) {
    timestamp end = never;
    for_each_index<table::size>([&](auto i) {
      using one = element<i, pack<Transitions...>>;
      if constexpr (one::is_by_time)
        if (c.state == one::from) end = end_after(since, get<i>(transitions).time);
    });
    if (end != never)
      alarms.set(slot, end);
    else
      alarms.clear(slot);
  }
  /// The state's time is over.
  LEVADA_COLD void pass_time(std::uint32_t slot, cell& c, timestamp end, auto out) {
    const state_type from = c.state;
    bool is_done = false;
    for_each_index<table::size>([&](auto i) {
      using one = element<i, pack<Transitions...>>;
      if constexpr (one::is_by_time)
        if (!is_done && from == one::from) is_done = true, c.state = one::to;
    });
    set_alarm(slot, c, end);
    const entry& own = entries[slot];
    emitted change{{}, from, c.state, end, true, own.event};
    if constexpr (is_keyed<In>) {
      change.key = own.key;
      out(output<In>{slot, change.key, change});
    } else {
      out(change);
    }
  }
  /// In the order of their times, over all keys.
  void ring(timestamp now, auto out) {
    for (timestamp first = alarms.due(); first <= now && first != never; first = alarms.due()) {
      const std::uint32_t slot = alarms.pop(first);
      pass_time(slot, state[slot], first, out);
    }
  }
};

}  // namespace levada::inline v0::detail
