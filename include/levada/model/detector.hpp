// SPDX-License-Identifier: BSL-1.0
// detector: what everybody who watches a series knows of what judges it. A time and a value go in, a score comes out; nothing was
// trained before.
#pragma once

#include <levada/core/time.hpp>

#include <concepts>
#include <type_traits>

namespace levada::inline v0 {

/// From this score on a value is an alarm, with every detector.
inline constexpr float alarm_score = 0.5f;

/// score(time, value) judges a value by those before it, then learns it: 0 for nothing, alarm_score at the detector's own limit,
/// towards 1 far beyond. It never looks ahead, allocates nothing, and gives 0 for a value that is no number (NaN, an infinity,
/// anything beyond 1e100), which it forgets. Its state are its bytes, so that one lies in each slot of a key and a checkpoint
/// holds it as it is.
template <class D>
concept detector = std::is_trivially_copyable_v<D> && requires(D& d, timestamp time, double value) {
  { d.score(time, value) } -> std::same_as<float>;
};

namespace detail {

/// A statistic beside the limit from which it is an alarm.
constexpr float against(double statistic, double limit) {
  if (!(statistic > 0)) return 0;
  return statistic - statistic == 0 ? static_cast<float>(statistic / (statistic + limit)) : 1.0f;
}

constexpr bool is_usable(double v) { return v >= -1e100 && v <= 1e100; }

}  // namespace detail

}  // namespace levada::inline v0
