// SPDX-License-Identifier: BSL-1.0
#include <levada/model/hotspots.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace lv = levada;
using point = std::array<float, 2>;

namespace {
bool near(const point& a, const point& b, double radius) {
  return std::pow(a[0] - b[0], 2) + std::pow(a[1] - b[1], 2) <= radius * radius;
}
}  // namespace

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::shingled<lv::hotspots<2, 64>>{.points = {.radius = 0.2f}}, support::waves(700, 30, 0.1)));
}

TEST_CASE("regions are the connected cores of the window with what is near them, computed by joining all that touch") {
  support::random r{1};
  lv::hotspots<2, 128> spots{.radius = 1, .least = 6};
  std::vector<point> all;
  for (int i = 0; i < 400; ++i) {
    const float x = static_cast<float>(r.below(3) * 10);
    point p{x + static_cast<float>(r.normal(0, 1)), static_cast<float>(r.normal(0, 1))};
    if (r.one_in(8)) p = {static_cast<float>(r.between(-20, 40)), static_cast<float>(r.between(-20, 20))};
    all.push_back(p);
    spots.score(p);
  }
  const std::vector<point> window(all.end() - 128, all.end());
  std::vector<bool> core;
  for (const point& p : window) core.push_back(std::ranges::count_if(window, [&](const point& q) { return near(p, q, 1); }) >= 6);
  std::vector<std::size_t> region(window.size());
  for (std::size_t i = 0; i < region.size(); ++i) region[i] = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < window.size(); ++i)
      for (std::size_t k = 0; k < window.size(); ++k)
        if (core[i] && core[k] && near(window[i], window[k], 1) && region[k] < region[i]) region[i] = region[k], changed = true;
  }
  std::array<lv::hotspot<2>, 32> found;
  const std::size_t n = spots.find(found);
  std::size_t expected = 0;
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (!core[i] || region[i] != i) continue;
    REQUIRE(expected < n);
    const auto& box = found[expected++];
    std::uint32_t cores = 0;
    for (std::size_t k = 0; k < window.size(); ++k) {
      if (!core[k] || region[k] != i) continue;
      ++cores;
      CHECK((window[k][0] >= box.low[0] && window[k][0] <= box.high[0] && window[k][1] >= box.low[1] &&
             window[k][1] <= box.high[1]));
    }
    CHECK(box.points >= cores);
    CHECK(box.high[0] - box.low[0] < 8);
  }
  CHECK(n == expected);
  CHECK(n >= 3);
  CHECK(spots.find(std::span(found).first(2)) == 2);
}

TEST_CASE("the score is how alone a point is, in bits") {
  lv::hotspots<1, 15> spots{.radius = 0.5f, .least = 3};
  const auto score = [&](float v) { return spots.score(std::array<float, 1>{v}); };
  CHECK(score(1) == 4);
  CHECK(score(1.4f) == 3);
  for (int i = 0; i < 13; ++i) score(1);
  CHECK(score(1) == 0);
  CHECK(score(9) == 4);
}

TEST_CASE("a point near a core belongs to its region; what is only near that one does not") {
  lv::hotspots<1, 32> spots{.radius = 1, .least = 15};
  for (int i = 0; i < 10; ++i)
    for (const float v : {0.0f, 0.5f}) spots.score(std::array<float, 1>{v});
  for (const float v : {1.4f, 2.3f}) spots.score(std::array<float, 1>{v});
  std::array<lv::hotspot<1>, 4> found;
  REQUIRE(spots.find(found) == 1);
  CHECK(found[0].low[0] == 0);
  CHECK(found[0].high[0] == 1.4f);
  CHECK(found[0].points == 21);
}
