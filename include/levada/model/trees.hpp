// SPDX-License-Identifier: BSL-1.0
// trees: boosted and random forests, exactly as they were trained.
#pragma once

#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/links.hpp>
#include <levada/model/detail/tree_walk.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  rows of floats. NaN is a value that is missing: at each split it goes where training has decided. Infinities are
///        numbers.
/// Emits  link(base + the leaves, tree by tree, in single precision): the order, so the bits, of XGBoost's sums. Leaves are
///        multiplied by `scale` when the model is made.
/// Holds  the nodes, 12 bytes each.
/// Fails  make: with a sentence about the node that cannot be.
class trees {
 public:
  static result<trees> make(const tree_parts& parts) {
    auto walked = detail::walked(parts);
    if (!walked) return walked.error();
    return trees(parts, std::move(*walked));
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return base_.size(); }

  void score(std::span<const float> row, std::span<float> out) const { score_batch(row, 1, out); }
  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    margins(rows, n, out);
    for (std::size_t r = 0; r < n; ++r) detail::apply_link(link_, out.subspan(r * outputs(), outputs()));
  }
  /// What score_batch gives before the link function.
  void margins(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    LEVADA_CHECK(rows.size() >= n * features(), rows.size());
    LEVADA_CHECK(out.size() >= n * outputs(), out.size());
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t o = 0; o < outputs(); ++o) out[r * outputs() + o] = base_[o];
    std::size_t r = 0;
    for (; r + abreast <= n; r += abreast) walk_rows(rows.data() + r * features(), out.data() + r * outputs());
    for (; r < n; ++r) walk_row(rows.data() + r * features(), out.data() + r * outputs());
  }

 private:
  static constexpr std::size_t abreast = detail::walked_abreast;

  trees(const tree_parts& p, detail::walked_trees walked)
      : walked_(std::move(walked)), features_(p.features), leaf_outputs_(p.leaf_outputs), link_(p.link) {
    base_.resize(p.outputs);
    for (std::size_t o = 0; o < p.base.size(); ++o) base_[o] = p.base[o];
    leaf_values_.resize(p.leaf_values.size());
    for (std::size_t v = 0; v < p.leaf_values.size(); ++v) leaf_values_[v] = p.leaf_values[v] * p.scale;
  }

  /// Adds the leaf of tree t to a row of outputs.
  LEVADA_INLINE void add(std::size_t t, std::uint32_t leaf, float* out) const {
    const float value = walked_.nodes[leaf].threshold;
    if (leaf_outputs_ == 1) {
      out[outputs() == 1 ? 0 : t % outputs()] += value;
    } else {
      const float* values = leaf_values_.begin() + static_cast<std::size_t>(value);
      for (std::size_t o = 0; o < leaf_outputs_; ++o) out[o] += values[o];
    }
  }
  /// Eight trees at a time.
  void walk_row(const float* row, float* out) const {
    const float* rows[abreast];
    for (auto& r : rows) r = row;
    const std::size_t n = walked_.roots.size();
    for (std::size_t t = 0; t < n; t += abreast) {
      std::uint32_t at[abreast];
      for (std::size_t i = 0; i < abreast; ++i) at[i] = walked_.roots[t + i < n ? t + i : n - 1];
      detail::walk(walked_.nodes.begin(), rows, at);
      for (std::size_t i = 0; i < abreast && t + i < n; ++i) add(t + i, at[i], out);
    }
  }
  /// Eight rows at a time: a tree is in the cache for all of them.
  void walk_rows(const float* first, float* out) const {
    const float* rows[abreast];
    for (std::size_t i = 0; i < abreast; ++i) rows[i] = first + i * features();
    for (std::size_t t = 0; t < walked_.roots.size(); ++t) {
      std::uint32_t at[abreast];
      for (std::size_t i = 0; i < abreast; ++i) at[i] = walked_.roots[t];
      detail::walk(walked_.nodes.begin(), rows, at);
      for (std::size_t i = 0; i < abreast; ++i) add(t, at[i], out + i * outputs());
    }
  }

  detail::walked_trees walked_;
  slots<float> base_, leaf_values_;
  std::size_t features_, leaf_outputs_;
  link_function link_;
};
static_assert(batch_model<trees>);

}  // namespace levada::inline v0
