// SPDX-License-Identifier: BSL-1.0
// catch22_periods: the features that look for a period, and for how fast a series forgets.
#pragma once

#include <levada/feature/detail/catch22_series.hpp>
#include <levada/simd/histogram.hpp>
#include <levada/simd/selection.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0::detail::catch22 {

/// CO_f1ecac: the lag at which the autocorrelation falls below 1/e, on straight lines between lags; n - 1 where it never does.
inline double decay_lag(std::span<const float> r) {
  constexpr float threshold = 0.36787944f;
  for (std::size_t lag = 1; lag < r.size(); ++lag)
    if (r[lag] < threshold)
      return static_cast<double>(lag - 1) +
             static_cast<double>(r[lag - 1] - threshold) / static_cast<double>(r[lag - 1] - r[lag]);
  return static_cast<double>(r.size() - 1);
}
/// CO_FirstMin_ac: the first lag at which it is lower than on both sides; n where there is none.
inline double first_minimum(std::span<const float> r) {
  for (std::size_t lag = 1; lag + 1 < r.size(); ++lag)
    if (r[lag] < r[lag - 1] && r[lag] < r[lag + 1]) return static_cast<double>(lag);
  return static_cast<double>(r.size());
}

/// IN_AutoMutualInfoStats_40_gaussian_fmmi: the first minimum, over the lags up to 40, of -ln(1 - r^2) / 2, r being the
/// correlation of the samples that have a partner with these; 40 where there is none. The square of r grows with it, and will do.
/// Takes  the sums of x[i] x[i + lag]. At the first lag, `before` is 0, below which nothing lies.
inline double information_minimum(std::span<const float> x, std::span<const float> products) {
  const std::size_t n = x.size(), most = n / 2 < 40 ? n / 2 : 40;
  double sum = 0, squares = 0;
  for (const float v : x) {
    sum += static_cast<double>(v);
    squares += static_cast<double>(v) * static_cast<double>(v);
  }
  double head = sum, head_squares = squares, tail = sum, tail_squares = squares, before = 0, now = 0;
  for (std::size_t lag = 1; lag <= most; ++lag) {
    const auto first = static_cast<double>(x[lag - 1]), last = static_cast<double>(x[n - lag]),
               count = static_cast<double>(n - lag);
    head -= last;
    head_squares -= last * last;
    tail -= first;
    tail_squares -= first * first;
    const double c = static_cast<double>(products[lag]) - head * tail / count;
    const double spread = (head_squares - head * head / count) * (tail_squares - tail * tail / count);
    const double next = spread > 0 ? c * c / spread : 0;
    if (now < before && now < next) return static_cast<double>(lag - 1);
    before = now;
    now = next;
  }
  return static_cast<double>(most);
}

/// What is left of the series without the cubic spline with one knot, in the middle, that fits best. On a grid v that is the same
/// to both sides of 0 that spline is even (1, v^2, |v|^3) and odd (v, v^3), and these two do not know of each other.
inline void without_trend(std::span<const float> x, std::span<float> out) {
  const std::size_t n = x.size(), half = n / 2;
  const double scale = 2 / static_cast<double>(n - 1);
  const auto grid = [&](std::size_t i) { return (static_cast<double>(i) - static_cast<double>(n - 1) / 2) * scale; };  // -1 ... 1
  double s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, e0 = n % 2 == 1 ? static_cast<double>(x[half]) : 0, e2 = 0, e3 = 0, o1 = 0,
         o3 = 0;
  for (std::size_t i = n - half; i < n; ++i) {
    const double v = grid(i), v2 = v * v, v3 = v2 * v, right = static_cast<double>(x[i]),
                 left = static_cast<double>(x[n - 1 - i]);
    s2 += v2;
    s3 += v3;
    s4 += v2 * v2;
    s5 += v2 * v3;
    s6 += v3 * v3;
    e0 += right + left;
    e2 += v2 * (right + left);
    e3 += v3 * (right + left);
    o1 += v * (right - left);
    o3 += v3 * (right - left);
  }
  // Gram's matrices, halved for those that are sums over both sides.
  s2 *= 2, s3 *= 2, s4 *= 2, s5 *= 2, s6 *= 2;
  const auto count = static_cast<double>(n), odd = s2 * s6 - s4 * s4, b1 = (o1 * s6 - o3 * s4) / odd,
             b3 = (s2 * o3 - s4 * o1) / odd;
  // Gauss, with the constant first.
  const double m22 = s4 - s2 * s2 / count, m23 = s5 - s2 * s3 / count, m33 = s6 - s3 * s3 / count, r2 = e2 - s2 * e0 / count,
               r3 = e3 - s3 * e0 / count, even = m22 * m33 - m23 * m23, a2 = (r2 * m33 - r3 * m23) / even,
               a3 = (m22 * r3 - m23 * r2) / even, a0 = (e0 - s2 * a2 - s3 * a3) / count;
  for (std::size_t i = 0; i < n; ++i) {
    const double v = grid(i), v2 = v * v;
    out[i] = static_cast<float>(static_cast<double>(x[i]) - (a0 + v * b1 + v2 * (a2 + std::fabs(v) * a3 + v * b3)));
  }
}
/// PD_PeriodicityWang_th0_01: the lag, from 2 to below n / 3, of the first peak of the autocovariance that is positive and at
/// least 0.01 above the trough before it; 0 where there is none. A covariance is the mean of the products that there are. Takes
/// the sums of x[i] x[i + lag].
inline double first_period(std::span<const float> products) {
  const std::size_t n = products.size();
  const auto covariance = [&](std::size_t lag) { return static_cast<double>(products[lag]) / static_cast<double>(n - lag); };
  bool has_trough = false;
  double trough = 0, before = covariance(1), now = covariance(2);
  for (std::size_t lag = 2; lag < (n + 2) / 3; ++lag) {
    const double next = covariance(lag + 1);
    if (now < before && now < next) {
      has_trough = true;
      trough = now;
    } else if (now > before && now > next && has_trough && now > 0 && now - trough >= 0.01) {
      return static_cast<double>(lag);
    }
    before = now;
    now = next;
  }
  return 0;
}

