// SPDX-License-Identifier: BSL-1.0
// catch22_outliers: where in a series its high (or low) samples lie.
#pragma once

#include <levada/simd/selection.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0::detail::catch22 {

/// DN_OutlierInclude_001_mdrmd, of x (sign 1) or of -x (sign -1): thresholds rise from 0 by hundredths; for each, the median
/// position (from 1) of the samples that are at least as high, over n / 2, less 1; of all that, the median. The first counts, and
/// the others as long as the gaps between those samples are more than 2 % of the samples that are not below 0.
///
/// No sample lies more than sqrt(n) deviations from the mean (P. Samuelson, How deviant can you be?, 1968), which bounds the
/// thresholds. Positions are a list from which thresholds take some, and a median that loses one of its values moves by one
/// neighbour at most: one step a sample.
template <std::size_t Capacity>
double outlier_timing(std::span<const float> x, float sign) {
  constexpr std::size_t thresholds = [] {
    std::size_t t = 2;
    while ((t - 2) * (t - 2) < 10'000 * Capacity) ++t;
    return t;
  }();
  using place = std::uint16_t;
  static_assert(Capacity < 65'535);
  const std::size_t n = x.size();
  // Positions from 1; 0 is before the first and n + 1 behind the last.
  place level[Capacity], head[thresholds] = {}, following[Capacity + 1], next[Capacity + 2], previous[Capacity + 2], last = 0;
  std::size_t count = 0, top = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double hundredths = static_cast<double>(x[i] * sign) * 100;
    const std::size_t threshold = !(hundredths >= 0)            ? 0
                                  : hundredths < thresholds - 1 ? static_cast<std::size_t>(hundredths) + 1
                                                                : thresholds;
    level[i] = static_cast<place>(threshold);
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (level[i] == 0) continue;
    const auto position = static_cast<place>(i + 1);
    const std::size_t highest = level[i] - std::size_t{1};  // the threshold that it still reaches
    following[position] = head[highest];
    head[highest] = position;
    next[last] = position;
    previous[position] = last;
    last = position;
    top = highest > top ? highest : top;
    ++count;
  }
  next[last] = static_cast<place>(n + 1);
  previous[n + 1] = last;

  std::size_t median = 0;  // the lower of two
  for (std::size_t i = 0; i <= (count - 1) / 2 && count > 0; ++i) median = next[median];
  float medians[thresholds];
  std::size_t measured = 0;
  const std::size_t not_below_zero = count;
  for (std::size_t t = 0; t == 0 || (t <= top && count * 100 > 2 * not_below_zero + 100); ++t) {
    const auto twice = static_cast<float>(count % 2 == 1 ? 2 * median : median + next[median]);
    medians[measured++] = twice / static_cast<float>(n) - 1;
    for (std::size_t gone = head[t]; gone != 0; gone = following[gone], --count) {
      if (count % 2 == 1) {
        if (gone >= median) median = previous[median];
      } else {
        if (gone <= median) median = next[median];
      }
      next[previous[gone]] = next[gone];
      previous[next[gone]] = previous[gone];
    }
  }
  return static_cast<double>(quantile_of({medians, measured}, 0.5));
}

}  // namespace levada::inline v0::detail::catch22
