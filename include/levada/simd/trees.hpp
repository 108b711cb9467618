// SPDX-License-Identifier: BSL-1.0
// trees: small trees over bytes. A value becomes the number of thresholds of its feature that it reaches: with no more than 255
// of them, a byte that compares exactly as the float does. A row of 32 features is then a register, one shuffle brings each split
// of a tree its feature, and one comparison decides all 63 of them.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// The thresholds of a feature, ascending, filled up with NaN; and each sixteenth of them. A value's *bin* is how many it
/// reaches, less 128: as signed bytes, because each instruction set compares those.
struct alignas(64) feature_grid {
  static constexpr std::size_t most = 255;
  float coarse[16];
  float thresholds[256];
};

/// A tree of six levels of splits. The split at place p = 1...63 goes on at 2p, or at 2p + 1 if the bin is above `above`;
/// place 64 + i is leaf i. A row is 64 bins: those of up to 32 features, and again, where a value that is missing is no longer
/// the least bin but the greatest. A split sends what is missing left by looking at the first half, right by looking at the
/// second.
struct alignas(64) tree_splits {
  static constexpr std::size_t levels = 6, leaves = 64, features = 32;
  static constexpr std::int8_t least = -128, greatest = 127, never = greatest;  // no bin is above the greatest
  std::uint8_t feature[64];
  std::int8_t above[64];
};
struct alignas(64) tree_leaves {
  float value[64];
};

struct tree_kernels {
  /// Bins of n features, the first half of a row, `stride` bytes apart. Gives the features that are missing, a bit each.
  std::uint32_t (*bins)(const feature_grid* grids, std::size_t n, const float* row, std::int8_t* to, std::size_t stride) noexcept;
  /// The leaves at which a row arrives in each of n <= 64 trees. `leaves` has room for 64. Both halves of the row are there, also
  /// where nothing is missing and they are the same.
  void (*leaves_of_row)(const tree_splits* trees, std::size_t n, const std::int8_t* row, bool missing,
                        std::uint64_t* leaves) noexcept;
  /// The leaves at which 64 rows arrive in one tree; bin i of row r is columns[64 * i + r]. Where nothing is missing, the second
  /// halves are not looked at.
  void (*leaves_of_rows)(const tree_splits& tree, const std::int8_t* columns, bool missing, std::uint8_t* leaves) noexcept;
  /// sums[r] += value[leaves[r]], for 64 rows.
  void (*add_leaves)(const tree_leaves& tree, const std::uint8_t* leaves, float* sums) noexcept;
  static const tree_kernels baseline;
};
LEVADA_KERNEL_SET(tree_kernels);

namespace detail {

inline std::uint32_t plain_bins(const feature_grid* grids, std::size_t n, const float* row, std::int8_t* to,
                                std::size_t stride) noexcept {
  std::uint32_t missing = 0;
  for (std::size_t f = 0; f < n; ++f) {
    const float x = row[f];
    unsigned block = 0, bin = 0;
    for (const float t : grids[f].coarse) block += x >= t;
    for (std::size_t i = 0; i < 16; ++i) bin += x >= grids[f].thresholds[16 * block + i];
    to[f * stride] = static_cast<std::int8_t>(static_cast<int>(16 * block + bin) + tree_splits::least);
    missing |= static_cast<std::uint32_t>(x != x) << f;
  }
  return missing;
}
/// One tree, one row.
LEVADA_INLINE std::size_t plain_leaf(const tree_splits& tree, const std::int8_t* row, std::size_t stride, bool missing) {
  const std::size_t reach = missing ? 63 : 31;
  std::size_t place = 1;
  for (std::size_t level = 0; level < tree_splits::levels; ++level)
    place = 2 * place + static_cast<std::size_t>(row[(tree.feature[place] & reach) * stride] > tree.above[place]);
  return place - tree_splits::leaves;
}
inline void plain_leaves_of_row(const tree_splits* trees, std::size_t n, const std::int8_t* row, bool missing,
                                std::uint64_t* leaves) noexcept {
  for (std::size_t t = 0; t < n; ++t) leaves[t] = plain_leaf(trees[t], row, 1, missing);
}
inline void plain_leaves_of_rows(const tree_splits& tree, const std::int8_t* columns, bool missing,
                                 std::uint8_t* leaves) noexcept {
  for (std::size_t r = 0; r < 64; ++r) leaves[r] = static_cast<std::uint8_t>(plain_leaf(tree, columns + r, 64, missing));
}
inline void plain_add_leaves(const tree_leaves& tree, const std::uint8_t* leaves, float* sums) noexcept {
  for (std::size_t r = 0; r < 64; ++r) sums[r] += tree.value[leaves[r]];
}

}  // namespace detail

inline constexpr tree_kernels tree_kernels::baseline{detail::plain_bins, detail::plain_leaves_of_row,
                                                     detail::plain_leaves_of_rows, detail::plain_add_leaves};

}  // namespace levada::inline v0
