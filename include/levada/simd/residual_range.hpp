// SPDX-License-Identifier: BSL-1.0
// residual_range: how far a curve swings about a straight line, segment by segment: the inner loop of a fluctuation analysis.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cstddef>

namespace levada::inline v0 {

struct residual_range_kernels {
  /// The sum of (greatest - least)^2 of samples[i] - slope i, over segments of `length` samples that follow each other; each has
  /// a slope.
  double (*squares)(const float* samples, std::size_t length, std::size_t segments, const float* slopes) noexcept;
  static const residual_range_kernels baseline;
};
LEVADA_KERNEL_SET(residual_range_kernels);

namespace detail {
inline double plain_residual_ranges(const float* samples, std::size_t length, std::size_t segments,
                                    const float* slopes) noexcept {
  double sum = 0;
  for (std::size_t s = 0; s < segments; ++s, samples += length) {
    float least = 0, greatest = 0;  // of the first sample
    for (std::size_t i = 1; i < length; ++i) {
      const float r = (samples[i] - samples[0]) - slopes[s] * static_cast<float>(i);
      least = r < least ? r : least;
      greatest = r > greatest ? r : greatest;
    }
    const double range = static_cast<double>(greatest) - static_cast<double>(least);
    sum += range * range;
  }
  return sum;
}
}  // namespace detail

inline constexpr residual_range_kernels residual_range_kernels::baseline{detail::plain_residual_ranges};

}  // namespace levada::inline v0
