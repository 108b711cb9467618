// SPDX-License-Identifier: BSL-1.0
// time: instants and lengths in nanoseconds. Both can be template arguments (std::chrono's cannot) and both are
// plain words in shared memory and in logs.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>

namespace levada::inline v0 {

/// A length of time. Takes any std::chrono duration of whole ticks, or the literals below.
struct duration {
  std::int64_t ns = 0;

  constexpr duration() = default;
  constexpr explicit duration(std::int64_t nanoseconds) : ns(nanoseconds) {}

  template <class D>
    requires requires(D d) {
      { d.count() } -> std::integral;
      D::period::num;
    }
  constexpr duration(D d)  // NOLINT: implicit, so that hold(3s) can be written
      : ns(static_cast<std::int64_t>(d.count()) * (1'000'000'000 / D::period::den) * D::period::num) {
    static_assert(1'000'000'000 % D::period::den == 0, "duration: the unit is finer than a nanosecond");
  }

  [[nodiscard]] constexpr double seconds() const { return static_cast<double>(ns) * 1e-9; }

  friend constexpr auto operator<=>(duration, duration) = default;
  friend constexpr duration operator+(duration a) { return a; }
  friend constexpr duration operator-(duration a) { return duration{-a.ns}; }
  friend constexpr duration operator+(duration a, duration b) { return duration{a.ns + b.ns}; }
  friend constexpr duration operator-(duration a, duration b) { return duration{a.ns - b.ns}; }
  friend constexpr duration operator*(duration a, std::int64_t k) { return duration{a.ns * k}; }
  friend constexpr duration operator/(duration a, std::int64_t k) { return duration{a.ns / k}; }
  friend constexpr std::int64_t operator/(duration a, duration b) { return a.ns / b.ns; }
};

/// An instant: nanoseconds since 1970-01-01 00:00 UTC, without leap seconds.
struct timestamp {
  std::int64_t ns = 0;

  friend constexpr auto operator<=>(timestamp, timestamp) = default;
  friend constexpr timestamp operator+(timestamp t, duration d) { return {t.ns + d.ns}; }
  friend constexpr timestamp operator-(timestamp t, duration d) { return {t.ns - d.ns}; }
  friend constexpr duration operator-(timestamp a, timestamp b) { return duration{a.ns - b.ns}; }
};

inline constexpr timestamp never{INT64_MAX};
inline constexpr timestamp long_ago{INT64_MIN};

/// The number of whole `length`s between 1970 and t, rounded down: windows are aligned to the calendar, never to a start.
constexpr std::int64_t slot_of(timestamp t, duration length) { return t.ns / length.ns - (t.ns % length.ns < 0 ? 1 : 0); }

namespace detail {
// Sums of times stop at the ends of the scale: long_ago and never are times that operators compute with.
constexpr timestamp later(timestamp t, duration d) {
  timestamp sum;
  return __builtin_add_overflow(t.ns, d.ns, &sum.ns) ? (d.ns < 0 ? long_ago : never) : sum;
}
constexpr timestamp earlier(timestamp t, duration d) {
  timestamp difference;
  return __builtin_sub_overflow(t.ns, d.ns, &difference.ns) ? (d.ns < 0 ? never : long_ago) : difference;
}
/// Where the slide of that number since 1970 begins.
constexpr timestamp begin_of(std::int64_t number, duration slide) {
  timestamp t;
  return __builtin_mul_overflow(number, slide.ns, &t.ns) ? (number < 0 ? long_ago : never) : t;
}
/// The last multiple of `grain` since 1970 that is not after t,
constexpr timestamp floor(timestamp t, duration grain) { return begin_of(slot_of(t, grain), grain); }
/// and the first that is.
constexpr timestamp next_multiple(timestamp t, duration grain) {
  const std::int64_t rest = t.ns % grain.ns;
  return later(t, duration{rest < 0 ? -rest : grain.ns - rest});
}
/// From one time to one that is not before it. The ends of the scale are further apart than a duration can say.
constexpr std::uint64_t distance(timestamp from, timestamp to) {
  return static_cast<std::uint64_t>(to.ns) - static_cast<std::uint64_t>(from.ns);
}
/// The same of times in any order.
constexpr std::uint64_t apart(timestamp a, timestamp b) { return a < b ? distance(a, b) : distance(b, a); }
}  // namespace detail

namespace literals {
// NOLINTBEGIN(google-runtime-int): the standard fixes the type of a literal's argument
constexpr duration operator""_ns(unsigned long long n) { return duration{static_cast<std::int64_t>(n)}; }
constexpr duration operator""_us(unsigned long long n) { return duration{static_cast<std::int64_t>(n) * 1'000}; }
constexpr duration operator""_ms(unsigned long long n) { return duration{static_cast<std::int64_t>(n) * 1'000'000}; }
constexpr duration operator""_s(unsigned long long n) { return duration{static_cast<std::int64_t>(n) * 1'000'000'000}; }
constexpr duration operator""_min(unsigned long long n) { return duration{static_cast<std::int64_t>(n) * 60'000'000'000}; }
constexpr duration operator""_h(unsigned long long n) { return duration{static_cast<std::int64_t>(n) * 3'600'000'000'000}; }
// NOLINTEND(google-runtime-int)
}  // namespace literals

/// What a runner asks for the time: `now` is the wall clock that events carry; `steady` never jumps and times all waits.
template <class C>
concept clock_source = requires(C& c) {
  { c.now() } -> std::same_as<timestamp>;
  { c.steady() } -> std::same_as<duration>;
};

/// A clock that stands still until it is told: every flow under it is a deterministic test.
struct manual_clock {
  timestamp wall{};
  duration elapsed{};

  [[nodiscard]] timestamp now() const { return wall; }
  [[nodiscard]] duration steady() const { return elapsed; }
  void advance(duration d) {
    wall = wall + d;
    elapsed = elapsed + d;
  }
};

}  // namespace levada::inline v0
