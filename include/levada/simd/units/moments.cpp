// SPDX-License-Identifier: BSL-1.0
// Moments in registers: differences to a pilot in single precision, lane by lane, merged in double.
#include <levada/simd/moments.hpp>
#include <levada/simd/unit.hpp>

#include <cstddef>
#include <limits>

namespace levada::inline v0 {
namespace {

using batch = simd_batch<float>;
constexpr std::size_t lanes = batch::size;
/// Sums of a lane in single precision stay short, so that long windows are as exact as short ones.
constexpr std::size_t longest = 128 * lanes;
/// Two sets of sums hide how long an addition takes, as far as there are registers for them.
constexpr std::size_t sets = unit_isa == isa::sse4_2 ? 1 : 2;
constexpr float infinity = std::numeric_limits<float>::infinity();

struct lane_sums {
  batch first = batch(0.0f), second = first, third = first, fourth = first;

  LEVADA_INLINE void add(const batch& d) {
    const batch square = d * d;
    first += d;
    second += square;
    third = xsimd::fma(square, d, third);
    fourth = xsimd::fma(square, square, fourth);
  }
};

struct totals {
  detail::shifted_sums sums;
  float least = infinity, greatest = -infinity;
};
totals sums_about(float pilot, const float* samples, std::size_t n) noexcept {
  totals t;
  const batch shift(pilot);
  batch least(infinity), greatest(-infinity);
  std::size_t i = 0;
  while (i + lanes <= n) {
    lane_sums a, b;
    batch magnitude(0.0f);
    const auto add = [&](lane_sums& sums, const batch& x) LEVADA_INLINE_LAMBDA {
      sums.add(x - shift);
      magnitude += xsimd::abs(x);
      least = lesser(x, least);
      greatest = greater(x, greatest);
    };
    const std::size_t end = n - i < longest ? n : i + longest;
    if constexpr (sets == 2)
      for (; i + 2 * lanes <= end; i += 2 * lanes) {
        add(a, batch::load_unaligned(samples + i));
        add(b, batch::load_unaligned(samples + i + lanes));
      }
    for (; i + lanes <= end; i += lanes) add(a, batch::load_unaligned(samples + i));
    t.sums.first += static_cast<double>(sum_of_lanes(a.first + b.first));
    t.sums.second += static_cast<double>(sum_of_lanes(a.second + b.second));
    t.sums.third += static_cast<double>(sum_of_lanes(a.third + b.third));
    t.sums.fourth += static_cast<double>(sum_of_lanes(a.fourth + b.fourth));
    t.sums.magnitude += static_cast<double>(sum_of_lanes(magnitude));
  }
  t.least = least_of_lanes(least);
  t.greatest = greatest_of_lanes(greatest);
  for (; i < n; ++i) {
    t.sums.add(static_cast<double>(samples[i]), static_cast<double>(pilot));
    t.least = samples[i] < t.least ? samples[i] : t.least;
    t.greatest = samples[i] > t.greatest ? samples[i] : t.greatest;
  }
  return t;
}

sample_moments moments(const float* samples, std::size_t n) noexcept {
  if (n < 8 * lanes) return detail::plain_moments(samples, n);
  batch some(0.0f);
  for (std::size_t i = 0; i < 8; ++i) some += batch::load_unaligned(samples + i * ((n - lanes) / 7));
  // A difference to a number of about the same size is exact (Sterbenz), so the digits that a large mean would take are kept.
  float pilot = sum_of_lanes(some) / static_cast<float>(8 * lanes);
  totals t = sums_about(pilot, samples, n);
  if (t.sums.first * t.sums.first * 2 > t.sums.second * static_cast<double>(n)) {  // more than a deviation away
    pilot += static_cast<float>(t.sums.first / static_cast<double>(n));
    t = sums_about(pilot, samples, n);
  }
  const bool held = t.sums.fourth >= 1e-30 && t.sums.fourth <= static_cast<double>(std::numeric_limits<float>::max());
  if (!held && t.least != t.greatest) return detail::plain_moments(samples, n);
  return detail::centred(n, static_cast<double>(pilot), t.sums, t.least, t.greatest);
}

std::size_t place_of(float value, const float* samples, std::size_t n) noexcept {
  const batch wanted(value);
  std::size_t i = 0;
  while (i + lanes <= n && !xsimd::any(batch::load_unaligned(samples + i) == wanted)) i += lanes;
  while (i < n && samples[i] != value) ++i;
  return i < n ? i : 0;
}
sample_extremes extremes(const float* samples, std::size_t n) noexcept {
  batch least[2] = {batch(infinity), batch(infinity)}, greatest[2] = {batch(-infinity), batch(-infinity)};
  std::size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes)
    for (std::size_t k = 0; k < 2; ++k) {
      const batch x = batch::load_unaligned(samples + i + k * lanes);
      least[k] = lesser(x, least[k]);
      greatest[k] = greater(x, greatest[k]);
    }
  float low = least_of_lanes(lesser(least[0], least[1])), high = greatest_of_lanes(greater(greatest[0], greatest[1]));
  for (; i < n; ++i) {
    low = samples[i] < low ? samples[i] : low;
    high = samples[i] > high ? samples[i] : high;
  }
  return {place_of(low, samples, n), place_of(high, samples, n)};
}
constexpr moment_kernels set{moments, extremes};

}  // namespace

const moment_kernels* LEVADA_KERNELS(const moment_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
