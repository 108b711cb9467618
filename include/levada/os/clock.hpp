// SPDX-License-Identifier: BSL-1.0
// clock: the machine's clocks, as the clock_source that a runner asks.
#pragma once

#include <levada/core/time.hpp>

#include <cstdint>
#include <ctime>

namespace levada::inline v0 {

/// Costs  about 25 ns a reading: once a turn, never once an event.
struct wall_clock {
  [[nodiscard]] timestamp now() const { return {read(CLOCK_REALTIME)}; }
  [[nodiscard]] duration steady() const { return duration{read(CLOCK_MONOTONIC)}; }

 private:
  static std::int64_t read(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  }
};
static_assert(clock_source<wall_clock>);

namespace detail {
/// What the kernel's waits take. A length below zero is none; an endless one stays far below the kernel's limit.
inline timespec timespec_of(duration d) {
  constexpr std::int64_t most = std::int64_t{100} * 365 * 86'400 * 1'000'000'000 / 4;
  std::int64_t ns = d.ns < 0 ? 0 : d.ns > most ? most : d.ns;
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}
}  // namespace detail

}  // namespace levada::inline v0
