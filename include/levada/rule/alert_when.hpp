// SPDX-License-Identifier: BSL-1.0
// alert_when: says once that a condition began to hold, and once that it is over. Both take a while to be believed, so that
// a value at the edge does not flutter.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// A condition is believed when it has been seen for `time` (between the first event that showed it and the one at hand)
/// and in `events` events in a row.
struct hold {
  duration time{};
  std::uint32_t events = 1;
};
/// The end of an alert is believed when the condition was absent for so long and so often in a row.
struct clear {
  duration time{};
  std::uint32_t events = 1;
};

enum class alert_state : std::uint8_t { raised, cleared };

/// A change: from `since` on (the first event that showed it) the alert is raised, or cleared. `event` made it believed.
template <class E>
struct alert {
  alert_state state;
  timestamp since;
  E event;
};

/// Takes  events E; the condition (member pointer or callable) says whether one is bad, the extractor gives its
///        timestamp. Below key_by every
///        key has an alert of its own.
/// Emits  an alert when it is raised, and one when it is cleared; nothing between.
/// Holds  16 bytes a key. A retired key's alert is forgotten without a word.
/// Fails  never by itself.
/// Costs  the condition and a compare.
template <fixed_string Name, class Condition, class Time>
struct alert_when_operator {
  static constexpr std::string_view kind = "alert_when";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Condition condition;
  [[no_unique_address]] Time time;
  hold to_raise;
  clear to_clear;
  /// Towards a change: events in a row that contradict the present state, and the time of the first of them.
  struct cell {
    timestamp since{};
    std::uint32_t contradicting = 0;
    bool raised = false;
  };
  slots<cell> state{};

  template <class E>
  using output = relayed_type<E, alert<payload_type<E>>>;
  template <class E>
  static consteval bool fits() {
    constexpr bool judges = gives<bool, Condition, E>();
    static_assert(judges,
                  "alert_when: the condition must be a bool member of the event type that arrives here, or a "
                  "function callable as bool(const Event&)");
    if constexpr (judges) {
      constexpr bool times = gives<timestamp, Time, E>();
      static_assert(times,
                    "alert_when: the time must be a levada::timestamp in the event type that arrives here, or a function "
                    "callable as timestamp(const Event&)");
      return times;
    }
    return judges;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const bool bad = static_cast<bool>(levada::pick(condition, levada::payload(e)));
    cell& c = state[levada::slot_of(e)];
    if (bad == c.raised) [[likely]] {
      c.contradicting = 0;
      return;
    }
    change(c, bad, e, out);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state[r.slot] = {};
    out.raise(r);
  }

 private:
  template <class To, class Value, class E>
  static consteval bool gives() {
    if constexpr (picks_from<Value, E>)
      return std::is_convertible_v<picked_type<Value, E>, To>;
    else
      return false;
  }
  template <class E>
  LEVADA_COLD void change(cell& c, bool bad, const E& e, auto out) {
    const timestamp now = levada::pick(time, levada::payload(e));
    if (c.contradicting++ == 0) c.since = now;
    const hold needed = bad ? to_raise : hold{to_clear.time, to_clear.events};
    if (c.contradicting < needed.events || now < detail::later(c.since, needed.time)) return;
    c.raised = bad;
    c.contradicting = 0;
    const alert<payload_type<E>> change{bad ? alert_state::raised : alert_state::cleared, c.since, levada::payload(e)};
    out(levada::relay(e, change));
  }
};

template <fixed_string Name = "", class Condition, class Time>
constexpr auto alert_when(Condition condition, Time time, hold to_raise = {}, clear to_clear = {}) {
  return link{alert_when_operator<Name, Condition, Time>{std::move(condition), std::move(time), to_raise, to_clear}};
}

}  // namespace levada::inline v0
