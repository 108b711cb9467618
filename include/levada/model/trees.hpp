// SPDX-License-Identifier: BSL-1.0
// trees: boosted and random forests, exactly as they were trained.
#pragma once

#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/links.hpp>
#include <levada/model/detail/tree_packing.hpp>
#include <levada/model/detail/tree_walk.hpp>
#include <levada/simd/trees.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  rows of floats. NaN is a value that is missing: at each split it goes where training has decided. Infinities are
///        numbers.
/// Emits  link(base + the leaves, tree by tree, in single precision): the order, so the bits, of XGBoost's sums; the same for one
///        row, for many, and with each instruction set. Leaves are multiplied by `scale` when the model is made.
/// Holds  400 bytes a tree and 1 KB a feature where trees have at most six levels, 32 features and 255 thresholds of each: they
///        are *packed*. Else 12 bytes a node.
/// Fails  make: with a sentence about the node that cannot be.
/// Costs  packed, 100 trees of six levels with AVX-512 or AVX2: 0.2 to 0.4 us a row, and half of it in batches. Else one
///        load that may miss the cache for each level of each tree, eight of them in flight.
class trees {
 public:
  static result<trees> make(const tree_parts& parts) {
    auto laid = detail::laid_out_trees(parts);
    if (!laid) return laid.error();
    return trees(parts, std::move(*laid));
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return base_.size(); }
  [[nodiscard]] bool packed() const { return packed_.splits.size() != 0; }

