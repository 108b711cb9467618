// SPDX-License-Identifier: BSL-1.0
// catch22_series: what the 22 features share: the standardised samples, their spectrum, and their autocorrelation.
#pragma once

#include <levada/simd/fft.hpp>
#include <levada/simd/moments.hpp>
#include <levada/simd/selection.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0::detail::catch22 {

/// As many samples as the autocorrelation of n needs for its ends not to meet.
constexpr std::size_t padded(std::size_t n) {
  std::size_t p = 2;
  while (p < 2 * n) p *= 2;
  return p;
}

/// Memory for a series of n samples, cut from the caller's.
struct work {
  std::span<float> samples, others, correlation, residual, power, re, im;

  static constexpr std::size_t size(std::size_t n) { return 4 * n + padded(n) + 2 * (padded(n) / 2 + 1); }
  work(std::size_t n, std::span<float> memory) {
    const std::size_t p = padded(n), bins = p / 2 + 1;
    const auto next = [&](std::size_t size) {
      const auto part = memory.first(size);
      memory = memory.subspan(size);
      return part;
    };
    samples = next(n);
    others = next(n);
    correlation = next(n);
    residual = next(n);
    power = next(p);
    re = next(bins);
    im = next(bins);
  }
};

/// The power spectrum of values whose mean is 0, padded with zeros: bin k is 2 pi k / padded(n) a sample. It lies in w.re.
inline void power_of(std::span<const float> values, const work& w) {
  const std::size_t n = values.size();
  for (std::size_t i = 0; i < n; ++i) w.power[i] = values[i];
  for (std::size_t i = n; i < w.power.size(); ++i) w.power[i] = 0;
  fft(w.power, {w.re, w.im});
  for (std::size_t k = 0; k < w.re.size(); ++k) w.re[k] = w.re[k] * w.re[k] + w.im[k] * w.im[k];
}
/// The sums of values[i] values[i + lag], which stand in w.power afterwards, from lag 0 on. w.re holds the power spectrum.
inline void products_of_power(const work& w) {
  for (float& x : w.im) x = 0;
  inverse_fft({w.re, w.im}, w.power);
}

/// The first lag at which it is not above zero; all of them, where it always is.
inline std::size_t first_zero(std::span<const float> correlation) {
  std::size_t lag = 1;
  while (lag < correlation.size() && correlation[lag] > 0) ++lag;
  return lag;
}

/// Where between two lags it reaches zero, on a straight line; all of them, where it never does.
inline double zero_crossing(std::span<const float> correlation) {
  const std::size_t lag = first_zero(correlation);
  if (lag == correlation.size()) return static_cast<double>(lag);
  const auto before = static_cast<double>(correlation[lag - 1]), after = static_cast<double>(correlation[lag]);
  return static_cast<double>(lag - 1) + before / (before - after);
}

/// The quantile q of values of which quantile_of has just given a higher one, `above`: what it left behind that is not in the
/// way.
inline float lower_quantile(std::span<float> values, double q, double above) {
  const auto n = static_cast<double>(values.size());
  const auto first = static_cast<std::size_t>(above * n);
  return quantile_of(values.first(first), q * n / static_cast<double>(first));
}

/// Standardises with n - 1 below the line; false where there is no spread, or a sample is not finite.
inline bool standardise(std::span<const float> samples, const sample_moments& m, std::span<float> out) {
  const double deviation = std::sqrt(m.second / static_cast<double>(m.n - 1)), scale = 1 / deviation;
  if (!(deviation > 0) || !std::isfinite(scale) || !std::isfinite(m.mean)) return false;
  for (std::size_t i = 0; i < m.n; ++i) out[i] = static_cast<float>((static_cast<double>(samples[i]) - m.mean) * scale);
  return true;
}

}  // namespace levada::inline v0::detail::catch22
