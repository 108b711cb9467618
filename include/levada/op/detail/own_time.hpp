// SPDX-License-Identifier: BSL-1.0
// own_time: what operators share that go by their events' time, or by that of processing.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>

#include <type_traits>

namespace levada::inline v0::detail {

/// In place of a time_of_event: processing time.
struct time_of_arrival {};

template <class Time>
inline constexpr bool puts_late_aside = requires { requires Time::policy == late::aside; };

template <class Time, class E, class Port>
LEVADA_INLINE timestamp own_time(Time& time, const E& e, const Port& out) {
  if constexpr (std::is_same_v<Time, time_of_arrival>)
    return out.now();
  else
    return levada::pick(time.time, e);
}

inline constexpr duration forever{INT64_MAX};

/// t + d, or never.
LEVADA_INLINE constexpr timestamp later(timestamp t, duration d) {
  timestamp sum;
  return d == forever || __builtin_add_overflow(t.ns, d.ns, &sum.ns) ? never : sum;
}

/// The base of an operator that puts T aside, or nothing.
template <class T>
struct puts_aside {
  using aside_type = T;
};
template <>
struct puts_aside<void> {};

}  // namespace levada::inline v0::detail
