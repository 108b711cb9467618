// SPDX-License-Identifier: BSL-1.0
// Moments in registers: differences to a pilot in single precision, lane by lane, merged in double.
#include <levada/simd/moments.hpp>
#include <levada/simd/unit.hpp>

namespace levada::inline v0 {
namespace {

sample_moments moments(const float* samples, std::size_t n) noexcept {
  using batch = simd_batch<float>;
  if (n < 4 * batch::size) return detail::plain_moments(samples, n);
  const float pilot = samples[n / 2];
  const batch shift(pilot);
  batch first(0.0f), second(0.0f), third(0.0f), fourth(0.0f), magnitude(0.0f), least(samples[0]), greatest(samples[0]);
  std::size_t i = 0;
  for (; i + batch::size <= n; i += batch::size) {
    const batch x = batch::load_unaligned(samples + i), d = x - shift, square = d * d;
    first += d;
    second += square;
    third = xsimd::fma(square, d, third);
    fourth = xsimd::fma(square, square, fourth);
    magnitude += xsimd::abs(x);
    least = xsimd::min(least, x);
    greatest = xsimd::max(greatest, x);
  }
  detail::shifted_sums s{static_cast<double>(sum_of_lanes(first)), static_cast<double>(sum_of_lanes(second)),
                         static_cast<double>(sum_of_lanes(third)), static_cast<double>(sum_of_lanes(fourth)),
                         static_cast<double>(sum_of_lanes(magnitude))};
  float low = least_of_lanes(least), high = greatest_of_lanes(greatest);
  for (; i < n; ++i) {
    const double x = samples[i], d = x - static_cast<double>(pilot), square = d * d;
    s.first += d;
    s.second += square;
    s.third += square * d;
    s.fourth += square * square;
    s.magnitude += x < 0 ? -x : x;
    low = samples[i] < low ? samples[i] : low;
    high = samples[i] > high ? samples[i] : high;
  }
  return detail::centred(n, static_cast<double>(pilot), s, low, high);
}
constexpr moment_kernels set{moments, detail::plain_extremes};

}  // namespace

const moment_kernels* LEVADA_KERNELS(const moment_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
