// SPDX-License-Identifier: BSL-1.0
// hotspots: where points crowd, as boxes; and how alone a new one is.
#pragma once

#include <levada/model/shingled.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

/// A region of a window of points that are connected by dense places: its bounding box, and how many points are in it.
template <std::size_t Dimensions>
struct hotspot {
  std::array<float, Dimensions> low{}, high{};
  std::uint32_t points = 0;
};

/// The clusters of DBSCAN (Ester, Kriegel, Sander, Xu, A density-based algorithm for discovering clusters in large spatial
/// databases with noise, KDD 1996) among the last Window points: a point with `least` points or more within `radius`, itself
/// one of them, is a core; cores within a radius of each other are one hotspot, with the points within a radius of them. Takes
/// points of Dimensions floats in comparable units.
/// Holds  Window points and 4 bytes for each.
/// Fails  regions that do not fit into the span that was given are left out; those that begin with older points come first.
/// Costs  a point: Window distances; find(): Window^2 of them. score() is in bits: log2 of Window + 1 over the neighbours + 1.
template <std::size_t Dimensions = 2, std::size_t Window = 256>
struct hotspots {
  static_assert(Dimensions >= 1 && Window >= 2 && Window <= 65535, "hotspots: a window of 2 to 65535 points");
  static constexpr std::size_t dimensions = Dimensions;
  float radius = 1;
  std::uint32_t least = 8;
  // the state
  std::array<std::array<float, Dimensions>, Window> points{};
  std::uint32_t next = 0, size = 0;

  double score(std::span<const float, Dimensions> p) {
    std::array<float, Dimensions>& place = points[next];
    std::uint32_t near = 0;
    for (std::uint32_t i = 0; i < size; ++i) near += is_near(points[i], p) ? 1u : 0u;
    for (std::size_t d = 0; d < Dimensions; ++d) place[d] = p[d];
    next = (next + 1) % Window;
    if (size < Window) ++size;
    return std::log2(static_cast<double>(Window + 1) / (near + 1));
  }

  /// Fills `found` from its beginning; how many there are.
  std::size_t find(std::span<hotspot<Dimensions>> found) const {
    std::array<std::uint16_t, Window> waiting{};
    std::array<std::uint8_t, Window> seen{};
    std::size_t regions = 0;
    for (std::uint32_t age = 0; age < size && regions < found.size(); ++age) {
      const std::uint32_t first = size < Window ? age : (next + age) % Window;
      if (seen[first] != 0 || neighbours(first) < least) continue;
      hotspot<Dimensions> region{points[first], points[first], 0};
      std::size_t end = 0;
      waiting[end++] = static_cast<std::uint16_t>(first);
      seen[first] = 1;
      for (std::size_t at = 0; at < end; ++at) {
        const auto& p = points[waiting[at]];
        ++region.points;
        for (std::size_t d = 0; d < Dimensions; ++d) {
          region.low[d] = p[d] < region.low[d] ? p[d] : region.low[d];
          region.high[d] = p[d] > region.high[d] ? p[d] : region.high[d];
        }
        if (neighbours(waiting[at]) < least) continue;  // an edge of the region
        for (std::uint32_t i = 0; i < size; ++i)
          if (seen[i] == 0 && is_near(points[i], p)) {
            seen[i] = 1;
            waiting[end++] = static_cast<std::uint16_t>(i);
          }
      }
      found[regions++] = region;
    }
    return regions;
  }

 private:
  [[nodiscard]] bool is_near(std::span<const float, Dimensions> a, std::span<const float, Dimensions> b) const {
    float sum = 0;
    for (std::size_t d = 0; d < Dimensions; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum <= radius * radius;
  }
  [[nodiscard]] std::uint32_t neighbours(std::uint32_t which) const {
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < size; ++i) n += is_near(points[i], points[which]) ? 1u : 0u;
    return n;
  }
};
static_assert(detector<shingled<hotspots<>>>);

}  // namespace levada::inline v0
