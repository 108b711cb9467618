// SPDX-License-Identifier: BSL-1.0
#include <levada/model/trees.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();

/// What random forests are drawn from.
struct shape {
  std::uint32_t features = 32, outputs = 1, leaf_outputs = 1;
  int trees = 101, depth = 6;
  int thresholds = 200;      // of a feature
  unsigned leaf_one_in = 8;  // below the second level
  bool both_comparisons = true;
};

struct forest {
  std::vector<lv::tree_node> nodes;
  std::vector<std::uint32_t> trees;
  std::vector<float> leaf_values, base;
  lv::tree_parts parts;
  std::mt19937 random;

  explicit forest(const shape& s, unsigned seed = 1) : random(seed) {
    for (int t = 0; t < s.trees; ++t) {
      trees.push_back(static_cast<std::uint32_t>(nodes.size()));
      grow(s, 0);
    }
    for (std::uint32_t o = 0; o < s.outputs; ++o) base.push_back(value());
    parts = {.features = s.features, .outputs = s.outputs, .leaf_outputs = s.leaf_outputs};
    view();
  }
  void view() { parts.nodes = nodes, parts.trees = trees, parts.leaf_values = leaf_values, parts.base = base; }
  float value() { return std::normal_distribution<float>()(random); }
  /// Multiples of 1/16, so that rows fall on thresholds.
  static float threshold(unsigned i) { return (static_cast<float>(i) - 100) / 16; }

  std::uint32_t grow(const shape& s, int level) {
    const std::uint32_t at = static_cast<std::uint32_t>(nodes.size()) - trees.back();
    nodes.push_back({});
    lv::tree_node n;
    if (level == s.depth || (level >= 2 && random() % s.leaf_one_in == 0)) {
      n.threshold = value();
      if (s.leaf_outputs > 1) {
        n.threshold = static_cast<float>(leaf_values.size());
        for (std::uint32_t o = 0; o < s.leaf_outputs; ++o) leaf_values.push_back(value());
      }
    } else {
      n.feature = static_cast<std::uint16_t>(random() % s.features);
      n.threshold = threshold(static_cast<unsigned>(random() % static_cast<unsigned>(s.thresholds)));
      n.or_equal = s.both_comparisons && random() % 2 == 0;
      n.missing_left = random() % 2 == 0;
      n.left = grow(s, level + 1);
      n.right = grow(s, level + 1);
    }
    nodes[trees.back() + at] = n;
    return at;
  }
  std::vector<float> rows(std::size_t n, unsigned nan_one_in) {
    std::vector<float> r(n * parts.features);
    for (float& x : r) {
      x = random() % 2 ? threshold(static_cast<unsigned>(random() % 256)) : 4 * value();
      if (nan_one_in != 0 && random() % nan_one_in == 0) x = missing;
      if (random() % 500 == 0) x = random() % 2 ? infinity : -infinity;
    }
    return r;
  }
  /// The walk that everybody would write.
  std::vector<float> walk(const float* row) const {
    std::vector<float> out = base;
    for (std::size_t t = 0; t < trees.size(); ++t) {
      const lv::tree_node* n = &nodes[trees[t]];
      while (n->left != 0) {
        const float x = row[n->feature];
        const bool left = std::isnan(x) ? n->missing_left : n->or_equal ? x <= n->threshold : x < n->threshold;
        n = &nodes[trees[t] + (left ? n->left : n->right)];
      }
      if (parts.leaf_outputs == 1)
        out[t % parts.outputs] += n->threshold * parts.scale;
      else
        for (std::size_t o = 0; o < parts.outputs; ++o)
          out[o] += leaf_values[static_cast<std::size_t>(n->threshold) + o] * parts.scale;
    }
    return out;
  }
};

