// SPDX-License-Identifier: BSL-1.0
#include <levada/model/matrix_profile.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lv = levada;

namespace {
std::vector<double> normalized(const std::vector<double>& all, std::size_t at, std::size_t length) {
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < length; ++i) mean += all[at + i] / static_cast<double>(length);
  for (std::size_t i = 0; i < length; ++i) variance += std::pow(all[at + i] - mean, 2) / static_cast<double>(length);
  std::vector<double> n;
  for (std::size_t i = 0; i < length; ++i) n.push_back((all[at + i] - mean) / std::sqrt(variance));
  return n;
}
}  // namespace

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::matrix_profile<8, 64>{}, support::waves(700, 30, 0.1)));
}

TEST_CASE("the least distance to what lies in the bounded past, by its definition") {
  support::random r{1};
  lv::matrix_profile<8, 50> profile;
  std::vector<double> all;
  for (std::size_t i = 0; i < 2500; ++i) {
    all.push_back(1000 + r.normal(0, 1));
    const double found = profile.learn(all.back());
    if (i < 15) {
      REQUIRE(found < 0);
      continue;
    }
    if (i > 200 && i % 50 != 0) continue;
    const auto last = normalized(all, i - 7, 8);
    double least = INFINITY;
    for (std::size_t at = i < 50 ? 0 : i - 49; at + 8 <= i - 7; ++at) {
      const auto other = normalized(all, at, 8);
      double sum = 0;
      for (std::size_t k = 0; k < 8; ++k) sum += std::pow(last[k] - other[k], 2);
      least = std::min(least, std::sqrt(sum));
    }
    REQUIRE(found == doctest::Approx(least).epsilon(1e-6));
  }
}

TEST_CASE("a shape that has not been seen is an alarm, whatever its level; flat stretches are like each other") {
  auto series = support::waves(1500, 60, 0.02);
  for (std::size_t i = 1200; i < 1230; ++i) series[i].value = 20 + std::fabs(series[i].value - 20) * (i % 2 == 0 ? 1 : -1);
  for (std::size_t i = 800; i < 1100; ++i) series[i].value += 50;  // a level is no shape, but for its ends
  const auto scores = support::scores(lv::matrix_profile<>{}, series);
  CHECK(support::alarms(scores, 1200, 1240) >= 1);
  CHECK(support::alarms(scores, 840, 1090) <= 5);
  CHECK(support::alarms(support::scores(lv::matrix_profile<>{}, support::noise(800, 5, 0)), 0, 800) == 0);
}
