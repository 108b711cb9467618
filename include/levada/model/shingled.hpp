// SPDX-License-Identifier: BSL-1.0
// shingled: the last values of a series as one point, for detectors that judge points; and what is far for their statistic,
// learnt from the statistic itself.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace levada::inline v0 {

/// score(point) judges a point by those before it, then learns it: the greater, the stranger, in a unit of its own.
template <class P>
concept point_detector = std::is_trivially_copyable_v<P> && requires(P& p, std::span<const float, P::dimensions> point) {
  { p.score(point) } -> std::same_as<double>;
};

namespace detail {

/// Mean and deviation of a statistic, with exponential forgetting (the last 500 count). What is an alarm counts only as much as
/// one, so that a burst does not widen its own limit.
struct usual_level {
  double mean = 0, squares = 0;
  std::uint32_t values = 0;

  float judge(double statistic, double width) {
    const double limit = width * std::sqrt(squares), most = mean + limit;
    const float found = values < 100 || !(statistic > mean) ? 0 : against(statistic - mean, limit);
    const double counted = values < 100 || statistic < most ? statistic : most;
    if (values < 500) ++values;
    const double rate = 1.0 / values, before = counted - mean;
    mean += rate * before;
    squares += rate * (before * (counted - mean) - squares);
    return found;
  }
};

}  // namespace detail

/// Takes  a series; its last Points::dimensions values, less the first one of all, are the point.
/// Gives  a score: an alarm is a statistic more than `width` of its standard deviations above its mean.
/// Holds  the point detector and a few bytes.
/// Fails  after the first point 100 more teach.
/// Costs  what a point costs.
template <point_detector Points>
struct shingled {
  static constexpr std::size_t length = Points::dimensions;
  double width = 3;
  Points points{};
  // the state
  std::array<float, length> last{};
  detail::usual_level usual{};
  double origin = 0;
  std::uint32_t values = 0;

  float score(timestamp, double x) {
    if (!detail::is_usable(x)) return 0;
    if (values == 0) origin = x;
    for (std::size_t i = 1; i < length; ++i) last[i - 1] = last[i];
    const double moved = x - origin;
    last[length - 1] = static_cast<float>(moved > 1e30 ? 1e30 : moved < -1e30 ? -1e30 : moved);
    if (values < length) ++values;
    return values < length ? 0 : usual.judge(points.score(last), width);
  }
};

}  // namespace levada::inline v0
