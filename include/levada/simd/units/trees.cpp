// SPDX-License-Identifier: BSL-1.0
// Trees in registers. What no two instruction sets have in common is a `row_register`, which brings each split its bin; a
// `walk_all`, six steps down as many trees as there are words in a register; and how a table of 64 floats is looked up.
#include <levada/simd/trees.hpp>
#include <levada/simd/unit.hpp>

namespace levada::inline v0 {
namespace {

using bytes = simd_batch<std::int8_t>;

#if defined(LEVADA_KERNELS_avx512)

unsigned reached(const float* sixteen, float x) {
  return static_cast<unsigned>(__builtin_popcount(_mm512_cmp_ps_mask(_mm512_set1_ps(x), _mm512_load_ps(sixteen), _CMP_GE_OQ)));
}
/// Both halves of a row in one register, so what is missing costs nothing.
struct row_register {
  __m512i bins;
  row_register(const std::int8_t* row, bool) : bins(_mm512_loadu_si512(row)) {}
  [[nodiscard]] std::uint64_t right(const tree_splits& s) const {
    const __m512i of_splits = _mm512_permutexvar_epi8(_mm512_load_si512(s.feature), bins);
    return _mm512_cmpgt_epi8_mask(of_splits, _mm512_load_si512(s.above));
  }
};
constexpr std::size_t abreast = 8;
void walk_all(std::uint64_t* trees) {
  const __m512i right = _mm512_loadu_si512(trees), one = _mm512_set1_epi64(1);
  __m512i place = one;
  for (std::size_t level = 0; level < tree_splits::levels; ++level)
    place = _mm512_add_epi64(_mm512_add_epi64(place, place), _mm512_and_si512(_mm512_srlv_epi64(right, place), one));
  _mm512_storeu_si512(trees, _mm512_and_si512(place, _mm512_set1_epi64(63)));
}
void add_leaves(const tree_leaves& tree, const std::uint8_t* leaves, float* sums) noexcept {
  const __m512 t0 = _mm512_load_ps(tree.value), t1 = _mm512_load_ps(tree.value + 16), t2 = _mm512_load_ps(tree.value + 32),
               t3 = _mm512_load_ps(tree.value + 48);
  for (std::size_t r = 0; r < 64; r += 16) {
    const __m512i leaf = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(leaves + r)));
    const __m512 low = _mm512_permutex2var_ps(t0, leaf, t1), high = _mm512_permutex2var_ps(t2, leaf, t3);
    const __m512 value = _mm512_mask_blend_ps(_mm512_test_epi32_mask(leaf, _mm512_set1_epi32(32)), low, high);
    _mm512_storeu_ps(sums + r, _mm512_add_ps(_mm512_loadu_ps(sums + r), value));
  }
}

#elif defined(LEVADA_KERNELS_avx2)

