// SPDX-License-Identifier: BSL-1.0
#include <levada/model/random_cut_forest.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

namespace lv = levada;

namespace {
using point = std::array<float, 2>;

/// The displacement of p in one tree drawn for the points and p together: the others below the cut that parts it from all others.
double displaced(std::vector<point> all, const point& p, support::random& r) {
  for (;;) {
    point low = p, high = p;
    for (const point& q : all)
      for (std::size_t d = 0; d < 2; ++d) low[d] = std::min(low[d], q[d]), high[d] = std::max(high[d], q[d]);
    const double a = high[0] - low[0], b = high[1] - low[1];
    if (a + b == 0) return 0;
    double at = r.between(0, a + b);
    const std::size_t d = at < a ? 0 : 1;
    if (d == 1) at -= a;
    const auto side = [&](const point& q) { return q[d] <= low[d] + at; };
    const bool mine = side(p);
    const auto before = all.size();
    std::erase_if(all, [&](const point& q) { return side(q) != mine; });
    if (all.empty()) return static_cast<double>(before);
  }
}
}  // namespace

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::shingled<lv::random_cut_forest<4, 10, 32>>{}, support::waves(1500, 50, 0.1)));
}

TEST_CASE("the score is the part of the sample that a point displaces in a tree drawn at random") {
  support::random r{2};
  const auto forest = std::make_unique<lv::random_cut_forest<2, 400, 64>>();
  std::vector<point> points;
  for (int i = 0; i < 32; ++i) {
    points.push_back({static_cast<float>(r.normal(0, 1)), static_cast<float>(r.normal(0, 3))});
    forest->learn(points.back());
  }
  for (const point& p : {point{0, 0}, point{4, 0}, point{1, 9}, point{-0.5f, 2}, points[7]}) {
    double naive = 0;
    for (int i = 0; i < 4000; ++i) naive += displaced(points, p, r) / 32 / 4000;
    std::array<double, 2> parts;
    forest->attribution(p, parts);
    CHECK(parts[0] + parts[1] == doctest::Approx(naive).epsilon(0.1));
  }
}

TEST_CASE("a tree from which points were removed is one that was drawn for those that are left") {
  support::random r{3};
  lv::detail::small_random cuts;
  std::vector<point> points;
  for (int i = 0; i < 48; ++i) points.push_back({static_cast<float>(r.between(0, 1)), static_cast<float>(r.below(4))});
  double of_tree = 0, naive = 0;
  const point p{0.5f, 5};
  for (int trial = 0; trial < 1500; ++trial) {
    lv::detail::random_cut_tree<2, 48> tree;
    for (const point& q : points) tree.insert(q, cuts);
    for (std::size_t left = 48; left > 16; --left) tree.remove(left - 1);
    std::array<double, 2> parts{};
    tree.displacement(p, parts);
    of_tree += parts[0] + parts[1];
    naive += displaced({points.begin(), points.begin() + 16}, p, r);
  }
  CHECK(of_tree == doctest::Approx(naive).epsilon(0.06));
}

TEST_CASE("equal points, and a tree that loses its last one") {
  lv::detail::small_random cuts;
  lv::detail::random_cut_tree<2, 8> tree;
  const auto total = [&](point p) {
    std::array<double, 2> parts{};
    tree.displacement(p, parts);
    return parts[0] + parts[1];
  };
  CHECK(total({1, 1}) == 0);
  for (int i = 0; i < 8; ++i) tree.insert({1, 1}, cuts);
  CHECK(total({1, 1}) == 0);
  CHECK(total({2, 1}) == 8);
  for (int i = 0; i < 7; ++i) tree.remove(0);
  CHECK(total({1, 3}) == 1);
  tree.remove(0);
  CHECK(total({1, 3}) == 0);
}

TEST_CASE("attribution names the dimension in which a point is strange, and sums to the score") {
  support::random r{5};
  const auto forest = std::make_unique<lv::random_cut_forest<3>>();
  for (int i = 0; i < 500; ++i) {
    const std::array<float, 3> p{static_cast<float>(r.normal(0, 1)), static_cast<float>(r.normal(0, 1)),
                                 static_cast<float>(r.normal(0, 1))};
    forest->learn(p);
  }
  const std::array<float, 3> strange{0.1f, 12, -0.2f};
  std::array<double, 3> parts;
  forest->attribution(strange, parts);
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  CHECK(parts[1] > 0.9 * sum);
  CHECK(forest->score(strange) == doctest::Approx(sum));
  CHECK(sum > 0.7);
}

TEST_CASE("in a series: a value that breaks the pattern is an alarm") {
  auto series = support::waves(1500, 50, 0.05);
  series[1200].value += 2;
  const auto scores = support::scores(lv::shingled<lv::random_cut_forest<>>{}, series);
  CHECK(support::alarms(scores, 1200, 1208) >= 1);
  CHECK(support::alarms(scores, 300, 1200) <= 20);
}
