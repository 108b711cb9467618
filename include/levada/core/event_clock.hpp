// SPDX-License-Identifier: BSL-1.0
// event_clock: the time by which an operator goes: that at which an event is processed, unless an extractor tells the event's
// own.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/keyed.hpp>
#include <levada/core/time.hpp>

#include <concepts>
#include <type_traits>

namespace levada::inline v0 {

/// Stands where an extractor of event time could stand.
struct processing_time {};

template <class Time>
inline constexpr bool is_event_time = !std::same_as<Time, processing_time>;

namespace detail {
template <class Time, class E>
consteval bool tells_time() {
  if constexpr (!is_event_time<Time>)
    return true;
  else if constexpr (picks_from<Time, E>)
    return std::same_as<picked_type<Time, E>, timestamp>;
  else
    return false;
}

template <class Time, class E>
LEVADA_INLINE timestamp time_of(Time& time, const E& e, auto out) {
  if constexpr (is_event_time<Time>)
    return levada::pick(time, levada::payload(e));
  else
    return out.now();
}

/// An event that outlives the call that passed it on, with its key if it has one: keyed holds references.
template <class In>
struct kept_event {
  In event{};
  static kept_event of(const In& e) { return {e}; }
  template <class R>
  const R& around(std::uint32_t, const R& r) const {
    return r;
  }
};
template <class Key, class Event>
struct kept_event<keyed<Key, Event>> {
  Key key{};
  Event event{};
  static kept_event of(const keyed<Key, Event>& e) { return {e.key, e.event}; }
  template <class R>
  keyed<Key, R> around(std::uint32_t slot, const R& r) const {
    return {slot, key, r};
  }
};
}  // namespace detail

}  // namespace levada::inline v0
