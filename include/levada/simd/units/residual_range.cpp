// SPDX-License-Identifier: BSL-1.0
// Ranges about a line in registers. The last register of a segment overlaps the one before it, which extremes do not mind;
// segments shorter than a register go through one of four lanes.
#include <levada/simd/residual_range.hpp>
#include <levada/simd/unit.hpp>

namespace levada::inline v0 {
namespace {

using wide = simd_batch<float>;
#if defined(LEVADA_KERNELS_avx512) || defined(LEVADA_KERNELS_avx2)
using narrow = simd_batch<float, xsimd::sse4_2>;
#else
using narrow = wide;
#endif

/// The least of all lanes of both.
LEVADA_INLINE void least_of(const narrow& a, const narrow& b, float& least_a, float& least_b) {
  alignas(16) float lanes[4];
  xsimd::min(xsimd::zip_lo(a, b), xsimd::zip_hi(a, b)).store_aligned(lanes);
  least_a = lanes[0] < lanes[2] ? lanes[0] : lanes[2];
  least_b = lanes[1] < lanes[3] ? lanes[1] : lanes[3];
}
/// Four lanes that have the least of all.
template <class Batch>
LEVADA_INLINE narrow folded(const Batch& b) {
  if constexpr (Batch::size == narrow::size) {
    return b;
  } else {
    alignas(64) float lanes[Batch::size];
    b.store_aligned(lanes);
    narrow least = narrow::load_aligned(lanes);
    for (std::size_t i = narrow::size; i < Batch::size; i += narrow::size)
      least = xsimd::min(least, narrow::load_aligned(lanes + i));
    return least;
  }
}

template <class Batch>
double ranges(const float* samples, std::size_t length, std::size_t segments, const float* slopes) noexcept {
  constexpr std::size_t lanes = Batch::size;
  alignas(64) static constexpr float ramp[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const Batch from_zero = Batch::load_aligned(ramp), step(static_cast<float>(lanes));
  const std::size_t tail = length - lanes;
  const Batch at_tail = from_zero + Batch(static_cast<float>(tail));
  double sum = 0;
  for (std::size_t s = 0; s < segments; ++s, samples += length) {
    const Batch slope(slopes[s]), origin(samples[0]);
    Batch place = from_zero;
    // Of the greatest the least of the opposite.
    Batch r = xsimd::fnma(slope, at_tail, Batch::load_unaligned(samples + tail) - origin), least = r, opposite = -r;
    for (std::size_t i = 0; i < tail; i += lanes, place += step) {
      r = xsimd::fnma(slope, place, Batch::load_unaligned(samples + i) - origin);
      least = xsimd::min(least, r);
      opposite = xsimd::min(opposite, -r);
    }
    float low, high;
    least_of(folded(least), folded(opposite), low, high);
    const double range = -static_cast<double>(high) - static_cast<double>(low);
    sum += range * range;
  }
  return sum;
}

double squares(const float* samples, std::size_t length, std::size_t segments, const float* slopes) noexcept {
  if (length >= wide::size) return ranges<wide>(samples, length, segments, slopes);
  if (length >= narrow::size) return ranges<narrow>(samples, length, segments, slopes);
  return detail::plain_residual_ranges(samples, length, segments, slopes);
}
constexpr residual_range_kernels set{squares};

}  // namespace

const residual_range_kernels* LEVADA_KERNELS(const residual_range_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
