// SPDX-License-Identifier: BSL-1.0
// Spectrum sums in registers: lane sums in single precision, merged in double after each block of bins.
#include <levada/simd/spectrum_sums.hpp>
#include <levada/simd/unit.hpp>

namespace levada::inline v0 {
namespace {

using batch = simd_batch<float>;

spectrum_sums sums(const float* power, std::size_t n) noexcept {
  spectrum_sums s;
  alignas(64) float numbers[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i) numbers[i] = static_cast<float>(i);
  const batch lanes = batch::load_aligned(numbers), least(detail::least_power);
  constexpr std::size_t block = 1024;
  std::size_t k = 0;
  while (k + batch::size <= n) {
    const std::size_t begin = k, end = n - k < block ? n : k + block;
    batch total(0.0f), first(0.0f), second(0.0f), logs(0.0f), order(0.0f), at = lanes, greatest(0.0f), greatest_at(0.0f);
    for (; k + batch::size <= end; k += batch::size) {
      const batch p = batch::load_unaligned(power + k), weighted = at * p, log = xsimd::log(xsimd::max(p, least));
      total += p;
      first += weighted;
      second = xsimd::fma(at, weighted, second);
      logs += log;
      order = xsimd::fma(p, log, order);
      const auto more = p > greatest;
      greatest = xsimd::select(more, p, greatest);
      greatest_at = xsimd::select(more, at, greatest_at);
      at += batch(static_cast<float>(batch::size));
    }
    const double sum = static_cast<double>(sum_of_lanes(total)), from = static_cast<double>(begin),
                 near = static_cast<double>(sum_of_lanes(first));
    s.total += sum;
    s.first += near + from * sum;
    s.second += static_cast<double>(sum_of_lanes(second)) + 2 * from * near + from * from * sum;
    s.logs += static_cast<double>(sum_of_lanes(logs));
    s.order += static_cast<double>(sum_of_lanes(order));
    alignas(64) float peaks[batch::size], places[batch::size];
    greatest.store_aligned(peaks);
    greatest_at.store_aligned(places);
    std::size_t best = 0;
    for (std::size_t i = 1; i < batch::size; ++i)
      if (peaks[i] > peaks[best] || (peaks[i] == peaks[best] && places[i] < places[best])) best = i;
    if (peaks[best] > s.greatest) {
      s.greatest = peaks[best];
      s.greatest_at = begin + static_cast<std::size_t>(places[best]);
    }
  }
  detail::add_spectrum(s, power, n, k);
  return s;
}

float total(const float* power, std::size_t n) noexcept {
  batch even(0.0f), odd(0.0f);
  std::size_t k = 0;
  for (; k + 2 * batch::size <= n; k += 2 * batch::size) {
    even += batch::load_unaligned(power + k);
    odd += batch::load_unaligned(power + k + batch::size);
  }
  return sum_of_lanes(even + odd) + detail::plain_total(power + k, n - k);
}

constexpr spectrum_sum_kernels set{sums, total};

}  // namespace

const spectrum_sum_kernels* LEVADA_KERNELS(const spectrum_sum_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
