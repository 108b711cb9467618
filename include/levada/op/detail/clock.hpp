// SPDX-License-Identifier: BSL-1.0
// clock: by which time a window goes: that of its events, which watermarks move forward, or that of their processing, which ticks
// do.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/saturated.hpp>

#include <cstdint>
#include <type_traits>

namespace levada::inline v0::detail {

/// In the place of at(...), where there is none.
struct processing_time {
  static constexpr late policy = late::drop;
  template <class>
  static consteval bool tells() {
    return true;
  }
};
template <class Clock>
inline constexpr bool is_of_events = !std::is_same_v<Clock, processing_time>;

/// A clock as it is during a span of events E.
template <class Clock, class E>
struct clock_in_span {
  [[no_unique_address]] for_a_span<decltype(Clock::time), const E&> time;
  explicit clock_in_span(Clock& clock) : time(clock.time) {}
  LEVADA_INLINE timestamp of(const E& e, auto) { return levada::pick(time, e); }
};
template <class E>
struct clock_in_span<processing_time, E> {
  explicit clock_in_span(const processing_time&) {}
  LEVADA_INLINE static timestamp of(const E&, auto out) { return out.now(); }
};

/// The time of an event, where it is not asked for in a loop.
template <class Clock, class E>
LEVADA_INLINE timestamp own_time(Clock& clock, const E& e, const auto& out) {
  if constexpr (is_of_events<Clock>)
    return levada::pick(clock.time, e);
  else
    return out.now();
}

template <class Clock>
inline constexpr bool puts_late_aside = Clock::policy == late::aside;
/// The base of an operator that puts T aside, or nothing.
template <class T>
struct puts_aside {
  using aside_type = T;
};
template <>
struct puts_aside<void> {};

inline constexpr duration forever{INT64_MAX};
/// t + d; never, where d is for ever.
LEVADA_INLINE constexpr timestamp end_after(timestamp t, duration d) { return d == forever ? never : later(t, d); }

/// The ends of the scale are further apart than a duration can say: distances have no sign.
constexpr std::uint64_t distance(timestamp from, timestamp to) {
  return static_cast<std::uint64_t>(to.ns) - static_cast<std::uint64_t>(from.ns);
}
/// The first multiple of a period since 1970 that is after t.
constexpr timestamp next_multiple(timestamp t, duration period) {
  const std::int64_t rest = t.ns % period.ns;
  return later(t, duration{rest < 0 ? -rest : period.ns - rest});
}

}  // namespace levada::inline v0::detail
