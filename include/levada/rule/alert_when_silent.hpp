// SPDX-License-Identifier: BSL-1.0
// alert_when_silent: says once that nothing has come for too long, and once that it is over: a dead sensor sends no event that a
// condition could look at.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/rule/alert_when.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E: any of them is a sign of life. Time is that of processing, or what an extractor tells. Below key_by every key
/// has
///        a silence of its own; of one that has never been heard nothing is known.
/// Emits  an alert that is raised, with the last event and its time as `since`, when nothing has come for `allowed` after it; and
/// one
///        that is cleared with the next event. Silence is told by the time of processing (a tick), or by a watermark or an event
///        of the key behind it.
/// Holds  the last event and an alarm a key. A retired key is forgotten without a word: give key_by an idle time above `allowed`.
/// Fails  never by itself. An event that is late in event time is a sign of life for its own time only.
/// Costs  the copy of an event. The alarm is moved when it rings, not with each event.
template <fixed_string Name, class Time, class In>
struct alert_when_silent_operator {
  static constexpr std::string_view kind = "alert_when_silent";
  static constexpr std::string_view name = Name.view();
  using event_type = payload_type<In>;
  duration allowed;
  [[no_unique_address]] Time time;
  struct cell {
    detail::kept_event<In> last{};
    timestamp heard = long_ago;
    bool known = false;
    bool silent = false;
  };
  slots<cell> state{};
  timers alarms{};  // not after heard + allowed; set while the key is known and not silent
  timestamp clock = long_ago;

  template <class>
  using output = relayed_type<In, alert<event_type>>;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const timestamp now = detail::time_of(time, e, out);
    const std::uint32_t slot = levada::slot_of(e);
    cell& c = state[slot];
    if (!c.known || c.silent || end_of(c) <= now) [[unlikely]]
      if (!hear(slot, e, now, out)) return;
    if (now >= c.heard) {
      c.last = detail::kept_event<In>::of(e);
      c.heard = now;
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
  [[nodiscard]] timestamp end_of(const cell& c) const { return detail::later(c.heard, allowed); }

  /// The first event, or the one that ends a silence. False: it is too old to end it.
  LEVADA_COLD bool hear(std::uint32_t slot, const In& e, timestamp now, auto out) {
    cell& c = state[slot];
    if (c.silent && now <= c.heard) return false;
    if (c.known && !c.silent) raise_alert(slot, out);
    alarms.set(slot, detail::later(now, allowed));
    if (c.silent) {
      c.silent = false;
      const alert<event_type> over{alert_state::cleared, now, levada::payload(e)};
      out(levada::relay(e, over));
    }
    c.known = true;
    return true;
  }
  void raise_alert(std::uint32_t slot, auto out) {
    cell& c = state[slot];
    c.silent = true;
    const detail::kept_event<In> last = c.last;
    const alert<event_type> begun{alert_state::raised, c.heard, last.event};
    out(last.around(slot, begun));
  }
  void fire(timestamp until, auto out) {
    for (std::uint32_t slot = 0; (slot = alarms.pop(until)) != timers::none;) {
      if (const timestamp end = end_of(state[slot]); end > until)
        alarms.set(slot, end);
      else
        raise_alert(slot, out);
    }
  }
};

template <fixed_string Name, class Time>
struct alert_when_silent_description {
  duration allowed;
  [[no_unique_address]] Time time;

  template <class E>
  static consteval bool fits() {
    constexpr bool ok = detail::tells_time<Time, E>();
    static_assert(ok,
                  "alert_when_silent: the time must be a levada::timestamp in the event type that arrives here, or a function "
                  "callable as timestamp(const Event&)");
    return ok;
  }
  template <class E>
  constexpr auto bind() && {
    return alert_when_silent_operator<Name, Time, E>{allowed, std::move(time)};
  }
};

template <fixed_string Name = "", class Time = processing_time>
constexpr auto alert_when_silent(duration allowed, Time time = {}) {
  LEVADA_CHECK(allowed.ns > 0, allowed.ns);
  return link{alert_when_silent_description<Name, Time>{allowed, std::move(time)}};
}

}  // namespace levada::inline v0
