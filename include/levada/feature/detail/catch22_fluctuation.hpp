// SPDX-License-Identifier: BSL-1.0
// catch22_fluctuation: how the swing of the summed-up series grows with the length of the segments that it is looked at in.
#pragma once

#include <levada/simd/residual_range.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0::detail::catch22 {

/// Up to 50 lengths from 5 to n / 2, evenly apart in their logarithm, rounded, each once.
struct scales {
  static constexpr std::size_t most = 50;
  std::size_t length[most]{}, count = 0;

  explicit scales(std::size_t n) {
    const double ratio = std::exp(std::log(static_cast<double>(n / 2) / 5) / (most - 1));
    double exact = 5;
    for (std::size_t i = 0; i < most; ++i, exact *= ratio) {
      const auto rounded = static_cast<std::size_t>(exact + 0.5);
      if (count == 0 || rounded != length[count - 1]) length[count++] = rounded;
    }
  }
};

/// The share of the scales in the first of two straight lines that fit best, in logarithms, together: they share a point, each
/// has a quarter of the scales at least and not fewer than eight, and the sum of squared errors is least. Where there are fewer
/// than sixteen scales one line has all of them: 1.
inline double share_before_bend(const scales& s, const double* fluctuation) {
  const std::size_t quarter = (s.count + 2) / 4, fewest = quarter > 8 ? quarter : 8;
  if (s.count < 2 * fewest) return 1;
  struct sums {
    double n, x, y, xx, xy, yy;
  } upto[scales::most + 1] = {};
  const double x0 = std::log(static_cast<double>(s.length[s.count / 2])), y0 = std::log(fluctuation[s.count / 2]);
  for (std::size_t i = 0; i < s.count; ++i) {
    const double x = std::log(static_cast<double>(s.length[i])) - x0, y = std::log(fluctuation[i]) - y0;
    const sums& b = upto[i];
    upto[i + 1] = {b.n + 1, b.x + x, b.y + y, b.xx + x * x, b.xy + x * y, b.yy + y * y};
  }
  const auto error = [&](std::size_t begin, std::size_t end) {
    const sums &a = upto[begin], &b = upto[end];
    const double n = b.n - a.n, x = b.x - a.x, y = b.y - a.y, xx = b.xx - a.xx - x * x / n, xy = b.xy - a.xy - x * y / n,
                 left = b.yy - a.yy - y * y / n - xy * xy / xx;
    return left > 0 ? left : 0;
  };
  std::size_t best = fewest;
  double least = error(0, best) + error(best - 1, s.count);
  for (std::size_t i = fewest + 1; i <= s.count - fewest; ++i) {
    const double e = error(0, i) + error(i - 1, s.count);
    if (!(e < least)) continue;
    least = e;
    best = i;
  }
  return static_cast<double>(best) / static_cast<double>(s.count);
}

enum class fluctuation_kind { range, deviation };

/// SC_FluctAnal_2_rsrangefit_50_1_logi_prop_r1 (range: the root of the mean square of the ranges of the segments) and
/// SC_FluctAnal_2_dfa_50_1_2_logi_prop_r1 (deviation: of the residuals), of every `Step`th sample. From each segment its straight
/// line is taken away. Sums from the start make a slope, and a sum of squares, two differences.
template <fluctuation_kind Kind, std::size_t Capacity>
double fluctuation_bend(std::span<const float> x, std::size_t step) {
  const std::size_t n = (x.size() - 1) / step + 1;
  float walk[Capacity], slopes[Capacity / 5 + 1];
  struct sums {
    double y = 0, iy = 0, yy = 0;
  } upto[Capacity + 1];
  double y = 0;
  for (std::size_t i = 0; i < n; ++i) {
    y += static_cast<double>(x[i * step]);
    if constexpr (Kind == fluctuation_kind::range) walk[i] = static_cast<float>(y);
    upto[i + 1] = {upto[i].y + y, upto[i].iy + static_cast<double>(i) * y, upto[i].yy + y * y};
  }
  const scales s(n);
  double fluctuation[scales::most];
  for (std::size_t k = 0; k < s.count; ++k) {
    const std::size_t length = s.length[k], segments = n / length;
    const auto t = static_cast<double>(length), spread = t * (t * t - 1) / 12, middle = (t - 1) / 2;
    const double per_length = 1 / t, per_spread = 1 / spread;
    double squares = 0;
    for (std::size_t j = 0; j < segments; ++j) {
      const sums &a = upto[j * length], &b = upto[(j + 1) * length];
      const double sum = b.y - a.y, product = b.iy - a.iy - (static_cast<double>(j * length) + middle) * sum;
      if constexpr (Kind == fluctuation_kind::range)
        slopes[j] = static_cast<float>(product * per_spread);
      else
        squares += b.yy - a.yy - sum * sum * per_length - product * product * per_spread;
    }
    double parts = static_cast<double>(segments);
    if constexpr (Kind == fluctuation_kind::range)
      squares = kernels<residual_range_kernels>().squares(walk, length, segments, slopes);
    else
      parts *= t;
    fluctuation[k] = std::sqrt(squares > 0 ? squares / parts : 0);
  }
  return share_before_bend(s, fluctuation);
}

}  // namespace levada::inline v0::detail::catch22