/// Bit by bit: one row at a time, and in batches, which must not write behind their end.
void check_exact(forest& f, std::size_t n, unsigned nan_one_in, bool packed = true) {
  const auto made = lv::trees::make(f.parts);
  REQUIRE_MESSAGE(made, made.error().sentence.c_str());
  CHECK(made->packed() == packed);
  const auto rows = f.rows(n, nan_one_in);
  const std::size_t outputs = f.parts.outputs, features = f.parts.features;
  std::vector<float> batch(n * outputs + 1, 77), row(outputs);
  made->score_batch(rows, n, batch);
  CHECK(batch.back() == 77);
  std::size_t wrong = 0;
  for (std::size_t r = 0; r < n; ++r) {
    const auto expected = f.walk(&rows[r * features]);
    made->score(std::span(rows).subspan(r * features, features), row);
    wrong += std::memcmp(row.data(), expected.data(), outputs * sizeof(float)) != 0;
    wrong += std::memcmp(&batch[r * outputs], expected.data(), outputs * sizeof(float)) != 0;
  }
  CHECK(wrong == 0);
}

std::string refused(const forest& f) {
  const auto made = lv::trees::make(f.parts);
  REQUIRE(!made);
  return made.error().sentence.c_str();
}

}  // namespace

TEST_CASE("a forest gives what a walk through its nodes gives, bit by bit") {
  for (const unsigned nan_one_in : {0u, 10u}) {
    INFO("NaN: ", nan_one_in);
    for (const std::size_t n : {1u, 63u, 64u, 200u}) {
      forest f({});
      check_exact(f, n, nan_one_in);
    }
    for (const shape& s : {shape{.features = 1, .trees = 1, .depth = 1}, shape{.features = 5, .trees = 7, .depth = 0},
                           shape{.features = 31, .trees = 64, .depth = 4}, shape{.trees = 130, .thresholds = 120}}) {
      forest f(s, 2);
      check_exact(f, 130, nan_one_in);
    }
  }
}

TEST_CASE("deeper, wider, and with more thresholds than a byte can count") {
  for (const unsigned nan_one_in : {0u, 10u})
    for (const shape& s : {shape{.trees = 20, .depth = 12, .leaf_one_in = 4}, shape{.features = 300, .trees = 30},
                           shape{.features = 2, .trees = 50, .thresholds = 2000}, shape{.trees = 3, .depth = 7}}) {
      forest f(s, 3);
      check_exact(f, 77, nan_one_in, false);
    }
}

TEST_CASE("255 thresholds of a feature are packed, one more is not; they may come in any order") {
  for (const unsigned thresholds : {255u, 256u}) {
    forest f({.features = 2, .trees = 5, .leaf_one_in = 1'000'000, .both_comparisons = false});
    unsigned next = 0;
    for (lv::tree_node& n : f.nodes)
      if (n.left != 0) n.feature = 1, n.threshold = forest::threshold(next++ * 37 % thresholds);
    REQUIRE(next == 315);
    check_exact(f, 200, 10, thresholds == 255);
  }
}

TEST_CASE("several outputs: trees in turn, or leaves that are vectors") {
  for (const int depth : {5, 9})
    for (const std::uint32_t outputs : {2u, 3u, 70u})
      for (const std::uint32_t leaf_outputs : {1u, outputs}) {
        forest f({.outputs = outputs, .leaf_outputs = leaf_outputs, .trees = 66, .depth = depth}, outputs);
        f.parts.scale = 1.0f / 66;
        check_exact(f, 70, 20, depth == 5);
      }
}

TEST_CASE("the edges of thresholds") {
  const float most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
  for (const float t : {0.0f, -0.0f, least, -least, most, -most, infinity, -infinity, 1.0f})
    for (const bool or_equal : {false, true})
      for (const auto& [depth, missing_left] : {std::pair(1, false), {1, true}, {7, false}, {7, true}}) {
        forest f({.features = 1, .trees = 1, .depth = depth, .leaf_one_in = 1'000'000});
        for (lv::tree_node& n : f.nodes)
          if (n.left != 0) n.threshold = t, n.or_equal = or_equal, n.missing_left = missing_left;
        f.view();
        const auto made = lv::trees::make(f.parts);
        REQUIRE(made);
        for (const float x :
             {0.0f, -0.0f, least, -least, most, -most, infinity, -infinity, 1.0f, std::nextafter(1.0f, 2.0f), missing}) {
          float out = 0;
          made->score({&x, 1}, {&out, 1});
          INFO(x, or_equal ? " <= " : " < ", t);
          CHECK(out == f.walk(&x)[0]);
        }
      }
}