/// CO_Embed2_Dist_tau_d_expfit_meandiff: of the steps between neighbours in the plane of (x[t], x[t + tau]), how far the
/// histogram of their lengths, as a density, is from the exponential density of the same mean, on the average of its bins. tau is
/// at most n / 10. Bins are twice the distance of the quartiles over the cube root of the number of steps wide, not more than
/// there are steps (D. Freedman, P. Diaconis, 1981), but 1 + log2 of their number at least (H.
/// Sturges, 1926).
template <std::size_t Capacity>
double embedding_fit(std::span<const float> x, std::size_t tau, std::span<float> scratch) {
  const std::size_t n = x.size(), lag = tau < n / 10 ? tau : n / 10, m = n - lag - 1;
  for (std::size_t i = 0; i < m; ++i) {
    const float a = x[i + 1] - x[i], b = x[i + lag + 1] - x[i + lag];
    scratch[i] = std::sqrt(a * a + b * b);
  }
  const auto steps = scratch.first(m);
  const sample_moments all = moments_of(steps);
  if (!(all.least < all.greatest)) return 0;
  const double count = static_cast<double>(m), low = static_cast<double>(all.least),
               range = static_cast<double>(all.greatest) - low;
  const float upper = quantile_of(steps, 0.75), lower = lower_quantile(steps, 0.25, 0.75);
  const double quartiles = static_cast<double>(upper) - static_cast<double>(lower);
  const double sturges = 1 + std::log2(count), freedman = quartiles > 0 ? range * std::cbrt(count) / (2 * quartiles) : 0,
               wanted = freedman > sturges ? freedman : sturges;
  const std::size_t bins = wanted < count ? static_cast<std::size_t>(std::ceil(wanted)) : m;
  std::uint32_t counts[Capacity];
  count_in_bins(steps, all.least, all.greatest, {counts, bins});
  const double width = range / static_cast<double>(bins), falls = std::exp(-width / all.mean);
  double density = std::exp(-(low + width / 2) / all.mean) / all.mean, sum = 0;
  for (std::size_t k = 0; k < bins; ++k, density *= falls) sum += std::fabs(counts[k] / (count * width) - density);
  return sum / static_cast<double>(bins);
}

/// SP_Summaries_welch_rect: of the periodogram at the frequencies up to half a cycle a sample, the power in the lowest fifth of
/// them (area_5_1, of a power of about 1), and the frequency, in radians a sample, at which half of it is passed (centroid).
/// Takes  the power spectrum at twice as many frequencies as n, rounded up to a power of two, has.
struct periodogram_summary {
  double lowest_fifth = 0, centroid = 0;

  periodogram_summary(std::span<const float> power, std::size_t n) {
    const std::size_t last = (power.size() - 1) / 2;
    double all = 0;
    for (std::size_t k = 0; k <= last; ++k) {
      all += static_cast<double>(power[2 * k]);
      if (k == last / 5) lowest_fifth = all;
    }
    double sum = static_cast<double>(power[0]);
    std::size_t k = 0;
    while (k < last && !(sum > all / 2)) sum += static_cast<double>(power[2 * ++k]);
    lowest_fifth /= static_cast<double>(n) * static_cast<double>(last);  // the mirror image of each but the ends counts, too
    centroid = static_cast<double>(k) * 3.14159265358979323846 / static_cast<double>(last);
  }
};

}  // namespace levada::inline v0::detail::catch22
