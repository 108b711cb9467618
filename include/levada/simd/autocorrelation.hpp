// SPDX-License-Identifier: BSL-1.0
// autocorrelation: how much a signal resembles itself some samples later, of many lags at once, by two transforms.
#pragma once

#include <levada/simd/fft.hpp>
#include <levada/simd/spectrum.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

/// What the sum of (x[i] - mean) (x[i + lag] - mean), of which there are n - lag, is divided by.
///   biased      n: a covariance, of which the spectrum is never negative
///   unbiased    n - lag: noisy at large lags
///   normalised  the sum at lag 0: 1 there, and between -1 and 1. Of samples that are all the same: 0.
enum class lag_scale : std::uint8_t { biased, unbiased, normalised };

namespace detail {
/// As many samples as hold these without their ends meeting.
constexpr std::size_t padded(std::size_t n, std::size_t lags) {
  std::size_t p = 2;
  while (p < n + lags) p *= 2;
  return p;
}
}  // namespace detail

/// How much scratch autocorrelation needs for n samples and this many lags.
[[nodiscard]] constexpr std::size_t autocorrelation_scratch(std::size_t n, std::size_t lags) {
  return 2 * detail::padded(n, lags) + 2;
}

/// Emits  the autocorrelation at the lags 0, 1, ... out.size() - 1, which is at most n. (Wiener, Khinchin: it is the transform
///        of the power spectrum; the samples are padded with zeros so that it is not circular.) A NaN or infinity makes all of
///        them NaN.
/// Takes  n samples, at least one, and autocorrelation_scratch(n, out.size()). For a handful of lags sums are faster.
/// Costs  two transforms of the next power of two above n + out.size().
inline void autocorrelation(std::span<const float> samples, lag_scale scale, std::span<float> out, std::span<float> scratch) {
  const std::size_t n = samples.size(), lags = out.size(), p = detail::padded(n, lags), bins = p / 2 + 1;
  LEVADA_CHECK(n > 0 && lags <= n, lags);
  LEVADA_CHECK(scratch.size() >= autocorrelation_scratch(n, lags), scratch.size());
  if (lags == 0) return;
  const auto padded = scratch.first(p);
  const split_spectrum transform{scratch.subspan(p, bins), scratch.subspan(p + bins, bins)};
  double sum = 0, squares = 0;
  for (const float x : samples) sum += static_cast<double>(x);
  const double mean = sum / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double d = static_cast<double>(samples[i]) - mean;
    padded[i] = static_cast<float>(d);
    squares += d * d;
  }
  for (std::size_t i = n; i < p; ++i) padded[i] = 0;
  fft(padded, transform);
  kernels<spectrum_kernels>().power(transform.re.data(), transform.im.data(), 1.0f, bins, transform.re.data());
  for (float& x : transform.im) x = 0;
  inverse_fft(transform, padded);
  for (std::size_t lag = 0; lag < lags; ++lag) {
    const double product = lag == 0 ? squares : static_cast<double>(padded[lag]);
    const double divisor = scale == lag_scale::biased     ? static_cast<double>(n)
                           : scale == lag_scale::unbiased ? static_cast<double>(n - lag)
                                                          : squares;
    out[lag] = divisor == 0 ? 0.0f : static_cast<float>(product / divisor);
  }
}

}  // namespace levada::inline v0
