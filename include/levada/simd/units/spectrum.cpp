// SPDX-License-Identifier: BSL-1.0
// Weights, powers and magnitudes in registers. What is left at the end is done by the twins.
#include <levada/simd/spectrum.hpp>
#include <levada/simd/unit.hpp>

#include <cstddef>

namespace levada::inline v0 {
namespace {

using batch = simd_batch<float>;
constexpr std::size_t lanes = batch::size;

/// Does registers as a whole, and says where it stopped.
template <class Step>
LEVADA_INLINE std::size_t by_registers(std::size_t n, Step&& step) {
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) step(i);
  return i;
}
LEVADA_INLINE batch square_of(const float* re, const float* im, std::size_t i) {
  const batch r = batch::load_unaligned(re + i), j = batch::load_unaligned(im + i);
  return xsimd::fma(r, r, j * j);
}

void weigh(const float* samples, const float* weights, float offset, std::size_t n, float* out) noexcept {
  const batch less(offset);
  const std::size_t i = by_registers(n, [&](std::size_t k) LEVADA_INLINE_LAMBDA {
    ((batch::load_unaligned(samples + k) - less) * batch::load_unaligned(weights + k)).store_unaligned(out + k);
  });
  detail::plain_weigh(samples + i, weights + i, offset, n - i, out + i);
}
void power(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
  const batch factor(scale);
  const std::size_t i = by_registers(n, [&](std::size_t k) LEVADA_INLINE_LAMBDA {
    const batch square = square_of(re, im, k);
    (square * factor).store_unaligned(out + k);
  });
  detail::plain_power(re + i, im + i, scale, n - i, out + i);
}
void add_power(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
  const batch factor(scale);
  const std::size_t i = by_registers(n, [&](std::size_t k) LEVADA_INLINE_LAMBDA {
    const batch square = square_of(re, im, k), before = batch::load_unaligned(out + k);
    xsimd::fma(square, factor, before).store_unaligned(out + k);
  });
  detail::plain_add_power(re + i, im + i, scale, n - i, out + i);
}
void magnitude(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
  const batch factor(scale);
  const std::size_t i = by_registers(n, [&](std::size_t k) LEVADA_INLINE_LAMBDA {
    const batch square = square_of(re, im, k);
    (xsimd::sqrt(square) * factor).store_unaligned(out + k);
  });
  detail::plain_magnitude(re + i, im + i, scale, n - i, out + i);
}
constexpr spectrum_kernels set{weigh, power, add_power, magnitude};

}  // namespace

const spectrum_kernels* LEVADA_KERNELS(const spectrum_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
