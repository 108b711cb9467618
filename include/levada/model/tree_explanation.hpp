// SPDX-License-Identifier: BSL-1.0
// tree_explanation: how much each feature has added to what trees say: along the path that the row took, which costs little more
// than the score, or by exact Shapley values.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/quadrature.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/model/detail/tree_walk.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// What a tree is expected to say at a node is the mean of the leaves below it, weighted by the training data that came to them
/// (covers); where that is not known each leaf counts the same.
/// Takes  rows as `trees` does, and the number of an output.
/// Emits  a contribution for each feature, and behind them the base value: what is expected of a row of which nothing is known.
///        Together they are the output before the link function, to single precision.
/// Holds  beside the model some 24 bytes a node, and 4 more for each further value of a leaf.
/// Fails  in make, by a sentence: as trees does, or about covers.
class tree_explanation {
 public:
  static constexpr std::size_t deepest = 64;  ///< for shapley

  static result<tree_explanation> make(const tree_parts& p) {
    auto laid = detail::laid_out_trees(p);
    if (!laid) return laid.error();
    if (!p.covers.empty())
      if (auto ok = detail::check_numbers("trees", "covers", p.covers, p.nodes.size()); !ok) return ok.error();
    for (std::size_t i = 0; i < p.covers.size(); ++i)
      if (p.covers[i] < 0)
        return fault::of(failure::data, "trees: the cover of node ", i, " is negative: it counts training data");
    return tree_explanation(p, laid->depth);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return base_.size(); }
  [[nodiscard]] std::size_t depth() const { return depth_; }

  /// By how much the expectation changes at each split on the row's way, added to the feature that splits (A. Saabas,
  /// Interpreting random forests, 2014). A feature that splits close to the root gets less than one that splits with the same
  /// effect below.
  /// Costs  about the score.
  void path(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    begin(output, contributions);
    for (std::size_t t = first_of(output); t < trees_.size(); t += every()) {
      const std::uint32_t root = trees_[t];
      std::uint32_t at = root;
      contributions[features_] += expected(at, output);
      while (nodes_[at].left != 0) {
        const tree_node& n = nodes_[at];
        const std::uint32_t next = root + (goes_left(n, row[n.feature]) ? n.left : n.right);
        contributions[n.feature] += expected(next, output) - expected(at, output);
        at = next;
      }
    }
  }

  /// The Shapley values of the game in which a coalition of features is worth what is expected of a row of which they are known:
  /// at a split by any other feature both ways are taken, weighted by their covers (S. Lundberg, G. Erion, S.-I. Lee, Consistent
  /// individualized feature attribution for tree ensembles, 2018). A Shapley value is the integral, from 0 to 1, of what the
  /// feature adds where each other one is known with probability t (G. Owen, Multilinear extensions of games, 1972). That is a
  /// polynomial in t, so a few points give it exactly, and at a point a tree is a product along each way.
  /// Takes  trees of a depth of at most `deepest`.
  /// Costs  all nodes, times half of the depth.
  void shapley(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    LEVADA_CHECK(depth_ <= deepest, depth_);
    begin(output, contributions);
    double product[most_points];
    for (std::size_t q = 0; q < points_; ++q) product[q] = 1;
    for (std::size_t t = first_of(output); t < trees_.size(); t += every()) {
      double below[most_points];
      contributions[features_] += expected(trees_[t], output);
      descend({row, contributions, output, trees_[t]}, trees_[t], nullptr, product, below);
    }
  }

 private:
  static constexpr std::size_t most_points = deepest / 2;

  tree_explanation(const tree_parts& p, std::size_t depth)
      : base_(detail::copied_floats(p.base)), features_(p.features), leaf_outputs_(p.leaf_outputs), depth_(depth) {
    if (p.base.empty()) base_.resize(p.outputs);
    nodes_.resize(p.nodes.size());
    for (std::size_t i = 0; i < p.nodes.size(); ++i) nodes_[i] = p.nodes[i];
    trees_.resize(p.trees.size());
    for (std::size_t t = 0; t < p.trees.size(); ++t) trees_[t] = p.trees[t];
    share_.resize(p.nodes.size());
    expected_.resize(p.nodes.size() * leaf_outputs_);
    expect(p);
    const std::size_t known = depth < features_ ? depth : features_;  // so many features on a way from a root to a leaf
    points_ = known < deepest ? (known + 1) / 2 : most_points;
    detail::gauss_legendre(std::span(at_).first(points_), std::span(weight_).first(points_));
  }

