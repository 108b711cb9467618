// SPDX-License-Identifier: BSL-1.0
// debounce: believes a new value when it has lasted. alert_when believes a condition when further events confirm it; a switch
// that only reports its changes sends none, so here the time alone decides.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E; the extractor (member pointer or callable) gives a value that can be compared by ==, mostly a bool. Time is
/// that
///        of processing, or what a second extractor tells. Below key_by each key has a value of its own.
/// Emits  when no other value has come for `quiet`, the event that brought the value first; only if it differs from what was
/// emitted
///        before. That is told by the time of processing (a tick), or by a watermark or an event of the key behind it.
/// Holds  an event, a value and an alarm a key; a retired key is forgotten. What has not lasted at the end of the stream is not
///        emitted.
/// Fails  never by itself. In event time each key's events come in order: drop_late before it.
/// Costs  a compare while the value stays.
template <fixed_string Name, class Value, class Time, class In>
struct debounce_operator {
  static constexpr std::string_view kind = "debounce";
  static constexpr std::string_view name = Name.view();
  using value_type = picked_type<Value, In>;
  [[no_unique_address]] Value value;
  duration quiet;
  [[no_unique_address]] Time time;
  struct cell {
    detail::kept_event<In> pending{};
    value_type believed{};
    bool known = false;
  };
  slots<cell> state{};
  timers alarms{};  // set while something is pending
  timestamp clock = long_ago;

  template <class>
  using output = In;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const timestamp now = detail::time_of(time, e, out);
    const std::uint32_t slot = levada::slot_of(e);
    if (alarms.is_set(slot) && alarms.at(slot) <= now) {
      alarms.clear(slot);
      believe(slot, out);
    }
    cell& c = state[slot];
    const value_type& v = levada::pick(value, levada::payload(e));
    if (c.known && v == c.believed) {
      if (alarms.is_set(slot)) alarms.clear(slot);
    } else if (!alarms.is_set(slot) || !(levada::pick(value, c.pending.event) == v)) {
      c.pending = detail::kept_event<In>::of(e);
      alarms.set(slot, detail::later(now, quiet));
    }
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    alarms.resize(s.slots);
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
    alarms.clear(r.slot);
    state.reset(r.slot);
    out.raise(r);
  }
  [[nodiscard]] timestamp due() const
    requires(!is_event_time<Time>)
  {
    return alarms.due();
  }
  void persist(auto& archive) { archive(state, alarms, clock); }

 private:
  void believe(std::uint32_t slot, auto out) {
    cell& c = state[slot];
    c.known = true;
    c.believed = levada::pick(value, c.pending.event);
    const detail::kept_event<In> one = c.pending;
    out(one.around(slot, one.event));
  }
  void fire(timestamp until, auto out) {
    for (std::uint32_t slot = 0; (slot = alarms.pop(until)) != timers::none;) believe(slot, out);
  }
};

template <fixed_string Name, class Value, class Time>
struct debounce_description {
  [[no_unique_address]] Value value;
  duration quiet;
  [[no_unique_address]] Time time;

  template <class E>
  static consteval bool fits() {
    constexpr bool comparable = [] {
      if constexpr (picks_from<Value, E>)
        return std::semiregular<picked_type<Value, E>> && std::equality_comparable<picked_type<Value, E>>;
      else
        return false;
    }();
    static_assert(comparable,
                  "debounce: the value must be a member of the event type that arrives here, or a function callable "
                  "as Value(const Event&), that can be copied and compared by ==");
    if constexpr (comparable) {
      constexpr bool tells = detail::tells_time<Time, E>();
      static_assert(tells,
                    "debounce: the time must be a levada::timestamp in the event type that arrives here, or a function "
                    "callable as timestamp(const Event&)");
      return tells;
    }
    return comparable;
  }
  template <class E>
  constexpr auto bind() && {
    return debounce_operator<Name, Value, Time, E>{std::move(value), quiet, std::move(time)};
  }
};

template <fixed_string Name = "", class Value, class Time = processing_time>
constexpr auto debounce(Value value, duration quiet, Time time = {}) {
  LEVADA_CHECK(quiet.ns > 0, quiet.ns);
  return link{debounce_description<Name, Value, Time>{std::move(value), quiet, std::move(time)}};
}

}  // namespace levada::inline v0
