// SPDX-License-Identifier: BSL-1.0
// Sliding sums in registers: four registers of outputs at a time, so that a weight is loaded once for all of them.
#include <levada/simd/fir.hpp>
#include <levada/simd/unit.hpp>

namespace levada::inline v0 {
namespace {

using batch = simd_batch<float>;

float dot(const float* samples, const float* weights, std::size_t count) noexcept {
  batch first(0.0f), second(0.0f);
  std::size_t k = 0;
  for (; k + 2 * batch::size <= count; k += 2 * batch::size) {
    first = xsimd::fma(batch::load_unaligned(weights + k), batch::load_unaligned(samples + k), first);
    second =
        xsimd::fma(batch::load_unaligned(weights + k + batch::size), batch::load_unaligned(samples + k + batch::size), second);
  }
  return sum_of_lanes(first + second) + detail::plain_dot(samples + k, weights + k, count - k);
}

template <std::size_t Registers>
LEVADA_INLINE void block(const float* samples, const float* weights, std::size_t count, float* out) {
  batch sums[Registers];
  for (batch& s : sums) s = batch(0.0f);
  for (std::size_t k = 0; k < count; ++k) {
    const batch weight(weights[k]);
    for (std::size_t r = 0; r < Registers; ++r)
      sums[r] = xsimd::fma(weight, batch::load_unaligned(samples + k + r * batch::size), sums[r]);
  }
  for (std::size_t r = 0; r < Registers; ++r) sums[r].store_unaligned(out + r * batch::size);
}

void slide(const float* samples, std::size_t n, const float* weights, std::size_t count, float* out) noexcept {
  std::size_t i = 0;
  for (; i + 4 * batch::size <= n; i += 4 * batch::size) block<4>(samples + i, weights, count, out + i);
  for (; i + batch::size <= n; i += batch::size) block<1>(samples + i, weights, count, out + i);
  for (; i < n; ++i) out[i] = dot(samples + i, weights, count);
}
constexpr fir_kernels set{slide, dot};

}  // namespace

const fir_kernels* LEVADA_KERNELS(const fir_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
