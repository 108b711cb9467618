// SPDX-License-Identifier: BSL-1.0
#include <levada/model/relative_entropy.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

namespace lv = levada;
using detector = lv::relative_entropy<52>;

TEST_CASE("it keeps what a detector promises") { CHECK(support::keeps_promises(detector{}, support::noise(3000, 5, 2))); }

TEST_CASE("the statistic is twice the log-likelihood ratio of two histograms") {
  const std::array<std::uint32_t, 7> p{0, 10, 20, 12, 10, 0, 0}, q{0, 20, 10, 10, 12, 0, 0};
  // Three empty bins of q count a half each: its mass is 53.5.
  const double expected = 2 * (10 * std::log((10 / 52.0) / (20 / 53.5)) + 20 * std::log((20 / 52.0) / (10 / 53.5)) +
                               12 * std::log((12 / 52.0) / (10 / 53.5)) + 10 * std::log((10 / 52.0) / (12 / 53.5)));
  CHECK(detector::statistic(p, q) == doctest::Approx(expected));
  CHECK(detector::statistic(p, p) < 3.1);
}

TEST_CASE("a distribution that was never seen is an alarm, twice; then it is known") {
  std::vector<support::point> series = support::noise(8 * 52, 5, 1);
  const auto add = [&](double mean, double sigma, std::size_t windows, std::uint64_t seed) {
    for (auto p : support::noise(windows * 52, mean, sigma, seed)) series.push_back(p);
  };
  add(5, 1, 12, 2);   // to window 20
  add(9, 1, 4, 3);    // another level
  add(5, 0.1, 4, 4);  // the same level, narrower
  add(9, 1, 2, 5);
  const auto scores = support::scores(detector{}, series);
  std::vector<std::size_t> alarms;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (scores[i] >= lv::alarm_score) {
      CHECK(i % 52 == 51);
      if (i / 52 >= 8) alarms.push_back(i / 52);
    }
  CHECK(alarms == std::vector<std::size_t>{20, 21, 24, 25});
}

TEST_CASE("the memory is bounded: what fitted longest ago is forgotten") {
  std::vector<support::point> series = support::noise(104, 0.5, 0.1);
  series[0].value = 0, series[1].value = 1;
  const auto level = [&](double v) {
    for (int i = 0; i < 52; ++i) series.push_back({{}, v});
  };
  for (const double v : {0.1, 0.3, 0.5, 0.1, 0.3, 0.5}) level(v);
  const auto many = support::scores(lv::relative_entropy<52, 8>{}, series),
             two = support::scores(lv::relative_entropy<52, 2>{}, series);
  const auto last = [&](const std::vector<float>& s, std::size_t window) { return s[104 + 52 * window + 51]; };
  CHECK(last(many, 1) > lv::alarm_score);
  CHECK(last(many, 4) == lv::alarm_score);  // the second time of its kind
  CHECK(last(two, 4) > lv::alarm_score);    // as if it were the first

  series.resize(104);
  for (const double v : {0.1, 0.3, 0.1, 0.5, 0.1}) level(v);
  CHECK(last(support::scores(lv::relative_entropy<52, 2>{}, series), 4) < lv::alarm_score);  // fitted since, so it stayed
}