unsigned reached(const float* sixteen, float x) {
  const __m256 v = _mm256_set1_ps(x);
  const int low = _mm256_movemask_ps(_mm256_cmp_ps(v, _mm256_load_ps(sixteen), _CMP_GE_OQ));
  const int high = _mm256_movemask_ps(_mm256_cmp_ps(v, _mm256_load_ps(sixteen + 8), _CMP_GE_OQ));
  return static_cast<unsigned>(__builtin_popcount(static_cast<unsigned>(low | high << 8)));
}
struct row_register {
  __m256i quarter[4];
  bool missing;
  row_register(const std::int8_t* row, bool some_missing) : missing(some_missing) {
    for (std::size_t i = 0; i < 4; ++i)
      quarter[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row + 16 * i)));
  }
  /// A shuffle takes the low four bits of an index, a blend the highest one of a byte.
  [[nodiscard]] __m256i of_half(std::size_t half, __m256i index) const {
    return _mm256_blendv_epi8(_mm256_shuffle_epi8(quarter[2 * half], index), _mm256_shuffle_epi8(quarter[2 * half + 1], index),
                              _mm256_slli_epi16(index, 3));
  }
  [[nodiscard]] std::uint64_t right(const tree_splits& s, std::size_t from) const {
    const __m256i index = _mm256_load_si256(reinterpret_cast<const __m256i*>(s.feature + from));
    __m256i of_splits = of_half(0, index);
    if (missing) of_splits = _mm256_blendv_epi8(of_splits, of_half(1, index), _mm256_slli_epi16(index, 2));
    const __m256i above = _mm256_load_si256(reinterpret_cast<const __m256i*>(s.above + from));
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpgt_epi8(of_splits, above)));
  }
  [[nodiscard]] std::uint64_t right(const tree_splits& s) const { return right(s, 0) | right(s, 32) << 32; }
};
constexpr std::size_t abreast = 8;
void walk_all(std::uint64_t* trees) {
  __m256i* const at = reinterpret_cast<__m256i*>(trees);
  const __m256i one = _mm256_set1_epi64x(1);
  const __m256i right[2] = {_mm256_loadu_si256(at), _mm256_loadu_si256(at + 1)};
  __m256i place[2] = {one, one};
  for (std::size_t level = 0; level < tree_splits::levels; ++level)
    for (std::size_t i = 0; i < 2; ++i)
      place[i] =
          _mm256_add_epi64(_mm256_add_epi64(place[i], place[i]), _mm256_and_si256(_mm256_srlv_epi64(right[i], place[i]), one));
  for (std::size_t i = 0; i < 2; ++i) _mm256_storeu_si256(at + i, _mm256_and_si256(place[i], _mm256_set1_epi64x(63)));
}
void add_leaves(const tree_leaves& tree, const std::uint8_t* leaves, float* sums) noexcept {
  for (std::size_t r = 0; r < 64; r += 8) {
    const __m256i leaf = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(leaves + r)));
    const auto eight = [&](std::size_t i) { return _mm256_permutevar8x32_ps(_mm256_load_ps(tree.value + 8 * i), leaf); };
    const auto bit = [&](int shift) { return _mm256_castsi256_ps(_mm256_slli_epi32(leaf, shift)); };
    const __m256 by8 = bit(28), by16 = bit(27), by32 = bit(26);
    const auto sixteen = [&](std::size_t i) { return _mm256_blendv_ps(eight(2 * i), eight(2 * i + 1), by8); };
    const __m256 low = _mm256_blendv_ps(sixteen(0), sixteen(1), by16), high = _mm256_blendv_ps(sixteen(2), sixteen(3), by16);
    _mm256_storeu_ps(sums + r, _mm256_add_ps(_mm256_loadu_ps(sums + r), _mm256_blendv_ps(low, high, by32)));
  }
}

#else

