// SPDX-License-Identifier: BSL-1.0
#include <levada/model/tree_explanation.hpp>

#include <levada/model/trees.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string_view>
#include <vector>

namespace lv = levada;

namespace {
struct forest {
  std::uint32_t features, outputs, leaf_outputs;
  std::vector<lv::tree_node> nodes;
  std::vector<std::uint32_t> trees;
  std::vector<float> leaf_values, base, covers;
  float scale = 1;
  std::mt19937 random;

  forest(std::uint32_t f, std::uint32_t o, std::uint32_t l, int count, int depth, unsigned seed = 1)
      : features(f), outputs(o), leaf_outputs(l), random(seed) {
    for (std::uint32_t i = 0; i < o; ++i) base.push_back(value());
    for (int t = 0; t < count; ++t) {
      trees.push_back(static_cast<std::uint32_t>(nodes.size()));
      grow(depth);
    }
  }
  float value() { return std::normal_distribution<float>()(random); }
  /// Covers of leaves are whole numbers, some of them none; those of splits are their sums.
  std::uint32_t grow(int depth) {
    const auto at = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({});
    covers.push_back(0);
    lv::tree_node n;
    if (depth == 0 || random() % 6 == 0) {
      covers[at] = static_cast<float>(random() % 5);
      n.threshold = value();
      if (leaf_outputs > 1) {
        n.threshold = static_cast<float>(leaf_values.size());
        for (std::uint32_t o = 0; o < leaf_outputs; ++o) leaf_values.push_back(value());
      }
    } else {
      n.feature = static_cast<std::uint16_t>(random() % features);
      n.threshold = std::round(2 * value()) / 2;
      n.or_equal = random() % 2 == 0;
      n.missing_left = random() % 2 == 0;
      n.left = grow(depth - 1) - trees.back();
      n.right = grow(depth - 1) - trees.back();
      covers[at] = covers[trees.back() + n.left] + covers[trees.back() + n.right];
    }
    nodes[at] = n;
    return at;
  }
  std::vector<float> row() {
    std::vector<float> r(features);
    for (float& v : r) v = random() % 8 == 0 ? NAN : std::round(2 * value()) / 2;
    return r;
  }
  [[nodiscard]] lv::tree_parts parts(bool with_covers = true) const {
    lv::tree_parts p{features, outputs, leaf_outputs, nodes, trees, leaf_values, base};
    if (with_covers) p.covers = covers;
    p.scale = scale;
    return p;
  }

  /// What is expected of the node when the features in `known` are, by the definition: recursively, both ways where one is not.
  [[nodiscard]] double expected(std::size_t t, std::uint32_t at, std::size_t output, const std::vector<float>& r,
                                std::uint64_t known, bool with_covers) const {
    const lv::tree_node& n = nodes[trees[t] + at];
    if (n.left == 0) {
      const float v = leaf_outputs == 1 ? n.threshold : leaf_values[static_cast<std::size_t>(n.threshold) + output];
      return double{v} * double{scale};
    }
    const double left = expected(t, n.left, output, r, known, with_covers),
                 right = expected(t, n.right, output, r, known, with_covers);
    if ((known >> n.feature & 1) != 0) {
      const float v = r[n.feature];
      return (std::isnan(v) ? n.missing_left : v < n.threshold || (n.or_equal && v == n.threshold)) ? left : right;
    }
    const double l = with_covers ? double{covers[trees[t] + n.left]} : leaves(t, n.left);
    const double both = l + (with_covers ? double{covers[trees[t] + n.right]} : leaves(t, n.right));
    return both == 0 ? (left + right) / 2 : (l * left + (both - l) * right) / both;
  }
  [[nodiscard]] double leaves(std::size_t t, std::uint32_t at) const {
    const lv::tree_node& n = nodes[trees[t] + at];
    return n.left == 0 ? 1 : leaves(t, n.left) + leaves(t, n.right);
  }
  [[nodiscard]] double worth(std::size_t output, const std::vector<float>& r, std::uint64_t known, bool with_covers) const {
    double sum = double{base[output]};
    for (std::size_t t = 0; t < trees.size(); ++t)
      if (leaf_outputs > 1 || t % outputs == output) sum += expected(t, 0, output, r, known, with_covers);
    return sum;
  }
  /// Shapley's definition: over all coalitions.
  [[nodiscard]] std::vector<double> shapley(std::size_t output, const std::vector<float>& r, bool with_covers) const {
    std::vector<double> worths(1u << features), values(features + 1);
    for (unsigned s = 0; s < worths.size(); ++s) worths[s] = worth(output, r, s, with_covers);
    for (unsigned f = 0; f < features; ++f)
      for (unsigned s = 0; s < worths.size(); ++s) {
        if ((s >> f & 1) != 0) continue;
        const double size = std::popcount(s), rest = features - size;
        values[f] += std::tgamma(size + 1) * std::tgamma(rest) / std::tgamma(features + 1.0) * (worths[s | 1u << f] - worths[s]);
      }
    values[features] = worths[0];
    return values;
  }
};
/// In units of what there is to explain.
void check_close(const std::vector<float>& a, const std::vector<double>& b) {
  double size = 1;
  for (const double v : b) size += std::fabs(v);
  for (std::size_t f = 0; f < b.size(); ++f) CHECK(std::fabs(double{a[f]} - b[f]) < 2e-6 * size);
}
}  // namespace

