// SPDX-License-Identifier: BSL-1.0
// random_cut_forest: how much a point would change a description of the points before it, and which of its members are why.
#pragma once

#include <levada/core/config.hpp>
#include <levada/model/shingled.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

namespace detail {

/// Sebastiano Vigna's xorshift64*: the same numbers everywhere.
struct small_random {
  std::uint64_t state = 0x9E3779B97F4A7C15u;
  std::uint32_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<std::uint32_t>(state * 0x2545F4914F6CDD1Du >> 32);
  }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(std::uint64_t{next()} * n >> 32); }
  float uniform() { return static_cast<float>(next() >> 8) * 0x1p-24f; }  // in [0, 1)
};

/// One tree. Cuts are drawn in proportion to the sides of the bounding box, so that a tree into which points came and went is one
/// that might have been drawn for those that are there (theorem 1 of the paper).
template <std::size_t Dimensions, std::size_t Samples>
class random_cut_tree {
  using point = std::array<float, Dimensions>;
  using reference = std::uint16_t;  // below Samples a leaf, else an inner node
  static constexpr reference none = 0xFFFF;
  struct node {
    point low{}, high{};                                 // the bounding box of what is below; of a leaf the point, twice
    float cut = 0, sides = 0;                            // the lengths of the box's sides, added
    reference left = none, right = none, parent = none;  // left: member at the cut's dimension <= cut
    std::uint16_t dimension = 0, mass = 0;
  };

 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Adds the expected displacement, the number of points that would lie one level deeper, by the dimension that displaces them.
  void displacement(const point& p, std::array<double, Dimensions>& by_dimension) const {
    double stays = 1;
    for (reference at = root_; at != none;) {
      const node& n = nodes_[at];
      point out;
      for (std::size_t d = 0; d < Dimensions; ++d) {
        const float above = p[d] - n.low[d], beyond = p[d] - n.high[d];
        out[d] = ((std::fabs(above) - above) + (std::fabs(beyond) + beyond)) / 2;
      }
      const float outside = sum(out);
      if (outside > 0) {
        const float sides = n.sides + outside;
        const double displaced = stays * static_cast<double>(n.mass) / static_cast<double>(sides);
        for (std::size_t d = 0; d < Dimensions; ++d) by_dimension[d] += displaced * static_cast<double>(out[d]);
        stays *= 1 - static_cast<double>(outside / sides);
      }
      at = at < Samples ? none : p[n.dimension] <= n.cut ? n.left : n.right;
    }
  }

  void insert(const point& p, small_random& random) {
    LEVADA_CHECK(size_ < Samples, size_);
    leaf_of_[size_++] = place(p, random);
  }
  void remove(std::size_t which) {
    const reference leaf = leaf_of_[which];
    leaf_of_[which] = leaf_of_[--size_];
    reference up = nodes_[leaf].parent;
    if (--nodes_[leaf].mass == 0) {
      if (up == none) {
        root_ = none;
      } else {
        const reference sibling = nodes_[up].left == leaf ? nodes_[up].right : nodes_[up].left;
        const reference above = nodes_[up].parent;
        hang(sibling, up, above);
        nodes_[up] = {};
        up = above;
      }
      nodes_[leaf] = {};
    }
    for (; up != none; up = nodes_[up].parent) bound(up);
  }

 private:
  reference place(const point& p, small_random& random) {
    if (root_ == none) return root_ = make_leaf(p, none);
    for (reference at = root_;;) {
      node& n = nodes_[at];
      float sides = 0;
      for (std::size_t d = 0; d < Dimensions; ++d)
        sides += least(n.low[d], p[d]) < most(n.high[d], p[d]) ? most(n.high[d], p[d]) - least(n.low[d], p[d]) : 0;
      if (!(sides > 0)) {  // the very point of this leaf
        for (reference up = at; up != none; up = nodes_[up].parent) ++nodes_[up].mass;
        return at;
      }
      float rest = random.uniform() * sides;
      std::size_t d = 0;
      for (; d + 1 < Dimensions; ++d) {
        const float side = most(n.high[d], p[d]) - least(n.low[d], p[d]);
        if (rest < side) break;
        rest -= side;
      }
      while (!(most(n.high[d], p[d]) > least(n.low[d], p[d])))
        d = (d + 1) % Dimensions;  // where rounding went beyond the last one
      const float low = least(n.low[d], p[d]), high = most(n.high[d], p[d]);
      float cut = low + rest;
      if (!(cut < high)) cut = low;
      const bool is_left = p[d] <= cut && cut < n.low[d], is_right = n.high[d] <= cut && cut < p[d];
      if (is_left || is_right) {
        const reference above = n.parent, inner = unused(Samples, 2 * Samples - 1), leaf = make_leaf(p, inner);
        hang(inner, at, above);
        nodes_[inner].cut = cut;
        nodes_[inner].dimension = static_cast<std::uint16_t>(d);
        nodes_[inner].left = is_left ? leaf : at;
        nodes_[inner].right = is_left ? at : leaf;
        nodes_[at].parent = inner;
        for (reference up = inner; up != none; up = nodes_[up].parent) bound(up);
        return leaf;
      }
      at = p[n.dimension] <= n.cut ? n.left : n.right;
    }
  }
  /// Side by side first, so that the compiler may use registers of several floats.
  static float sum(const point& p) {
    constexpr std::size_t lanes = 4;
    std::array<float, lanes> sums{};
    std::size_t d = 0;
    for (; d + lanes <= Dimensions; d += lanes)
      for (std::size_t i = 0; i < lanes; ++i) sums[i] += p[d + i];
    for (; d < Dimensions; ++d) sums[d % lanes] += p[d];
    return sums[0] + sums[1] + (sums[2] + sums[3]);
  }
  static float least(float a, float b) { return a < b ? a : b; }
  static float most(float a, float b) { return a > b ? a : b; }