  void score(std::span<const float> row, std::span<float> out) const { score_batch(row, 1, out); }
  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    margins(rows, n, out);
    if (link_ == link_function::identity) return;
    for (std::size_t r = 0; r < n; ++r) detail::apply_link(link_, out.subspan(r * outputs(), outputs()));
  }
  /// What score_batch gives before the link function.
  void margins(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    LEVADA_CHECK(rows.size() >= n * features(), rows.size());
    LEVADA_CHECK(out.size() >= n * outputs(), out.size());
    const float* row = rows.data();
    float* to = out.data();
    const auto go = [&](std::size_t taken) {
      row += taken * features();
      to += taken * outputs();
      n -= taken;
    };
    if (packed()) {
      const tree_kernels& kernels = levada::kernels<tree_kernels>();
      while (n >= worth_a_block && outputs() <= block_outputs) {
        const std::size_t some = n < block ? n : block;
        pass_block(kernels, row, some, to);
        go(some);
      }
      while (n > 0) pass_row(kernels, row, to), go(1);
    } else {
      while (n >= abreast) walk_rows(row, to), go(abreast);
      while (n > 0) walk_row(row, to), go(1);
    }
  }

 private:
  static constexpr std::size_t abreast = detail::walked_abreast;
  static constexpr std::size_t block = 64;          // rows that a kernel takes at once
  static constexpr std::size_t worth_a_block = 32;  // rows that cost more than a block, which is always whole
  static constexpr std::size_t block_outputs = 16;  // whose sums fit on the stack

  trees(const tree_parts& p, detail::walked_trees walked)
      : walked_(std::move(walked)), features_(p.features), leaf_outputs_(p.leaf_outputs), link_(p.link) {
    base_.resize(p.outputs);
    for (std::size_t o = 0; o < p.base.size(); ++o) base_[o] = p.base[o];
    leaf_values_.resize(p.leaf_values.size());
    for (std::size_t v = 0; v < p.leaf_values.size(); ++v) leaf_values_[v] = p.leaf_values[v] * p.scale;
    if (detail::pack_trees(walked_, features_, leaf_outputs_, leaf_values_, packed_))
      walked_ = {}, leaf_values_ = {};
    else
      packed_ = {};
  }

  /// The output to which tree t adds, where leaves are single values; else the first of all.
  [[nodiscard]] LEVADA_INLINE std::size_t output_of(std::size_t t) const {
    return leaf_outputs_ != 1 || outputs() == 1 ? 0 : t % outputs();
  }

  // -- packed ----------------------------------------------------------------------------------------------------------------
  void pass_row(const tree_kernels& kernels, const float* row, float* out) const {
    constexpr std::size_t half = tree_splits::features;
    alignas(64) std::int8_t bins[2 * half]{};
    const std::uint32_t missing = kernels.bins(packed_.grids.begin(), features_, row, bins, 1);
    for (std::size_t f = 0; f < half; ++f) bins[half + f] = (missing >> f & 1) != 0 ? tree_splits::greatest : bins[f];
    for (std::size_t o = 0; o < outputs(); ++o) out[o] = base_[o];
    const std::size_t all = packed_.splits.size();
    for (std::size_t first = 0; first < all; first += block) {
      const std::size_t n = all - first < block ? all - first : block;
      std::uint64_t leaves[block];
      kernels.leaves_of_row(packed_.splits.begin() + first, n, bins, missing != 0, leaves);
      const tree_leaves* values = packed_.leaves.begin() + first * leaf_outputs_;
      if (outputs() == 1) {
        float sum = *out;  // which the optimiser cannot keep in a register where it may be a leaf, too
        for (std::size_t t = 0; t < n; ++t) sum += values[t].value[leaves[t]];
        *out = sum;
      } else {
        for (std::size_t t = 0; t < n; ++t)
          for (std::size_t o = 0; o < leaf_outputs_; ++o)
            out[output_of(first + t) + o] += values[t * leaf_outputs_ + o].value[leaves[t]];
      }
    }
  }
  void pass_block(const tree_kernels& kernels, const float* rows, std::size_t n, float* out) const {
    constexpr std::size_t half = tree_splits::features;
    alignas(64) std::int8_t columns[2 * half * block];
    alignas(64) float sums[block_outputs][block];
    std::uint32_t missing[block]{}, some_missing = 0;
    for (std::size_t r = 0; r < n; ++r)
      some_missing |= missing[r] = kernels.bins(packed_.grids.begin(), features_, rows + r * features_, columns + r, block);
    for (std::size_t f = 0; f < features_; ++f) {
      std::int8_t* const column = columns + f * block;
      for (std::size_t r = n; r < block; ++r) column[r] = tree_splits::least;
      if (some_missing != 0)
        for (std::size_t r = 0; r < block; ++r)
          column[half * block + r] = (missing[r] >> f & 1) != 0 ? tree_splits::greatest : column[r];
    }
    for (std::size_t o = 0; o < outputs(); ++o)
      for (float& s : sums[o]) s = base_[o];
    for (std::size_t t = 0; t < packed_.splits.size(); ++t) {
      std::uint8_t leaves[block];
      kernels.leaves_of_rows(packed_.splits[t], columns, some_missing != 0, leaves);
      for (std::size_t o = 0; o < leaf_outputs_; ++o)
        kernels.add_leaves(packed_.leaves[t * leaf_outputs_ + o], leaves, sums[output_of(t) + o]);
    }
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t o = 0; o < outputs(); ++o) out[r * outputs() + o] = sums[o][r];
  }

  // -- node by node ----------------------------------------------------------------------------------------------------------
  void add(std::size_t t, std::uint32_t leaf, float* out) const {
    const float value = walked_.nodes[leaf].threshold;
    out += output_of(t);
    if (leaf_outputs_ == 1) {
      *out += value;
    } else {
      const float* values = leaf_values_.begin() + static_cast<std::size_t>(value);
      for (std::size_t o = 0; o < leaf_outputs_; ++o) out[o] += values[o];
    }
  }
  /// Eight trees at a time.
  void walk_row(const float* row, float* out) const {
    const float* rows[abreast];
    for (const float*& r : rows) r = row;
    for (std::size_t o = 0; o < outputs(); ++o) out[o] = base_[o];
    const std::size_t n = walked_.roots.size();
    for (std::size_t t = 0; t < n; t += abreast) {
      std::uint32_t at[abreast];
      for (std::size_t i = 0; i < abreast; ++i) at[i] = walked_.roots[t + i < n ? t + i : n - 1];
      detail::walk_abreast(walked_.nodes.begin(), rows, at);
      for (std::size_t i = 0; i < abreast && t + i < n; ++i) add(t + i, at[i], out);
    }
  }
  /// Eight rows at a time: a tree is in the cache for all of them.
  void walk_rows(const float* first, float* out) const {
    const float* rows[abreast];
    for (std::size_t i = 0; i < abreast; ++i) {
      rows[i] = first + i * features();
      for (std::size_t o = 0; o < outputs(); ++o) out[i * outputs() + o] = base_[o];
    }
    for (std::size_t t = 0; t < walked_.roots.size(); ++t) {
      std::uint32_t at[abreast];
      for (std::uint32_t& root : at) root = walked_.roots[t];
      detail::walk_abreast(walked_.nodes.begin(), rows, at);
      for (std::size_t i = 0; i < abreast; ++i) add(t, at[i], out + i * outputs());
    }
  }

  detail::packed_trees packed_;
  detail::walked_trees walked_;
  slots<float> base_, leaf_values_;
  std::size_t features_, leaf_outputs_;
  link_function link_;
};
static_assert(batch_model<trees>);

}  // namespace levada::inline v0
