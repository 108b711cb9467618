// SPDX-License-Identifier: BSL-1.0
// clock: by which time a window goes: that of its events, which watermarks move forward, or that of their processing, which ticks
// do.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>

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

/// What an operator that may put late events aside derives from.
template <class In, bool Puts>
struct puts_aside {};
template <class In>
struct puts_aside<In, true> {
  using aside_type = In;
};

/// The ends of the scale are further apart than a duration can say: sums end there, and distances have no sign.
constexpr timestamp after(timestamp t, duration d) {
  timestamp sum;
  return __builtin_add_overflow(t.ns, d.ns, &sum.ns) ? never : sum;
}
constexpr std::uint64_t distance(timestamp from, timestamp to) {
  return static_cast<std::uint64_t>(to.ns) - static_cast<std::uint64_t>(from.ns);
}
/// The first multiple of a period since 1970 that is after t.
constexpr timestamp next_multiple(timestamp t, duration period) {
  const std::int64_t rest = t.ns % period.ns;
  return after(t, duration{rest < 0 ? -rest : period.ns - rest});
}

}  // namespace levada::inline v0::detail
