// SPDX-License-Identifier: BSL-1.0
// tree_packing: trees as kernels take them, where they are small enough: no more than six levels, 32 features, and 255 thresholds
// of each. What boosting with histograms trains is.
#pragma once

#include <levada/model/detail/tree_walk.hpp>
#include <levada/simd/trees.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace levada::inline v0::detail {

struct packed_trees {
  slots<feature_grid> grids;  // one a feature
  slots<tree_splits> splits;  // one a tree
  slots<tree_leaves> leaves;  // leaf_outputs a tree
};

/// How many of n thresholds are less than t, which is where it stands or would stand.
inline std::size_t less_than(const float* thresholds, std::size_t n, float t) {
  std::size_t i = 0;
  for (std::size_t step = 256; step > 0; step /= 2)
    if (i + step <= n && thresholds[i + step - 1] < t) i += step;
  return i;
}

/// Whether all thresholds found a place among those of their feature.
inline bool collect_thresholds(const walked_trees& w, slots<feature_grid>& grids) {
  constexpr float missing = std::numeric_limits<float>::quiet_NaN();
  slots<std::size_t> known;
  known.resize(grids.size());
  for (feature_grid& g : grids)
    for (float& t : g.thresholds) t = missing;
  for (const walk_node& n : w.nodes) {
    const float t = n.threshold;
    if (n.step == 0) continue;
    if (t != t) {
      if (n.missing_right != 0) return false;  // right only what is missing: no bin is above all bins
      continue;
    }
    float* const all = grids[n.feature].thresholds;
    std::size_t& count = known[n.feature];
    const std::size_t place = less_than(all, count, t);
    if (place < count && all[place] == t) continue;
    if (count == feature_grid::most) return false;
    for (std::size_t i = count++; i > place; --i) all[i] = all[i - 1];
    all[place] = t;
  }
  for (feature_grid& g : grids)
    for (std::size_t i = 0; i < 16; ++i) g.coarse[i] = g.thresholds[16 * i + 15];
  return true;
}

/// A leaf above the last level stands below itself: all ways lead to it.
inline void pack_tree(const walked_trees& w, std::uint32_t root, const slots<feature_grid>& grids, tree_splits& splits,
                      std::uint32_t (&leaves)[tree_splits::leaves]) {
  std::uint32_t at[2 * tree_splits::leaves] = {0, root};
  for (std::size_t place = 1; place < tree_splits::leaves; ++place) {
    const walk_node& n = w.nodes[at[place]];
    at[2 * place] = n.next;
    at[2 * place + 1] = n.next + n.step;
    splits.above[place] = tree_splits::never;
    if (n.step == 0 || n.threshold != n.threshold) continue;
    splits.feature[place] = static_cast<std::uint8_t>(n.feature + (n.missing_right != 0 ? tree_splits::features : 0));
    const std::size_t bin = less_than(grids[n.feature].thresholds, feature_grid::most, n.threshold);
    splits.above[place] = static_cast<std::int8_t>(static_cast<int>(bin) + tree_splits::least);
  }
  for (std::size_t i = 0; i < tree_splits::leaves; ++i) leaves[i] = at[tree_splits::leaves + i];
}

/// Whether the trees could be packed.
inline bool pack_trees(const walked_trees& w, std::size_t features, std::size_t leaf_outputs, const slots<float>& leaf_values,
                       packed_trees& packed) {
  if (w.depth > tree_splits::levels || features > tree_splits::features) return false;
  packed.grids.resize(features);
  if (!collect_thresholds(w, packed.grids)) return false;
  packed.splits.resize(w.roots.size());
  packed.leaves.resize(w.roots.size() * leaf_outputs);
  for (std::size_t t = 0; t < w.roots.size(); ++t) {
    std::uint32_t leaves[tree_splits::leaves];
    pack_tree(w, w.roots[t], packed.grids, packed.splits[t], leaves);
    for (std::size_t i = 0; i < tree_splits::leaves; ++i) {
      const float value = w.nodes[leaves[i]].threshold;
      for (std::size_t o = 0; o < leaf_outputs; ++o)
        packed.leaves[t * leaf_outputs + o].value[i] =
            leaf_outputs == 1 ? value : leaf_values[static_cast<std::size_t>(value) + o];
    }
  }
  return true;
}

}  // namespace levada::inline v0::detail
