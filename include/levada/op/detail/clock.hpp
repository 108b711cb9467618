// SPDX-License-Identifier: BSL-1.0
// clock: by which time a window goes: that of its events, which watermarks move forward, or that of their processing, which ticks
// do.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

template <class Clock>
inline constexpr bool is_of_events = is_event_time<decltype(Clock::time)>;

/// A clock as it is during a span of events E.
template <class Clock, class E>
struct clock_in_span {
  [[no_unique_address]] for_a_span<decltype(Clock::time), const E&> time;
  explicit clock_in_span(Clock& clock) : time(clock.time) {}
  LEVADA_INLINE timestamp of(const E& e, auto out) { return time_of(time, e, out); }
};
template <class E>
struct clock_in_span<at_processing, E> {
  explicit clock_in_span(const at_processing&) {}
  LEVADA_INLINE static timestamp of(const E&, auto out) { return out.now(); }
};

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

}  // namespace levada::inline v0::detail