  /// Trees from the leaves upward: what is expected at a node, and the share of its parent's data that came to it.
  void expect(const tree_parts& p) {
    slots<std::uint32_t> order;
    slots<double> cover;
    order.resize(p.nodes.size());
    cover.resize(p.nodes.size());
    for (const std::uint32_t root : trees_) {
      std::size_t n = 1;
      order[0] = root;
      for (std::size_t i = 0; i < n; ++i) {
        const tree_node& node = nodes_[order[i]];
        if (node.left == 0) continue;
        order[n++] = root + node.left;
        order[n++] = root + node.right;
      }
      share_[root] = 1;
      for (std::size_t i = n; i-- > 0;) {
        const std::uint32_t at = order[i];
        const tree_node& node = nodes_[at];
        float* expected = expected_.begin() + at * leaf_outputs_;
        if (node.left == 0) {
          cover[at] = 1;
          if (leaf_outputs_ == 1) *expected = node.threshold * p.scale;
          for (std::size_t o = 0; leaf_outputs_ > 1 && o < leaf_outputs_; ++o)
            expected[o] = p.leaf_values[static_cast<std::size_t>(node.threshold) + o] * p.scale;
        } else {
          const std::uint32_t left = root + node.left, right = root + node.right;
          const double sum = cover[left] + cover[right];
          const double share = sum > 0 ? cover[left] / sum : 0.5;
          share_[left] = static_cast<float>(share);
          share_[right] = static_cast<float>(1 - share);
          cover[at] = sum;
          for (std::size_t o = 0; o < leaf_outputs_; ++o)
            expected[o] = static_cast<float>(share * double{expected_[left * leaf_outputs_ + o]} +
                                             (1 - share) * double{expected_[right * leaf_outputs_ + o]});
        }
        if (!p.covers.empty()) cover[at] = double{p.covers[at]};
      }
    }
  }

  static bool goes_left(const tree_node& n, float v) {
    return v != v ? n.missing_left : v < n.threshold || (n.or_equal && v == n.threshold);
  }
  /// Trees of several outputs take turns; a tree whose leaves are vectors speaks of all of them.
  [[nodiscard]] std::size_t every() const { return leaf_outputs_ == 1 ? outputs() : 1; }
  [[nodiscard]] std::size_t first_of(std::size_t output) const { return leaf_outputs_ == 1 ? output : 0; }
  [[nodiscard]] float expected(std::size_t node, std::size_t output) const {
    return expected_[leaf_outputs_ == 1 ? node : node * leaf_outputs_ + output];
  }
  void begin(std::size_t output, std::span<float> contributions) const {
    LEVADA_CHECK(output < outputs(), output);
    LEVADA_CHECK(contributions.size() > features_, contributions.size());
    for (std::size_t f = 0; f < features_; ++f) contributions[f] = 0;
    contributions[features_] = base_[output];
  }

  struct question {
    std::span<const float> row;
    std::span<float> contributions;
    std::size_t output;
    std::uint32_t root;
  };
  /// A split on the way from the root, with all that its feature has decided until there: whether the row goes this way, and the
  /// share of the data that does. At the point t that is worth a factor.
  struct decision {
    const decision* above;
    std::size_t feature;
    bool taken;
    double share;

    [[nodiscard]] double factor(double t) const { return (1 - t) * share + (taken ? t : 0); }
    /// What the leaves below change by when the feature becomes known, as a part of what they are at t.
    [[nodiscard]] double gain(double t) const { return ((taken ? 1 : 0) - share) / factor(t); }
  };
  /// product: of the factors of all features on the way. below: the leaves below the node, each times its product.
  void descend(const question& asked, std::uint32_t node, const decision* way, const double* product, double* below) const {
    const tree_node& n = nodes_[node];
    if (n.left == 0) {
      const auto value = double{expected(node, asked.output)};
      for (std::size_t q = 0; q < points_; ++q) below[q] = value * product[q];
      return;
    }
    for (std::size_t q = 0; q < points_; ++q) below[q] = 0;
    const decision* before = way;
    while (before != nullptr && before->feature != n.feature) before = before->above;
    const bool left = goes_left(n, asked.row[n.feature]);
    double sum = 0;
    for (const bool side : {true, false}) {
      const std::uint32_t child = asked.root + (side ? n.left : n.right);
      const decision here{way, n.feature, side == left && (before == nullptr || before->taken),
                          double{share_[child]} * (before == nullptr ? 1 : before->share)};
      if (!here.taken && here.share == 0) continue;  // nobody comes here, known or not
      double with[most_points], leaves[most_points];
      for (std::size_t q = 0; q < points_; ++q)
        with[q] = product[q] * here.factor(at_[q]) / (before == nullptr ? 1 : before->factor(at_[q]));
      descend(asked, child, &here, with, leaves);
      for (std::size_t q = 0; q < points_; ++q) {
        below[q] += leaves[q];
        // For these leaves the feature has decided more than before.
        sum += weight_[q] * leaves[q] * (here.gain(at_[q]) - (before == nullptr ? 0 : before->gain(at_[q])));
      }
    }
    asked.contributions[n.feature] += static_cast<float>(sum);
  }

  slots<tree_node> nodes_;
  slots<std::uint32_t> trees_;  // where each begins
  slots<float> share_, expected_, base_;
  std::size_t features_, leaf_outputs_, depth_;
  std::size_t points_ = 0;
  double at_[most_points]{}, weight_[most_points]{};
};

}  // namespace levada::inline v0
