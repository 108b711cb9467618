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
constexpr float infinity = std::numeric_limits<float>::infinity();

struct totals {
  detail::shifted_sums sums;
  batch least = batch(infinity), greatest = batch(-infinity);
};
/// Whole registers, at most `longest` samples. A function of its own, so that nothing else wants registers.
[[gnu::noinline]] void add_registers(totals& t, float pilot, const float* samples, std::size_t n) noexcept {
  const batch shift(pilot), zero(0.0f);
  batch first = zero, second = zero, magnitude = zero, least = t.least, greatest = t.greatest;
  // The dearest sums are two, to hide how long an addition takes; with more of them registers would run out.
  batch third[2] = {zero, zero}, fourth[2] = {zero, zero};
  const auto add = [&](const float* at, std::size_t set) LEVADA_INLINE_LAMBDA {
    const batch x = batch::load_unaligned(at), d = x - shift, square = d * d;
    first += d;
    second += square;
    third[set] = xsimd::fma(square, d, third[set]);
    fourth[set] = xsimd::fma(square, square, fourth[set]);
    magnitude += xsimd::abs(x);
    least = lesser(x, least);
    greatest = greater(x, greatest);
  };
  std::size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    add(samples + i, 0);
    add(samples + i + lanes, 1);
  }
  if (i < n) add(samples + i, 0);
  t.sums.first += static_cast<double>(sum_of_lanes(first));
  t.sums.second += static_cast<double>(sum_of_lanes(second));
  t.sums.third += static_cast<double>(sum_of_lanes(third[0] + third[1]));
  t.sums.fourth += static_cast<double>(sum_of_lanes(fourth[0] + fourth[1]));
  t.sums.magnitude += static_cast<double>(sum_of_lanes(magnitude));
  t.least = least;
  t.greatest = greatest;
}
struct shifted_moments {
  detail::shifted_sums sums;
  float least, greatest;
};
shifted_moments sums_about(float pilot, const float* samples, std::size_t n) noexcept {
  totals t;
  const std::size_t whole = n / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += longest)
    add_registers(t, pilot, samples + i, whole - i < longest ? whole - i : longest);
  shifted_moments m{t.sums, least_of_lanes(t.least), greatest_of_lanes(t.greatest)};
  for (std::size_t i = whole; i < n; ++i) {
    m.sums.add(static_cast<double>(samples[i]), static_cast<double>(pilot));
    m.least = samples[i] < m.least ? samples[i] : m.least;
    m.greatest = samples[i] > m.greatest ? samples[i] : m.greatest;
  }
  return m;
}

sample_moments moments(const float* samples, std::size_t n) noexcept {
  if (n < 8 * lanes) return detail::plain_moments(samples, n);
  batch some(0.0f);
  for (std::size_t i = 0; i < 8; ++i) some += batch::load_unaligned(samples + i * ((n - lanes) / 7));
  // A difference to a number of about the same size is exact (Sterbenz), so the digits that a large mean would take are kept.
  float pilot = sum_of_lanes(some) / static_cast<float>(8 * lanes);
  shifted_moments t = sums_about(pilot, samples, n);
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
