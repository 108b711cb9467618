// SPDX-License-Identifier: BSL-1.0
// throttle: at most one event an interval, the first or the last of it.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E; in processing time, or in the time that an extractor tells. Below key_by each key has intervals of its own.
/// Emits  an event if `interval` has passed since the one before that it emitted.
/// Holds  8 bytes a key; a retired key's next event passes.
/// Fails  never by itself. In event time an event that is older than the one that passed last does not pass.
/// Costs  a compare.
template <fixed_string Name, class Time>
struct throttle_operator {
  static constexpr std::string_view kind = "throttle";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  duration interval;
  [[no_unique_address]] Time time;
  struct end_of_interval {
    timestamp time = long_ago;
  };
  slots<end_of_interval> state{};

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = detail::tells_time<Time, E>();
    static_assert(ok,
                  "throttle: the time must be a levada::timestamp in the event type that arrives here, or a function "
                  "callable as timestamp(const Event&)");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const timestamp now = detail::time_of(time, e, out);
    timestamp& end = state[levada::slot_of(e)].time;
    if (now < end) return out.reject();
    end = detail::later(now, interval);
    out(e);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state); }
};

/// Takes  as throttle.
/// Emits  of each interval the event that came last, when the interval is over: by the time of processing (a tick), or by a
///        watermark or an event of the key behind it. An interval begins with the first event that comes when none is open. At
///        the end of the stream what is held, in the order of its intervals' ends.
/// Holds  an event and an alarm a key; a retired key's event is dropped and counted.
/// Fails  never by itself.
/// Costs  the copy of an event.
template <fixed_string Name, class Time, class In>
struct throttle_last_operator {
  static constexpr std::string_view kind = "throttle_last";
  static constexpr std::string_view name = Name.view();
  duration interval;
  [[no_unique_address]] Time time;
  slots<detail::kept_event<In>> state{};
  timers ends{};
  timestamp clock = long_ago;

  template <class>
  using output = In;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const timestamp now = detail::time_of(time, e, out);
    const std::uint32_t slot = levada::slot_of(e);
    if (ends.at(slot) <= now && ends.is_set(slot)) {
      ends.clear(slot);
      emit(slot, out);
    }
    if (!ends.is_set(slot)) ends.set(slot, detail::later(now, interval));
    state[slot] = detail::kept_event<In>::of(e);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    ends.resize(s.slots);
    out.raise(s);
  }
  void on(const tick& t, auto out)
    requires(!is_event_time<Time>)
  {
    fire(t.now, out);
    out.raise(t);
  }
  void on(const watermark& w, auto out)
    requires is_event_time<Time>
  {
    if (w.time <= clock) return;
    clock = w.time;
    fire(w.time, out);
    out.raise(w);
  }
  void on(const retire& r, auto out) {
    if (ends.is_set(r.slot)) out.drop();
    ends.clear(r.slot);
    state.reset(r.slot);
    out.raise(r);
  }
  void on(const end_of_stream& s, auto out) {
    fire(never, out);
    out.raise(s);
  }
  [[nodiscard]] timestamp due() const
    requires(!is_event_time<Time>)
  {
    return ends.due();
  }
  void persist(auto& archive) { archive(state, ends, clock); }

 private:
  void emit(std::uint32_t slot, auto out) {
    const detail::kept_event<In> one = state[slot];
    out(one.around(slot, one.event));
  }
  void fire(timestamp until, auto out) {
    for (std::uint32_t slot = 0; (slot = ends.pop(until)) != timers::none;) emit(slot, out);
  }
};

template <fixed_string Name, class Time>
struct throttle_last_description {
  duration interval;
  [[no_unique_address]] Time time;

  template <class E>
  static consteval bool fits() {
    constexpr bool ok = detail::tells_time<Time, E>();
    static_assert(ok,
                  "throttle_last: the time must be a levada::timestamp in the event type that arrives here, or a function "
                  "callable as timestamp(const Event&)");
    return ok;
  }
  template <class E>
  constexpr auto bind() && {
    return throttle_last_operator<Name, Time, E>{interval, std::move(time)};
  }
};

template <fixed_string Name = "", class Time = processing_time>
constexpr auto throttle(duration interval, Time time = {}) {
  LEVADA_CHECK(interval.ns > 0, interval.ns);
  return link{throttle_operator<Name, Time>{interval, std::move(time)}};
}
template <fixed_string Name = "", class Time = processing_time>
constexpr auto throttle_last(duration interval, Time time = {}) {
  LEVADA_CHECK(interval.ns > 0, interval.ns);
  return link{throttle_last_description<Name, Time>{interval, std::move(time)}};
}

}  // namespace levada::inline v0