  [[nodiscard]] reference unused(std::size_t first, std::size_t last) const {
    while (first < last && nodes_[first].mass != 0) ++first;
    LEVADA_CHECK(first < last, first);
    return static_cast<reference>(first);
  }
  reference make_leaf(const point& p, reference parent) {
    const reference leaf = unused(0, Samples);
    nodes_[leaf] = {};
    nodes_[leaf].low = nodes_[leaf].high = p;
    nodes_[leaf].mass = 1;
    nodes_[leaf].parent = parent;
    return leaf;
  }
  /// `which` takes the place of `old` below `above`.
  void hang(reference which, reference old, reference above) {
    nodes_[which].parent = above;
    if (above == none)
      root_ = which;
    else
      (nodes_[above].left == old ? nodes_[above].left : nodes_[above].right) = which;
  }
  void bound(reference inner) {
    node& n = nodes_[inner];
    const node &a = nodes_[n.left], &b = nodes_[n.right];
    point side;
    for (std::size_t d = 0; d < Dimensions; ++d) {
      n.low[d] = least(a.low[d], b.low[d]);
      n.high[d] = most(a.high[d], b.high[d]);
      side[d] = n.high[d] - n.low[d];
    }
    n.sides = sum(side);
    n.mass = static_cast<std::uint16_t>(a.mass + b.mass);
  }

  std::array<node, 2 * Samples - 1> nodes_{};
  std::array<reference, Samples> leaf_of_{};
  std::size_t size_ = 0;
  reference root_ = none;
};

}  // namespace detail

/// Guha, Mishra, Roy, Schrijvers, Robust random cut forest based anomaly detection on streams, ICML 2016. The score of a point is
/// the expected part of a tree's sample that it would displace, if it were inserted: 1 for one that is cut off at the root. The
/// expectation is taken over the cuts, exactly, and averaged over trees. attribution() is the same, by dimension: its sum is the
/// score.
/// Takes  points of Dimensions floats, in comparable units: a dimension with long sides is cut more often.
/// Holds  in each of Trees trees up to Samples points, of which one in eight new points replaces one at random: memory of about
///        8 Samples points. 8 dimensions, 20 trees of 64 points: 210 KB. The random numbers are its own: the same points, the
///        same scores.
/// Fails  never; equal points displace nothing, and a group of points that came together hides its members (see codisp in the
///        paper).
/// Costs  a point: a path of about 2 log2(Samples) boxes in each tree, and in one of eight a removal and an insertion.
template <std::size_t Dimensions = 8, std::size_t Trees = 20, std::size_t Samples = 64>
class random_cut_forest {
  static_assert(Dimensions >= 1 && Trees >= 1 && Samples >= 2 && Samples <= 16384,
                "random_cut_forest: samples of 2 to 16384 points");

 public:
  static constexpr std::size_t dimensions = Dimensions;

  double score(std::span<const float, Dimensions> point) {
    std::array<double, Dimensions> parts;
    attribution(point, parts);
    double sum = 0;
    for (const double part : parts) sum += part;
    learn(point);
    return sum;
  }
  /// Of a point that need not be learnt.
  void attribution(std::span<const float, Dimensions> point, std::span<double, Dimensions> parts) const {
    std::array<double, Dimensions> sums{};
    for (const auto& tree : trees_) tree.displacement(array_of(point), sums);
    const std::size_t size = trees_[0].size();
    for (std::size_t d = 0; d < Dimensions; ++d) parts[d] = size == 0 ? 0 : sums[d] / static_cast<double>(Trees * size);
  }
  void learn(std::span<const float, Dimensions> point) {
    for (auto& tree : trees_) {
      if (tree.size() == Samples) {
        if (random_.below(8) != 0) continue;
        tree.remove(random_.below(Samples));
      }
      tree.insert(array_of(point), random_);
    }
  }

 private:
  static std::array<float, Dimensions> array_of(std::span<const float, Dimensions> point) {
    std::array<float, Dimensions> a;
    for (std::size_t d = 0; d < Dimensions; ++d) a[d] = point[d];
    return a;
  }
  std::array<detail::random_cut_tree<Dimensions, Samples>, Trees> trees_{};
  detail::small_random random_{};
};
static_assert(detector<shingled<random_cut_forest<>>>);

}  // namespace levada::inline v0
