// SPDX-License-Identifier: BSL-1.0
// clock: as the library's, played by the machine.
#pragma once

#include <levada/core/time.hpp>

#include "../../../machine.hpp"

#include <ctime>

namespace levada::inline v0 {

struct wall_clock {
  [[nodiscard]] timestamp now() const { return {machine::clock()}; }
  [[nodiscard]] duration steady() const { return duration{machine::clock()}; }
};
static_assert(clock_source<wall_clock>);

namespace detail {
inline timespec timespec_of(duration d) {
  return {static_cast<time_t>(d.ns / 1'000'000'000), static_cast<long>(d.ns % 1'000'000'000)};
}
}  // namespace detail

}  // namespace levada::inline v0
