// SPDX-License-Identifier: BSL-1.0
// unit: what a unit of kernels includes: the instruction set that it is being compiled for, and xsimd's registers of it. The one
// place that knows what differs between xsimd 8 and 13.
#pragma once

#include <levada/simd/kernels.hpp>

#include <xsimd/xsimd.hpp>

#include <cstddef>

#if !defined(LEVADA_KERNELS)
#error "levada/simd/unit.hpp: only sources that CMake's levada_add_kernels compiles include it"
#endif

namespace levada::inline v0 {

#if defined(LEVADA_KERNELS_avx512)
inline constexpr isa unit_isa = isa::avx512;
using unit_arch = xsimd::avx512bw;
#elif defined(LEVADA_KERNELS_avx2)
inline constexpr isa unit_isa = isa::avx2;
using unit_arch = xsimd::fma3<xsimd::avx2>;
#elif defined(LEVADA_KERNELS_neon64)
inline constexpr isa unit_isa = isa::neon64;
using unit_arch = xsimd::neon64;
#else
inline constexpr isa unit_isa = isa::sse4_2;
using unit_arch = xsimd::sse4_2;
#endif

/// A register full of T, of the instruction set at hand unless another one is named.
template <class T, class Arch = unit_arch>
using simd_batch = xsimd::batch<T, Arch>;

/// The lesser and the greater, lane by lane; where x is NaN, what is known stays.
template <class Batch>
LEVADA_INLINE Batch lesser(const Batch& x, const Batch& known) {
  if constexpr (unit_isa == isa::neon64)
    return xsimd::select(x < known, x, known);
  else
    return xsimd::min(x, known);  // minps gives its second operand
}
template <class Batch>
LEVADA_INLINE Batch greater(const Batch& x, const Batch& known) {
  if constexpr (unit_isa == isa::neon64)
    return xsimd::select(x > known, x, known);
  else
    return xsimd::max(x, known);
}

/// The sum of its lanes; xsimd calls it hadd up to 8, and reduce_add from 10 on.
template <class Batch>
LEVADA_INLINE auto sum_of_lanes(const Batch& b) {
  if constexpr (requires { reduce_add(b); })
    return reduce_add(b);
  else
    return hadd(b);
}
template <class Batch>
LEVADA_INLINE auto least_of_lanes(const Batch& b) {
  alignas(64) typename Batch::value_type lanes[Batch::size];
  b.store_aligned(lanes);
  auto least = lanes[0];
  for (std::size_t i = 1; i < Batch::size; ++i) least = lanes[i] < least ? lanes[i] : least;
  return least;
}
template <class Batch>
LEVADA_INLINE auto greatest_of_lanes(const Batch& b) {
  alignas(64) typename Batch::value_type lanes[Batch::size];
  b.store_aligned(lanes);
  auto greatest = lanes[0];
  for (std::size_t i = 1; i < Batch::size; ++i) greatest = lanes[i] > greatest ? lanes[i] : greatest;
  return greatest;
}

}  // namespace levada::inline v0
