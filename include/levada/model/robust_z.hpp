// SPDX-License-Identifier: BSL-1.0
// robust_z: how far a value is from the median of a sample of its past, in robust standard deviations.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>
#include <levada/model/normal_range.hpp>

#include <cmath>
#include <cstddef>

namespace levada::inline v0 {

/// |x - median| / (1.4826 MAD), the modified z-score of Iglewicz and Hoaglin (How to detect and handle outliers, ASQC 1993), who
/// call a value beyond 3.5 an outlier. Median and median absolute deviation (MAD) are those of normal_range<Size>: nearly half of
/// its sample may be wrong before they are. Where the past never moved, any move is infinitely far.
/// Holds  Size values and a few bytes.
/// Fails  16 values teach; a trend or a season is not known to it: take seasonal_profile.
/// Costs  Size / 2 steps.
template <std::size_t Size = 128>
struct robust_z {
  double limit = 3.5;
  double least = 0;  ///< of the deviation, in the value's unit: a sensor's resolution
  normal_range<Size> past{};

  float score(timestamp, double x) {
    if (!detail::is_usable(x)) return 0;
    float found = 0;
    if (past.size() >= past.enough) {
      const double robust = 1.4826 * past.deviation(), distance = std::fabs(x - past.median());
      found = distance > 0 ? detail::against(distance, limit * (robust > least ? robust : least)) : 0;
    }
    past.learn(x);
    return found;
  }
};
static_assert(detector<robust_z<>>);

}  // namespace levada::inline v0
