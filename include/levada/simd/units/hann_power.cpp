// SPDX-License-Identifier: BSL-1.0
// Powers by bin in registers: each bin is loaded at the three places where it is a neighbour.
#include <levada/simd/hann_power.hpp>
#include <levada/simd/unit.hpp>

namespace levada::inline v0 {
namespace {

using batch = simd_batch<float>;

void centre(const float* samples, float offset, std::size_t n, float* out) noexcept {
  const batch shift(offset);
  std::size_t i = 0;
  for (; i + batch::size <= n; i += batch::size) (batch::load_unaligned(samples + i) - shift).store_unaligned(out + i);
  detail::plain_centre(samples + i, offset, n - i, out + i);
}

void power(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
  const batch half(0.5f), quarter(0.25f), factor(scale);
  const auto bins = [&](const float* at) {
    const batch sides = batch::load_unaligned(at - 1) + batch::load_unaligned(at + 1);
    return half * batch::load_unaligned(at) - quarter * sides;
  };
  std::size_t k = 1;
  for (; k + batch::size < n; k += batch::size) {
    const batch r = bins(re + k), i = bins(im + k);
    (xsimd::fma(r, r, i * i) * factor).store_unaligned(out + k);
  }
  detail::plain_hann_power(re, im, scale, n, out, k);
}

constexpr hann_power_kernels set{centre, power};

}  // namespace

const hann_power_kernels* LEVADA_KERNELS(const hann_power_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
