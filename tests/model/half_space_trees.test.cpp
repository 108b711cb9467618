// SPDX-License-Identifier: BSL-1.0
#include <levada/model/half_space_trees.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <memory>

namespace lv = levada;

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::shingled<lv::half_space_trees<4, 5, 6, 100>>{}, support::waves(1500, 50, 0.1)));
}

TEST_CASE("in one dimension the density is that of the half spaces, which can be counted") {
  support::random r{1};
  const auto trees = std::make_unique<lv::half_space_trees<1, 400, 4, 1000>>();
  for (int i = 0; i < 2000; ++i) {  // a range from 0 to 1, then the reference: three quarters of it below a half
    const std::array<float, 1> p{static_cast<float>(i < 1000 || r.one_in(2) ? r.between(0, 1) : r.between(0, 0.5))};
    CHECK(trees->score(p) == 0);
  }
  // Boxes are 2 to 4 wide, so the data's density in them is 2 to 4 times what evenly spread points would have.
  const auto density = [&](float x) { return trees->density(std::array<float, 1>{x}); };
  CHECK(density(0.2f) > 2.2 * density(0.8f));
  CHECK(density(0.2f) < 4 * density(0.8f));
  CHECK(density(0.2f) > 1000 * 1.5 * 2 * 0.8);
  CHECK(density(0.2f) < 1000 * 1.5 * 4);
  CHECK(density(1.9f) < 100);
}

TEST_CASE("what was never seen is empty, in bits; and becomes usual a window later") {
  support::random r{2};
  const auto trees = std::make_unique<lv::half_space_trees<2>>();
  const auto usual = [&] { return std::array<float, 2>{static_cast<float>(r.normal(0, 1)), static_cast<float>(r.normal(0, 1))}; };
  const std::array<float, 2> strange{5, 5};
  for (int i = 0; i < 499; ++i) trees->score(usual());
  CHECK(trees->score(strange) == 0);
  double most = 0;
  for (int i = 0; i < 249; ++i) most += trees->score(usual()) / 249;
  const double found = trees->score(strange);
  CHECK(found > most + 2);
  CHECK(found <= std::log2(251));
  for (int i = 0; i < 250; ++i) trees->score(strange);
  CHECK(trees->score(strange) == 0);
}

TEST_CASE("in a series: a value that breaks the pattern is an alarm") {
  auto series = support::waves(2500, 50, 0.05);
  series[2200].value += 3;
  const auto scores = support::scores(lv::shingled<lv::half_space_trees<2>>{}, series);
  CHECK(support::alarms(scores, 2200, 2208) >= 1);
  CHECK(support::alarms(scores, 1000, 2200) <= 30);
}
