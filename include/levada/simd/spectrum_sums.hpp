// SPDX-License-Identifier: BSL-1.0
// spectrum_sums: what the bins of a power spectrum are together, in one pass: total, centre, width, order and disorder, the peak.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// Of powers p[0] ... p[n-1], none negative; a bin counts as 1e-30 at least in the logarithms.
struct spectrum_sums {
  double total = 0;
  double first = 0;   ///< the sum of k p[k]
  double second = 0;  ///< the sum of k^2 p[k]
  double logs = 0;    ///< the sum of ln p[k]
  double order = 0;   ///< the sum of p[k] ln p[k]
  float greatest = 0;
  std::size_t greatest_at = 0;  ///< the first one of that power
};

struct spectrum_sum_kernels {
  spectrum_sums (*sums)(const float* power, std::size_t n) noexcept;
  float (*total)(const float* power, std::size_t n) noexcept;
  static const spectrum_sum_kernels baseline;
};
LEVADA_KERNEL_SET(spectrum_sum_kernels);

namespace detail {
inline constexpr float least_power = 1e-30f;
/// Adds the bins from `k` on.
inline void add_spectrum(spectrum_sums& s, const float* power, std::size_t n, std::size_t k) noexcept {
  for (; k < n; ++k) {
    const double p = power[k], number = static_cast<double>(k), log = std::log(p < 1e-30 ? 1e-30 : p);
    s.total += p;
    s.first += number * p;
    s.second += number * number * p;
    s.logs += log;
    s.order += p * log;
    if (power[k] > s.greatest) {
      s.greatest = power[k];
      s.greatest_at = k;
    }
  }
}
inline spectrum_sums plain_spectrum_sums(const float* power, std::size_t n) noexcept {
  spectrum_sums s;
  add_spectrum(s, power, n, 0);
  return s;
}
inline float plain_total(const float* power, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) sum += static_cast<double>(power[k]);
  return static_cast<float>(sum);
}
}  // namespace detail

inline constexpr spectrum_sum_kernels spectrum_sum_kernels::baseline{detail::plain_spectrum_sums, detail::plain_total};

/// Costs  one pass with a logarithm a bin. With AVX2 some 0.7 ns a bin.
[[nodiscard]] inline spectrum_sums spectrum_sums_of(std::span<const float> power) {
  return kernels<spectrum_sum_kernels>().sums(power.data(), power.size());
}
[[nodiscard]] inline float total_power(std::span<const float> power) {
  return kernels<spectrum_sum_kernels>().total(power.data(), power.size());
}

}  // namespace levada::inline v0
