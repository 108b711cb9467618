// SPDX-License-Identifier: BSL-1.0
#include <levada/model/shingled.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace lv = levada;

namespace {
/// Its statistic is the last member; it keeps the point.
struct last_member {
  static constexpr std::size_t dimensions = 3;
  std::array<float, 3> seen{};
  int points = 0;
  double score(std::span<const float, 3> p) {
    for (std::size_t i = 0; i < 3; ++i) seen[i] = p[i];
    ++points;
    return static_cast<double>(p[2]);
  }
};
}  // namespace

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::shingled<last_member>{}, support::noise(500, 5, 2)));
}

TEST_CASE("a point is the last values, less the first one of all") {
  lv::shingled<last_member> d;
  for (int i = 0; i < 2; ++i) d.score({}, 1e9 + i);
  CHECK(d.points.points == 0);
  d.score({}, 1e9 + 2);
  CHECK(d.points.seen == std::array<float, 3>{0, 1, 2});
  d.score({}, NAN);
  d.score({}, 1e9 - 7);
  CHECK(d.points.seen == std::array<float, 3>{1, 2, -7});
  CHECK(d.points.points == 2);
}

TEST_CASE("the score is the distance above the mean beside so many deviations of the statistic") {
  const auto series = support::noise(400, 5, 2);
  const auto scores = support::scores(lv::shingled<last_member>{.width = 4}, series);
  double mean = 0, squares = 0;
  for (std::size_t i = 2; i < 400; ++i) {
    const double x = series[i].value - series[0].value, n = static_cast<double>(i - 1);
    const double expected = x > mean ? (x - mean) / (x - mean + 4 * std::sqrt(squares / (n - 1))) : 0;
    if (i - 2 < 100)
      REQUIRE(scores[i] == 0);
    else
      REQUIRE(static_cast<double>(scores[i]) == doctest::Approx(expected).epsilon(1e-4));
    const double before = x - mean;
    mean += before / n;
    squares += before * (x - mean);
  }
}

TEST_CASE("an alarm widens its own limit by no more than the limit") {
  lv::detail::usual_level usual;
  support::random r{1};
  for (int i = 0; i < 1000; ++i) usual.judge(r.normal(0, 1), 3);
  const double before = usual.squares;
  for (int i = 0; i < 20; ++i) CHECK(usual.judge(1e6, 3) >= lv::alarm_score);
  CHECK(usual.squares < 2 * before);
}