unsigned reached(const float* sixteen, float x) {
  using floats = simd_batch<float>;
  floats n(0.0f);
  for (std::size_t i = 0; i < 16; i += floats::size)
    n += xsimd::select(floats(x) >= floats::load_aligned(sixteen + i), floats(1.0f), floats(0.0f));
  return static_cast<unsigned>(sum_of_lanes(n));
}
#if defined(LEVADA_KERNELS_neon64)
struct row_register {
  int8x16x4_t bins;
  row_register(const std::int8_t* row, bool) : bins(vld1q_s8_x4(row)) {}
  [[nodiscard]] uint8x16_t right(const tree_splits& s, std::size_t from) const {
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040'2010'0804'0201u));
    return vandq_u8(vcgtq_s8(vqtbl4q_s8(bins, vld1q_u8(s.feature + from)), vld1q_s8(s.above + from)), bit);
  }
  /// Sums of neighbours, three times: eight bytes with a bit each become one.
  [[nodiscard]] std::uint64_t right(const tree_splits& s) const {
    const uint8x16_t pairs = vpaddq_u8(vpaddq_u8(right(s, 0), right(s, 16)), vpaddq_u8(right(s, 32), right(s, 48)));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)), 0);
  }
};
#else
struct row_register {
  __m128i quarter[4];
  bool missing;
  row_register(const std::int8_t* row, bool some_missing) : missing(some_missing) {
    for (std::size_t i = 0; i < 4; ++i) quarter[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + 16 * i));
  }
  [[nodiscard]] __m128i of_half(std::size_t half, __m128i index) const {
    return _mm_blendv_epi8(_mm_shuffle_epi8(quarter[2 * half], index), _mm_shuffle_epi8(quarter[2 * half + 1], index),
                           _mm_slli_epi16(index, 3));
  }
  [[nodiscard]] std::uint64_t right(const tree_splits& s) const {
    std::uint64_t all = 0;
    for (std::size_t from = 0; from < 64; from += 16) {
      const __m128i index = _mm_load_si128(reinterpret_cast<const __m128i*>(s.feature + from));
      __m128i of_splits = of_half(0, index);
      if (missing) of_splits = _mm_blendv_epi8(of_splits, of_half(1, index), _mm_slli_epi16(index, 2));
      const __m128i above = _mm_load_si128(reinterpret_cast<const __m128i*>(s.above + from));
      all |= static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(of_splits, above))) << from;
    }
    return all;
  }
};
#endif
constexpr std::size_t abreast = 1;
void walk_all(std::uint64_t* tree) {
  std::uint64_t place = 1;
  for (std::size_t level = 0; level < tree_splits::levels; ++level) place = 2 * place + (*tree >> place & 1);
  *tree = place & 63;
}
constexpr auto add_leaves = detail::plain_add_leaves;

#endif

std::uint32_t bins(const feature_grid* grids, std::size_t n, const float* row, std::int8_t* to, std::size_t stride) noexcept {
  std::uint32_t missing = 0;
  for (std::size_t f = 0; f < n; ++f) {
    const float x = row[f];
    const unsigned block = reached(grids[f].coarse, x), bin = 16 * block + reached(grids[f].thresholds + 16 * block, x);
    to[f * stride] = static_cast<std::int8_t>(static_cast<int>(bin) + tree_splits::least);
    missing |= static_cast<std::uint32_t>(x != x) << f;
  }
  return missing;
}

/// First all comparisons, then all walks: a register that is read soon after its words were written would wait for them.
void leaves_of_row(const tree_splits* trees, std::size_t n, const std::int8_t* row, bool missing,
                   std::uint64_t* leaves) noexcept {
  const row_register bins_of(row, missing);
  std::size_t t = 0;
  for (; t < n; ++t) leaves[t] = bins_of.right(trees[t]);
  for (; t % abreast != 0; ++t) leaves[t] = 0;
  for (t = 0; t < n; t += abreast) walk_all(leaves + t);
}

/// From the leaves up: which one a subtree gives, for as many rows as there are bytes in a register.
template <int Place>
LEVADA_INLINE bytes leaf_below(const tree_splits& tree, const std::int8_t* columns, std::size_t reach) {
  const bytes bin = bytes::load_aligned(columns + 64 * (tree.feature[Place] & reach));
  const auto right = bin > bytes(tree.above[Place]);
  if constexpr (Place < 32)
    return xsimd::select(right, leaf_below<2 * Place + 1>(tree, columns, reach), leaf_below<2 * Place>(tree, columns, reach));
  else
    return xsimd::select(right, bytes(static_cast<std::int8_t>(2 * Place - 63)), bytes(static_cast<std::int8_t>(2 * Place - 64)));
}
void leaves_of_rows(const tree_splits& tree, const std::int8_t* columns, bool missing, std::uint8_t* leaves) noexcept {
  const std::size_t reach = missing ? 63 : 31;
  for (std::size_t r = 0; r < 64; r += bytes::size)
    leaf_below<1>(tree, columns + r, reach).store_unaligned(reinterpret_cast<std::int8_t*>(leaves + r));
}

constexpr tree_kernels set{bins, leaves_of_row, leaves_of_rows, add_leaves};

}  // namespace

const tree_kernels* LEVADA_KERNELS(const tree_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
