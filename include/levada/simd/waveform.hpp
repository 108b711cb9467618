// SPDX-License-Identifier: BSL-1.0
// waveform: what the order of the samples of a window says, in one pass: how much they change, how often they cross their mean,
// where they tend to; and products with themselves some samples later.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// Of n samples x with mean m.
struct waveform_sums {
  std::size_t n = 0;
  std::size_t crossings = 0;  ///< neighbours of which one is below m, and the other is not
  double first = 0;           ///< the sum of (x[i+1] - x[i])^2
  double second = 0;          ///< the sum of (x[i+2] - 2 x[i+1] + x[i])^2
  double ramp = 0;            ///< the sum of i (x[i] - m)
  double roots = 0;           ///< the sum of sqrt |x[i]|
};

struct waveform_kernels {
  waveform_sums (*waveform)(const float* samples, std::size_t n, float mean) noexcept;
  /// The sum of (x[i] - mean) (x[i + lag] - mean), of which there are n - lag.
  double (*lagged)(const float* samples, std::size_t n, float mean, std::size_t lag) noexcept;
  static const waveform_kernels baseline;
};
LEVADA_KERNEL_SET(waveform_kernels);

namespace detail {
/// Adds what begins at the samples from `i` on.
inline void add_waveform(waveform_sums& s, const float* x, std::size_t n, float mean, std::size_t i) noexcept {
  for (; i < n; ++i) {
    const double v = x[i];
    s.ramp += static_cast<double>(i) * (v - static_cast<double>(mean));
    s.roots += std::sqrt(v < 0 ? -v : v);
    if (i + 1 >= n) continue;
    const double d = static_cast<double>(x[i + 1]) - v;
    s.first += d * d;
    s.crossings += (x[i] < mean) != (x[i + 1] < mean) ? 1 : 0;
    if (i + 2 >= n) continue;
    const double dd = static_cast<double>(x[i + 2]) - static_cast<double>(x[i + 1]) - d;
    s.second += dd * dd;
  }
}
inline waveform_sums plain_waveform(const float* samples, std::size_t n, float mean) noexcept {
  waveform_sums s{.n = n};
  add_waveform(s, samples, n, mean, 0);
  return s;
}
inline double plain_lagged(const float* x, std::size_t n, float mean, std::size_t lag) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i + lag < n; ++i)
    sum +=
        (static_cast<double>(x[i]) - static_cast<double>(mean)) * (static_cast<double>(x[i + lag]) - static_cast<double>(mean));
  return sum;
}
}  // namespace detail

inline constexpr waveform_kernels waveform_kernels::baseline{detail::plain_waveform, detail::plain_lagged};

/// Takes  samples and their mean.
/// Costs  one pass. With AVX2 some 0.3 ns a sample.
[[nodiscard]] inline waveform_sums waveform_of(std::span<const float> samples, float mean) {
  return kernels<waveform_kernels>().waveform(samples.data(), samples.size(), mean);
}
/// Costs  one pass for a lag; for many lags autocorrelation.hpp is faster.
[[nodiscard]] inline double lagged_product(std::span<const float> samples, float mean, std::size_t lag) {
  return kernels<waveform_kernels>().lagged(samples.data(), samples.size(), mean, lag);
}

}  // namespace levada::inline v0
