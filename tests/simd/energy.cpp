// SPDX-License-Identifier: BSL-1.0
// A unit of kernels. std::sort is the trap: its inline functions are compiled with the flags of each instruction set.
#include "energy.hpp"

#include <levada/simd/unit.hpp>

#include <algorithm>

namespace {

float energy(const float* values, std::size_t n) noexcept {
  using batch = levada::simd_batch<float>;
  batch sum(0.0f);
  std::size_t i = 0;
  for (; i + batch::size <= n; i += batch::size) {
    const batch v = batch::load_unaligned(values + i);
    sum = xsimd::fma(v, v, sum);
  }
  return levada::sum_of_lanes(sum) + plant::plain_energy(values + i, n - i);
}
float median(float* values, std::size_t n) noexcept {
  std::sort(values, values + n);
  return values[n / 2];
}
constexpr plant::energy_kernels set{levada::unit_isa, energy, median};

}  // namespace

const plant::energy_kernels* plant::LEVADA_KERNELS(const energy_kernels*) noexcept { return &set; }
