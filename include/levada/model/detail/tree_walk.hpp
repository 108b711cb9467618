// SPDX-License-Identifier: BSL-1.0
// tree_walk: trees as they are walked node by node: checked, each tree level by level, so that the children of a node lie side by
// side and a step is an addition. Any depth, any number of features and thresholds.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace levada::inline v0::detail {

/// A row goes to `next`, or to the node behind it if its feature is `threshold` or more. A leaf leads to itself (step == 0), so
/// that several trees can be walked side by side until all have ended; its value is in `threshold`.
struct walk_node {
  float threshold = 0;
  std::uint32_t next = 0;
  std::uint16_t feature = 0;
  std::uint8_t step = 0, missing_right = 0;
};

struct walked_trees {
  slots<walk_node> nodes;
  slots<std::uint32_t> roots;
  std::size_t depth = 0;  // splits on the longest way from a root to a leaf
};

/// `x <= t` is `x < u` for the next float u above t; and nothing is above infinity, not even the other side of a comparison
/// with NaN.
inline float right_from(const tree_node& n) {
  if (!n.or_equal) return n.threshold;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return n.threshold == infinity ? std::numeric_limits<float>::quiet_NaN() : std::nextafter(n.threshold, infinity);
}

inline constexpr std::size_t most_tree_outputs = 65'536;

/// The sentence about parts that are no forest, before a single node is looked at.
inline result<> check_forest(const tree_parts& p) {
  const auto refuse = [](const auto&... part) { return fault::of(failure::data, "trees: ", part...); };
  if (p.trees.empty() || p.nodes.empty()) return refuse("there is no tree");
  if (auto ok = check_length("trees", "features", p.features, UINT32_MAX); !ok) return ok;
  if (auto ok = check_length("trees", "outputs", p.outputs, most_tree_outputs); !ok) return ok;
  if (p.nodes.size() > 0xffff'ffffu) return refuse("more nodes than 32 bits can count");
  if (p.leaf_outputs != 1 && p.leaf_outputs != p.outputs)
    return refuse("leaves of ", p.leaf_outputs, " values do not fit ", p.outputs, " outputs");
  if (const std::size_t leaves = (p.nodes.size() + p.trees.size()) / 2;
      p.leaf_outputs > 1 && p.leaf_values.size() / p.leaf_outputs < leaves)
    return refuse(leaves, " leaves of ", p.leaf_outputs, " values need more than the ", p.leaf_values.size(), " there are");
  if (!p.base.empty() && p.base.size() != p.outputs)
    return refuse("there are ", p.base.size(), " base values for ", p.outputs, " outputs");
  if (!std::isfinite(p.scale)) return refuse("the scale is not finite");
  for (const float b : p.base)
    if (!std::isfinite(b)) return refuse("a base value is not finite");
  for (const float v : p.leaf_values)
    if (!std::isfinite(v)) return refuse("a value of a leaf is not finite");
  return {};
}

/// Fails  with a sentence about the first node that cannot be: a child or a feature that is not there, a node that is reached
///        twice (so a circle, too), a threshold that is NaN, a leaf without a value.
inline result<walked_trees> laid_out_trees(const tree_parts& p) {
  if (auto sound = check_forest(p); !sound) return sound.error();
  walked_trees w;
  w.nodes.resize(p.nodes.size());
  w.roots.resize(p.trees.size());
  slots<std::uint32_t> order;  // the tree at hand, level by level
  order.resize(p.nodes.size());
  slots<std::uint8_t> seen;
  seen.resize(p.nodes.size());
  std::uint32_t placed = 0;
  for (std::size_t t = 0; t < p.trees.size(); ++t) {
    const std::size_t begin = p.trees[t], end = t + 1 < p.trees.size() ? p.trees[t + 1] : p.nodes.size();
    if (begin >= end || end > p.nodes.size())
      return fault::of(failure::data, "trees: tree ", t, " has the nodes ", begin, " to ", end, " of ", p.nodes.size());
    const std::span<const tree_node> tree = p.nodes.subspan(begin, end - begin);
    const std::uint32_t root = placed;
    w.roots[t] = root;
    order[placed++] = 0;
    std::size_t depth = 0;
    std::uint32_t level_end = placed;  // where the nodes below the level at hand begin
    for (std::uint32_t i = root; i < placed; ++i) {
      if (i == level_end) {
        ++depth;
        level_end = placed;
      }
      const std::uint32_t at = order[i];
      const tree_node& n = tree[at];
      const auto refuse = [&](const auto&... part) {
        return fault::of(failure::data, "trees: node ", at, " of tree ", t, " ", part...);
      };
      if (n.left == 0) {
        if (!std::isfinite(n.threshold)) return refuse("is a leaf whose value is not finite");
        float value = n.threshold * p.scale;
        if (p.leaf_outputs > 1) {
          value = n.threshold;
          if (!(value >= 0 && value < 16'777'216.0f && std::floor(value) == value) ||
              static_cast<std::size_t>(value) + p.leaf_outputs > p.leaf_values.size())
            return refuse("is a leaf whose values lie outside of the ", p.leaf_values.size(), " there are");
        }
        w.nodes[i] = {value, i, 0, 0, 0};
        continue;
      }
      if (n.feature >= p.features) return refuse("splits by feature ", n.feature, ", but there are ", p.features);
      if (n.threshold != n.threshold) return refuse("has a threshold that is not a number");
      for (const std::uint32_t child : {n.left, n.right}) {
        if (child == 0 || child >= tree.size())
          return refuse("leads to node ", child, ", but the tree's nodes below the root are 1 to ", tree.size() - 1);
        if (seen[begin + child]++ != 0) return refuse("leads to node ", child, ", which is reached by another way, too");
      }
      w.nodes[i] = {right_from(n), placed, n.feature, 1, static_cast<std::uint8_t>(!n.missing_left)};
      order[placed++] = n.left;
      order[placed++] = n.right;
    }
    w.depth = depth > w.depth ? depth : w.depth;
  }
  return w;
}

/// Walks eight trees, or one tree with eight rows: from the nodes `at` to leaves. No branch depends on a row but the last.
inline constexpr std::size_t walked_abreast = 8;
LEVADA_INLINE void walk_abreast(const walk_node* nodes, const float* const (&rows)[walked_abreast],
                                std::uint32_t (&at)[walked_abreast]) {
  for (unsigned moved = 1; moved != 0;) {
    moved = 0;
    for (std::size_t i = 0; i < walked_abreast; ++i) {
      const walk_node& n = nodes[at[i]];
      const float x = rows[i][n.feature];
      const unsigned right = static_cast<unsigned>(x >= n.threshold) | (static_cast<unsigned>(x != x) & n.missing_right);
      at[i] = n.next + (right & n.step);
      moved |= n.step;
    }
  }
}

}  // namespace levada::inline v0::detail
