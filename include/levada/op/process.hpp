// SPDX-License-Identifier: BSL-1.0
// process: functions of your own over the state of a key, with an alarm: for what no other operator does.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// The time by which alarms ring: that of processing, when a tick has reached them; that of the events, when a watermark has.
enum class time_domain : std::uint8_t { processing, event };

/// What the functions of a process may do for the key at hand.
/// Holds  references: it lives no longer than the call.
template <class In, class Result, class Port>
class process_context {
 public:
  using cell = detail::row_key<typename detail::key_of_input<In>::type>;
  /// When it is called: what has been reached of time, and when an alarm rings that was set for less.
  struct moment {
    timestamp reached, next, watermark;
  };
  process_context(timers& alarms, const cell& own, std::uint32_t slot, moment at, Port out)
      : alarms_(alarms), own_(own), slot_(slot), at_(at), out_(out) {}

  LEVADA_INLINE void emit(const Result& result) const {
    if constexpr (is_keyed<In>)
      out_(relayed_type<In, Result>{slot_, own_.key, result});
    else
      out_(result);
  }
  /// The key's alarm rings at t, and no longer when it was to ring before. If that has passed, it rings with the next tick
  /// (watermark).
  void set_timer(timestamp t) const { alarms_.set(slot_, t > at_.reached ? t : at_.next); }
  void clear_timer() const { alarms_.clear(slot_); }
  /// When it rings, or never.
  [[nodiscard]] timestamp timer() const { return alarms_.at(slot_); }

  [[nodiscard]] timestamp now() const { return out_.now(); }
  [[nodiscard]] timestamp watermark() const { return at_.watermark; }
  [[nodiscard]] const auto& key() const
    requires is_keyed<In>
  {
    return own_.key;
  }

 private:
  timers& alarms_;
  const cell& own_;
  std::uint32_t slot_;
  moment at_;
  Port out_;
};

/// Takes  events E, below key_by or not; a state to begin with, which is trivially copyable;
///        on_event(State&, const Event&, auto& context), called once for each event, in order; and
///        on_timer(State&, timestamp, auto& context), called when the key's alarm rings, with the time that it was set for.
///        See process_context.
/// Emits  what the functions give to context.emit. Alarms ring in the order of their times, and those of one time in the order of
///        slots; then the watermark, or tick, goes on.
/// Holds  one state and one alarm a key. A retired key's are forgotten, and counted as dropped if the alarm was set: give
///        key_by an idle time above the longest alarm.
/// Fails  never by itself. At the end of the stream event time is over: every alarm that is set rings, those that are set
///        meanwhile do not. In processing time none rings then.
/// Costs  the functions. An alarm: log4 of those that are set, at most.
template <fixed_string Name, class Result, time_domain Domain, class State, class OnEvent, class OnTimer, class In>
struct process_operator {
  static constexpr std::string_view kind = "process";
  static constexpr std::string_view name = Name.view();
  static constexpr bool of_events = Domain == time_domain::event;
  using event_type = payload_type<In>;
  template <class Port>
  using context = process_context<In, Result, Port>;
  State initial;
  [[no_unique_address]] OnEvent on_event;
  [[no_unique_address]] OnTimer on_timer;

  struct cell : context<probe_port>::cell {
    State value{};
  };
  slots<cell> state{};
  timers alarms{};
  timestamp time = long_ago;  // of the watermark

  template <class>
  using output = relayed_type<In, Result>;

  struct in_span {
    [[no_unique_address]] for_a_span<OnEvent, State&, const event_type&, context<probe_port>&> on_event;
    typename slots<cell>::in_span cells;
    process_operator* whole;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      const std::uint32_t slot = levada::slot_of(e);
      cell& own = cells[slot];
      if constexpr (is_keyed<In>) own.key = e.key;
      const timestamp reached = of_events ? whole->time : out.now();
      context<decltype(out)> c(whole->alarms, own, slot, {reached, detail::later(reached, instant), whole->time}, out);
      on_event(own.value, levada::payload(e), c);
    }
  };
  [[nodiscard]] in_span enter() { return {on_event, state.enter(), this}; }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    for (cell& one : state) one.value = initial;
    alarms.resize(s.slots);
    out.raise(s);
  }
  void on(const watermark& w, auto out) {
    if (w.time > time) {
      time = w.time;
      if constexpr (of_events) ring(w.time, out);
    }
    out.raise(w);
  }
  void on(const tick& t, auto out)
    requires(!of_events)
  {
    ring(t.now, out);
    out.raise(t);
  }
  void on(const end_of_stream& s, auto out) {
    if constexpr (of_events) ring(never, out);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    if (alarms.is_set(r.slot)) out.drop();
    alarms.clear(r.slot);
    state[r.slot] = {{}, initial};
    out.raise(r);
  }
  [[nodiscard]] timestamp due() const
    requires(!of_events)
  {
    return alarms.due();
  }
  void persist(auto& archive) { archive(state, alarms, time); }

 private:
  static constexpr duration instant{1};

  /// What an alarm sets meanwhile rings as well, if it is due; at the end of time it is put off for ever.
  void ring(timestamp until, auto out) {
    while (alarms.due() <= until && alarms.due() != never) {
      const timestamp rang = alarms.due();
      const std::uint32_t slot = alarms.pop(rang);
      cell& own = state[slot];
      context<decltype(out)> c(alarms, own, slot, {until == never ? never : rang, detail::later(until, instant), time}, out);
      on_timer(own.value, rang, c);
    }
  }
};

template <fixed_string Name, class Result, time_domain Domain, class State, class OnEvent, class OnTimer>
struct process_description {
  State initial;
  [[no_unique_address]] OnEvent on_event;
  [[no_unique_address]] OnTimer on_timer;

  template <class E>
  static consteval bool fits() {
    using context = process_context<E, Result, probe_port>;
    constexpr bool copies = std::is_trivially_copyable_v<State>;
    static_assert(copies, "process: the state must be trivially copyable, so that it can be kept by key and in checkpoints");
    constexpr bool takes = requires(OnEvent& f, State& s, const payload_type<E>& e, context& c) { f(s, e, c); };
    static_assert(takes,
                  "process: the first function must be callable as void(State&, const Event&, auto& context) with the event type "
                  "that arrives here");
    constexpr bool rings = requires(OnTimer& f, State& s, timestamp t, context& c) { f(s, t, c); };
    static_assert(rings, "process: the second function must be callable as void(State&, levada::timestamp, auto& context)");
    return copies && takes && rings;
  }
  template <class E>
  constexpr auto bind() && {
    return process_operator<Name, Result, Domain, State, OnEvent, OnTimer, E>{std::move(initial), std::move(on_event),
                                                                              std::move(on_timer)};
  }
};

/// process<"name", Result>(State{}, on_event, on_timer); with time_domain::event as the third argument alarms ring by watermarks.
template <fixed_string Name, event Result, time_domain Domain = time_domain::processing, std::semiregular State, class OnEvent,
          class OnTimer>
constexpr auto process(State initial, OnEvent on_event, OnTimer on_timer) {
  return link{process_description<Name, Result, Domain, State, OnEvent, OnTimer>{std::move(initial), std::move(on_event),
                                                                                 std::move(on_timer)}};
}
template <event Result, time_domain Domain = time_domain::processing, std::semiregular State, class OnEvent, class OnTimer>
constexpr auto process(State initial, OnEvent on_event, OnTimer on_timer) {
  return process<"", Result, Domain>(std::move(initial), std::move(on_event), std::move(on_timer));
}

}  // namespace levada::inline v0
