// SPDX-License-Identifier: BSL-1.0
// Waveforms in registers: all sums in one pass over samples that are loaded three times, once for each place of a second
// difference.
#include <levada/simd/unit.hpp>
#include <levada/simd/waveform.hpp>

namespace levada::inline v0 {
namespace {

using batch = simd_batch<float>;

/// 0, 1, 2 ... in the lanes.
batch lane_numbers() noexcept {
  alignas(64) float numbers[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i) numbers[i] = static_cast<float>(i);
  return batch::load_aligned(numbers);
}

waveform_sums waveform(const float* x, std::size_t n, float mean) noexcept {
  waveform_sums s{.n = n};
  const batch m(mean), zero(0.0f), one(1.0f), lanes = lane_numbers();
  // Sums are handed over to double after each block.
  constexpr std::size_t block = 1024;
  std::size_t i = 0;
  while (i + batch::size + 2 <= n) {
    const std::size_t end = n - i - 2 < block ? n - 2 : i + block;
    batch first(0.0f), second(0.0f), ramp(0.0f), roots(0.0f), crossings(0.0f), at = lanes + batch(static_cast<float>(i));
    for (; i + batch::size <= end; i += batch::size) {
      const batch a = batch::load_unaligned(x + i), b = batch::load_unaligned(x + i + 1), c = batch::load_unaligned(x + i + 2);
      const batch d = b - a, dd = (c - b) - d, y = a - m;
      first = xsimd::fma(d, d, first);
      second = xsimd::fma(dd, dd, second);
      ramp = xsimd::fma(at, y, ramp);
      roots += xsimd::sqrt(xsimd::abs(a));
      const batch change = xsimd::select(a < m, one, zero) - xsimd::select(b < m, one, zero);
      crossings = xsimd::fma(change, change, crossings);  // xsimd 8 compares two masks as if they were numbers
      at += batch(static_cast<float>(batch::size));
    }
    s.first += static_cast<double>(sum_of_lanes(first));
    s.second += static_cast<double>(sum_of_lanes(second));
    s.ramp += static_cast<double>(sum_of_lanes(ramp));
    s.roots += static_cast<double>(sum_of_lanes(roots));
    s.crossings += static_cast<std::size_t>(sum_of_lanes(crossings));
  }
  detail::add_waveform(s, x, n, mean, i);
  return s;
}

double lagged(const float* x, std::size_t n, float mean, std::size_t lag) noexcept {
  if (lag >= n) return 0;
  const batch m(mean);
  batch even(0.0f), odd(0.0f);
  const std::size_t count = n - lag;
  std::size_t i = 0;
  for (; i + 2 * batch::size <= count; i += 2 * batch::size) {
    const float *a = x + i, *b = a + batch::size;
    even = xsimd::fma(batch::load_unaligned(a) - m, batch::load_unaligned(a + lag) - m, even);
    odd = xsimd::fma(batch::load_unaligned(b) - m, batch::load_unaligned(b + lag) - m, odd);
  }
  return static_cast<double>(sum_of_lanes(even + odd)) + detail::plain_lagged(x + i, n - i, mean, lag);
}

constexpr waveform_kernels set{waveform, lagged};

}  // namespace

const waveform_kernels* LEVADA_KERNELS(const waveform_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
