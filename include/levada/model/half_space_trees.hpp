// SPDX-License-Identifier: BSL-1.0
// half_space_trees: how empty the place is in which a point lies, by trees that never change their shape.
#pragma once

#include <levada/model/random_cut_forest.hpp>
#include <levada/model/shingled.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

/// Tan, Ting, Liu, Fast anomaly detection for streaming data, IJCAI 2011. Each tree halves a box around the range of the data,
/// each time in a random dimension; a node counts the points of a window. A point falls to the bottom, or to the first node
/// that holds no more than a tenth of a window; the points there times 2^depth are the density. When a window is full its
/// counts become the reference, and a new one begins. The score here is in bits: log2 of the mean density of the reference over
/// that of the point's place, so that strange is great.
/// Takes  points of Dimensions floats. The first window also says in which range they lie; the boxes are twice as wide or more.
/// Holds  13 * Trees * 2^Depth bytes: 81 KB.
/// Fails  the first window teaches, scores 0. Beyond the boxes everything falls to their edge.
/// Costs  a point: Trees paths of at most Depth steps, twice.
template <std::size_t Dimensions = 8, std::size_t Trees = 25, std::size_t Depth = 8, std::uint16_t Window = 250>
class half_space_trees {
  static_assert(Dimensions >= 1 && Dimensions <= 255 && Trees >= 1 && Depth >= 1 && Depth <= 15 && Window >= 10,
                "half_space_trees: 1 to 255 dimensions, a depth of 1 to 15, and a window of 10 points or more");
  static constexpr std::size_t nodes = (std::size_t{2} << Depth) - 1;

 public:
  static constexpr std::size_t dimensions = Dimensions;

  double score(std::span<const float, Dimensions> p) {
    if (!built_) {
      gather(p);
      return 0;
    }
    const double found = judged_ ? std::log2((Window + 1.0) / (density(p) + 1)) : 0;
    for (tree& t : trees_)
      each_node(t, p, [&](std::size_t at, std::size_t) {
        ++t.latest[at];
        return true;
      });
    if (++filled_ == Window) {
      for (tree& t : trees_) {
        t.reference = t.latest;
        t.latest = {};
      }
      filled_ = 0;
      judged_ = true;
    }
    return found > 0 ? found : 0;
  }

  /// Points of the reference where p lies, as if all of the box were like that: the mean over trees.
  [[nodiscard]] double density(std::span<const float, Dimensions> p) const {
    double sum = 0;
    for (const tree& t : trees_)
      each_node(t, p, [&](std::size_t at, std::size_t depth) {
        if (depth < Depth && t.reference[at] > Window / 10) return true;
        sum += std::ldexp(t.reference[at], static_cast<int>(depth));
        return false;
      });
    return sum / Trees;
  }

 private:
  struct tree {
    std::array<float, nodes / 2> cuts{};  // of inner nodes; those below node k are 2 k + 1 and 2 k + 2
    std::array<std::uint8_t, nodes / 2> by{};
    std::array<std::uint16_t, nodes> reference{}, latest{};
  };

  template <class Tree, class Visit>
  static void each_node(Tree& t, std::span<const float, Dimensions> p, Visit&& visit) {
    std::size_t at = 0;
    for (std::size_t depth = 0; visit(at, depth) && depth < Depth; ++depth) at = 2 * at + (p[t.by[at]] < t.cuts[at] ? 1 : 2);
  }
  void gather(std::span<const float, Dimensions> p) {
    for (std::size_t d = 0; d < Dimensions; ++d) {
      low_[d] = filled_ == 0 || p[d] < low_[d] ? p[d] : low_[d];
      high_[d] = filled_ == 0 || p[d] > high_[d] ? p[d] : high_[d];
    }
    if (++filled_ < Window) return;
    for (tree& t : trees_) {
      std::array<float, Dimensions> low, high;
      for (std::size_t d = 0; d < Dimensions; ++d) {  // the paper's work range: around a random place, to beyond the further end
        const float s = random_.uniform(), reach = 2 * (s > 1 - s ? s : 1 - s), side = high_[d] - low_[d];
        low[d] = low_[d] + (s - reach) * side;
        high[d] = low_[d] + (s + reach) * side;
      }
      halve(t, 0, low, high);
    }
    filled_ = 0;
    built_ = true;
  }
  void halve(tree& t, std::size_t at, std::array<float, Dimensions>& low, std::array<float, Dimensions>& high) {
    if (at >= nodes / 2) return;
    const std::size_t d = random_.below(Dimensions);
    const float cut = low[d] / 2 + high[d] / 2, below = low[d], above = high[d];
    t.by[at] = static_cast<std::uint8_t>(d);
    t.cuts[at] = cut;
    high[d] = cut;
    halve(t, 2 * at + 1, low, high);
    high[d] = above;
    low[d] = cut;
    halve(t, 2 * at + 2, low, high);
    low[d] = below;
  }

  std::array<tree, Trees> trees_{};
  std::array<float, Dimensions> low_{}, high_{};
  detail::small_random random_{};
  std::uint32_t filled_ = 0;
  bool built_ = false, judged_ = false;
};
static_assert(detector<shingled<half_space_trees<>>>);

}  // namespace levada::inline v0
