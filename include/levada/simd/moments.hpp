// SPDX-License-Identifier: BSL-1.0
// moments: what a window of samples is on the whole: mean, the central sums of second to fourth order, extremes and where they
// lie, mean magnitude.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cstddef>
#include <limits>
#include <span>

namespace levada::inline v0 {

/// Of n samples x with mean m: second is the sum of (x - m)^2, third and fourth likewise, magnitude the sum of |x|.
struct sample_moments {
  std::size_t n = 0;
  double mean = 0, second = 0, third = 0, fourth = 0, magnitude = 0;
  float least = 0, greatest = 0;
};
/// Where the least and the greatest sample lie; the first one, if there are several.
struct sample_extremes {
  std::size_t least = 0, greatest = 0;
};

struct moment_kernels {
  sample_moments (*moments)(const float* samples, std::size_t n) noexcept;
  sample_extremes (*extremes)(const float* samples, std::size_t n) noexcept;
  static const moment_kernels baseline;
};
LEVADA_KERNEL_SET(moment_kernels);

namespace detail {
/// Sums of differences to a pilot, which is close to the mean: raw powers would cancel.
struct shifted_sums {
  double first = 0, second = 0, third = 0, fourth = 0, magnitude = 0;

  constexpr void add(double x, double pilot) {
    const double d = x - pilot, square = d * d;
    first += d;
    second += square;
    third += square * d;
    fourth += square * square;
    magnitude += x < 0 ? -x : x;
  }
};
/// What sums of differences to a pilot say about the mean.
constexpr sample_moments centred(std::size_t n, double pilot, const shifted_sums& s, float least, float greatest) {
  const double count = static_cast<double>(n), d = s.first / count;
  sample_moments m{n, pilot + d, 0, 0, 0, s.magnitude, least, greatest};
  if (least == greatest && s.second == s.second) {  // all alike, and none of them NaN
    m.mean = static_cast<double>(least);
    return m;
  }
  m.second = s.second - count * d * d;
  if (m.second < 0) m.second = 0;
  m.third = s.third - 3 * d * s.second + 2 * count * d * d * d;
  m.fourth = s.fourth - 4 * d * s.third + 6 * d * d * s.second - 3 * count * d * d * d * d;
  if (m.fourth < 0) m.fourth = 0;
  return m;
}
/// The twin, and the oracle of the kernels: two passes, in double.
inline sample_moments plain_moments(const float* samples, std::size_t n) noexcept {
  if (n == 0) return {};
  double sum = 0;
  float least = std::numeric_limits<float>::infinity(), greatest = -least;
  for (std::size_t i = 0; i < n; ++i) {
    sum += static_cast<double>(samples[i]);
    least = samples[i] < least ? samples[i] : least;
    greatest = samples[i] > greatest ? samples[i] : greatest;
  }
  const double mean = sum / static_cast<double>(n);
  shifted_sums s;
  for (std::size_t i = 0; i < n; ++i) s.add(static_cast<double>(samples[i]), mean);
  return centred(n, mean, s, least, greatest);
}
inline sample_extremes plain_extremes(const float* samples, std::size_t n) noexcept {
  std::size_t first = 0;
  while (first < n && samples[first] != samples[first]) ++first;
  if (first == n) return {};
  sample_extremes at{first, first};
  float least = samples[first], greatest = least;
  for (std::size_t i = first + 1; i < n; ++i) {
    if (samples[i] < least) {
      least = samples[i];
      at.least = i;
    }
    if (samples[i] > greatest) {
      greatest = samples[i];
      at.greatest = i;
    }
  }
  return at;
}
}  // namespace detail

inline constexpr moment_kernels moment_kernels::baseline{detail::plain_moments, detail::plain_extremes};

/// Takes  samples. A NaN makes the mean and the sums NaN, and an infinity makes them NaN or infinite; the extremes are those of
///        the samples that are not NaN (infinity and minus infinity, if there are none). Of no samples all is 0.
/// Fails  never: what single precision could not hold (a fourth power beyond 1e38 or below 1e-30) is done over in double.
/// Costs  one pass; two, where the mean of eight short stretches is further than a deviation from that of all. The relative
///        error of the sums is some 1e-7, at any mean. With AVX2 some 0.15 ns a sample.
[[nodiscard]] inline sample_moments moments_of(std::span<const float> samples) {
  return kernels<moment_kernels>().moments(samples.data(), samples.size());
}

/// Takes  samples; a NaN is never an extreme. Of none, and where all are NaN, both places are 0.
/// Costs  with AVX2 some 0.04 ns a sample.
[[nodiscard]] inline sample_extremes extremes_of(std::span<const float> samples) {
  return kernels<moment_kernels>().extremes(samples.data(), samples.size());
}

}  // namespace levada::inline v0
