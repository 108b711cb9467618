// SPDX-License-Identifier: BSL-1.0
// energy: a user's own set of kernels, for the test of how they are compiled and found.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cstddef>

namespace plant {

struct energy_kernels {
  levada::isa compiled_for;
  float (*energy)(const float* values, std::size_t n) noexcept;
  float (*median)(float* values, std::size_t n) noexcept;

  static const energy_kernels baseline;
};
LEVADA_KERNEL_SET(energy_kernels);

inline float plain_energy(const float* values, std::size_t n) noexcept {
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += values[i] * values[i];
  return sum;
}
inline float plain_median(float* values, std::size_t n) noexcept {
  for (std::size_t i = 1; i < n; ++i)
    for (std::size_t k = i; k > 0 && values[k] < values[k - 1]; --k) {
      const float lesser = values[k];
      values[k] = values[k - 1];
      values[k - 1] = lesser;
    }
  return values[n / 2];
}
inline constexpr energy_kernels energy_kernels::baseline{levada::isa::baseline, plain_energy, plain_median};

}  // namespace plant
