// SPDX-License-Identifier: BSL-1.0
// seasonal_profile: how far a value is from what this hour, this weekday, or the same place in the last period let expect.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detail/forecasters.hpp>
#include <levada/model/detail/magnitude_sketch.hpp>
#include <levada/model/detector.hpp>

#include <cmath>
#include <cstdint>

namespace levada::inline v0 {

/// The expectation is a mixture of the level, the means of the hour of the day and of the week (UTC), and the mean of what was
/// one and two periods ago; the period (up to 512 values) is found. What has erred less counts more: see detail::forecasters. A
/// residual is measured by the greatest of median / 0.6745, 90 % quantile / 1.645 and half of 99 % quantile / 2.576 of the last
/// residuals' magnitudes (about 4000), which is sigma if they are normal.
/// Holds  18 KB.
/// Fails  100 values teach, a day knows one value an hour and a week one a weekday; holidays are surprises.
/// Costs  about 200 ns.
struct seasonal_profile {
  double limit = 4;  ///< in such sigmas
  // the state
  detail::forecasters forecasts{};
  detail::magnitude_sketch sizes{};
  std::uint32_t values = 0;

  float score(timestamp time, double x) {
    if (!detail::is_usable(x)) return 0;
    using f = detail::forecasters;
    constexpr std::uint32_t chosen = 1u << f::level | 1u << f::hour_of_day | 1u << f::hour_of_week | 1u << f::period;
    const double residual = forecasts.expect(time) ? std::fabs(x - forecasts.mix(chosen)) : 0;
    forecasts.learn(time, x);
    const double usual = values < 100 ? 0 : static_cast<double>(sizes.deviation());
    const float found = values < 100 || !(residual > 0) ? 0 : detail::against(residual, limit * usual);
    sizes.add(static_cast<float>(residual < 1e30 ? residual : 1e30));
    if (values < 100) ++values;
    return found;
  }
};
static_assert(detector<seasonal_profile>);

}  // namespace levada::inline v0