TEST_CASE("what is done with the sum") {
  forest f({.outputs = 3, .trees = 9});
  const auto rows = f.rows(1, 0);
  const auto margins = f.walk(rows.data());
  std::vector<float> out(3), sums(3);
  const auto scored = [&](lv::link_function link) {
    f.parts.link = link;
    const auto made = lv::trees::make(f.parts);
    made->score(rows, out);
    made->margins(rows, 1, sums);
    CHECK(sums == margins);
  };
  scored(lv::link_function::logistic);
  CHECK(out[1] == doctest::Approx(1 / (1 + std::exp(-static_cast<double>(margins[1])))).epsilon(1e-6));
  scored(lv::link_function::exponential);
  CHECK(out[2] == doctest::Approx(std::exp(static_cast<double>(margins[2]))).epsilon(1e-6));
  scored(lv::link_function::softmax);
  double all = 0;
  for (const float m : margins) all += std::exp(static_cast<double>(m));
  for (std::size_t o = 0; o < 3; ++o)
    CHECK(out[o] == doctest::Approx(std::exp(static_cast<double>(margins[o])) / all).epsilon(1e-6));
}

TEST_CASE("what is no forest is refused in a sentence") {
  const auto first_split = [](forest& f) -> lv::tree_node& { return f.nodes[f.trees[2]]; };
  const shape small{.features = 4, .trees = 3, .depth = 2};
  forest f(small);
  first_split(f).feature = 4;
  CHECK(refused(f) == "trees: node 0 of tree 2 splits by feature 4, but there are 4");
  f = forest(small);
  first_split(f).right = 7;
  CHECK(refused(f) == "trees: node 0 of tree 2 leads to node 7, but the tree's nodes below the root are 1 to 6");
  f = forest(small);
  first_split(f).right = 0;
  CHECK(refused(f) == "trees: node 0 of tree 2 leads to node 0, but the tree's nodes below the root are 1 to 6");
  f = forest(small);
  f.nodes[f.trees[1] + 1].left = 1;  // a circle
  CHECK(refused(f) == "trees: node 1 of tree 1 leads to node 1, which is reached by another way, too");
  f = forest(small);
  first_split(f).threshold = missing;
  CHECK(refused(f) == "trees: node 0 of tree 2 has a threshold that is not a number");
  f = forest(small);
  f.nodes[f.trees[0] + 2].threshold = infinity;
  CHECK(refused(f) == "trees: node 2 of tree 0 is a leaf whose value is not finite");
  f = forest({.features = 4, .outputs = 2, .leaf_outputs = 2, .trees = 1, .depth = 1});
  f.nodes[1].threshold = 3;
  CHECK(refused(f) == "trees: node 1 of tree 0 is a leaf whose values lie outside of the 4 there are");
  f = forest(small);
  f.trees[1] = 0;
  CHECK(refused(f) == "trees: tree 0 has the nodes 0 to 0 of 21");
  f = forest(small);
  f.parts.leaf_outputs = 2;
  CHECK(refused(f) == "trees: leaves of 2 values do not fit 1 outputs");
  f = forest(small);
  f.parts.outputs = 65'537;
  CHECK(refused(f) == "trees: 65537 outputs, where 1 to 65536 are possible");
  f = forest({.features = 4, .outputs = 2, .leaf_outputs = 2, .trees = 1, .depth = 1});
  f.parts.leaf_values = f.parts.leaf_values.first(3);
  CHECK(refused(f) == "trees: 2 leaves of 2 values need more than the 3 there are");
  f.parts = {.features = 1};
  CHECK(refused(f) == "trees: there is no tree");
}