TEST_CASE("Shapley values are those of their definition, over all coalitions") {
  for (const bool with_covers : {true, false})
    for (const int depth : {0, 1, 2, 5, 9}) {
      for (forest f : {forest(1, 1, 1, 2, depth), forest(3, 1, 1, 5, depth), forest(7, 1, 1, 3, depth), forest(6, 3, 1, 6, depth),
                       forest(6, 3, 3, 3, depth)}) {
        f.scale = 0.25f;
        auto made = lv::tree_explanation::make(f.parts(with_covers));
        REQUIRE(made);
        for (int i = 0; i < 3; ++i) {
          const auto row = f.row();
          std::vector<float> values(f.features + 1);
          const std::size_t output = f.outputs - 1;
          made->shapley(row, output, values);
          check_close(values, f.shapley(output, row, with_covers));
        }
      }
    }
}

TEST_CASE("both kinds of contributions and the base value are the margin") {
  for (forest f : {forest(32, 1, 1, 30, 8), forest(40, 3, 1, 30, 6), forest(12, 4, 4, 10, 12)}) {
    auto made = lv::tree_explanation::make(f.parts());
    auto model = lv::trees::make(f.parts());
    REQUIRE(made);
    REQUIRE(model);
    std::vector<float> margins(f.outputs), values(f.features + 1);
    for (int i = 0; i < 20; ++i) {
      const auto row = f.row();
      model->margins(row, 1, margins);
      for (std::size_t o = 0; o < f.outputs; ++o)
        for (const bool exact : {false, true}) {
          exact ? made->shapley(row, o, values) : made->path(row, o, values);
          double sum = 0;
          for (const float v : values) sum += double{v};
          CHECK(sum == doctest::Approx(double{margins[o]}).epsilon(1e-5).scale(10));
        }
    }
  }
}

TEST_CASE("along the path a feature gets what the expectation changes by at its splits") {
  for (const bool with_covers : {true, false}) {
    forest f(5, 1, 1, 4, 5, 3);
    auto made = lv::tree_explanation::make(f.parts(with_covers));
    REQUIRE(made);
    for (int i = 0; i < 20; ++i) {
      const auto row = f.row();
      std::vector<float> values(6);
      std::vector<double> wanted(6);
      wanted[5] = double{f.base[0]};
      for (std::size_t t = 0; t < 4; ++t) {
        std::uint32_t at = 0;
        double before = f.expected(t, 0, 0, row, 0, with_covers);
        wanted[5] += before;
        for (const lv::tree_node* n = &f.nodes[f.trees[t]]; n->left != 0; n = &f.nodes[f.trees[t] + at]) {
          const float v = row[n->feature];
          const bool left = std::isnan(v) ? n->missing_left : v < n->threshold || (n->or_equal && v == n->threshold);
          at = left ? n->left : n->right;
          const double now = f.expected(t, at, 0, row, 0, with_covers);
          wanted[n->feature] += now - before;
          before = now;
        }
      }
      made->path(row, 0, values);
      check_close(values, wanted);
    }
  }
}

TEST_CASE("deep trees keep their precision") {
  // A chain of 64 splits by as many features, where nothing is certain: all terms of the sum are needed.
  forest f(64, 1, 1, 0, 0);
  f.trees = {0};
  for (std::uint32_t d = 0; d < 64; ++d) {
    f.nodes.push_back({.threshold = 0, .feature = static_cast<std::uint16_t>(d), .left = 2 * d + 1, .right = 2 * d + 2});
    f.nodes.push_back({.threshold = 1});
  }
  f.nodes.push_back({.threshold = 2});
  f.covers.assign(129, 0);
  for (std::size_t i = 0; i < 129; ++i) f.covers[i] = i % 2 == 1 ? 1 : 10;
  auto made = lv::tree_explanation::make(f.parts());
  REQUIRE(made);
  CHECK(made->depth() == lv::tree_explanation::deepest);
  std::vector<float> right(64, 1), values(65);
  made->shapley(right, 0, values);
  // The game is symmetric: all features give the same.
  const double each = (2 - f.expected(0, 0, 0, right, 0, true)) / 64;
  for (std::size_t i = 0; i < 64; ++i) CHECK(double{values[i]} == doctest::Approx(each).epsilon(1e-5));
}

TEST_CASE("parts that cannot be explained are refused in words") {
  const auto refused = [](const lv::tree_parts& p, std::string_view sentence) {
    auto made = lv::tree_explanation::make(p);
    REQUIRE_FALSE(made);
    CHECK_MESSAGE(made.error().sentence.view().starts_with(sentence), made.error().sentence.view());
  };
  forest short_of(4, 1, 1, 2, 3), negative(4, 1, 1, 2, 3);
  const std::size_t n = short_of.nodes.size();
  short_of.covers.pop_back();
  CHECK_FALSE(lv::tree_explanation::make(short_of.parts()));
  negative.covers[2] = -1;
  refused(negative.parts(), "trees: the cover of node 2 is negative");
  auto endless = negative.parts(false);
  std::vector<lv::tree_node> nodes(n);
  nodes[0] = {.left = 1, .right = 1};
  endless.nodes = nodes;
  refused(endless, "trees: ");
}
