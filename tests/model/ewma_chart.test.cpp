// SPDX-License-Identifier: BSL-1.0
#include <levada/model/ewma_chart.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace lv = levada;

TEST_CASE("it keeps what a detector promises") { CHECK(support::keeps_promises(lv::ewma_chart{}, support::noise(500, 5, 2))); }

TEST_CASE("the chart's average and its limits, from the sums they are defined by") {
  const auto series = support::noise(200, 5, 2);
  const auto scores = support::scores(lv::ewma_chart{.weight = 0.1, .width = 3, .learning = 50}, series);
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < 50; ++i) mean += series[i].value / 50;
  for (std::size_t i = 0; i < 50; ++i) variance += std::pow(series[i].value - mean, 2) / 49;
  for (std::size_t n = 1; n <= 150; ++n) {
    double z = std::pow(0.9, n) * mean;
    for (std::size_t i = 0; i < n; ++i) z += 0.1 * std::pow(0.9, n - 1 - i) * series[50 + i].value;
    const double limit = 3 * std::sqrt(variance * 0.1 / 1.9 * (1 - std::pow(0.9, 2 * n)));
    const double distance = std::fabs(z - mean);
    REQUIRE(static_cast<double>(scores[49 + n]) == doctest::Approx(distance / (distance + limit)).epsilon(1e-4));
  }
}

TEST_CASE("in control it alarms about once in 500 values, and sees a shift of one sigma after about ten") {
  std::size_t alarms = 0, until = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto series = support::noise(3000, 5, 2, seed);
    const lv::ewma_chart chart{.learning = 1000};
    alarms += support::alarms(support::scores(chart, series), 1000, 3000);
    for (std::size_t i = 2000; i < 3000; ++i) series[i].value += 2;
    const auto scores = support::scores(chart, series);
    std::size_t i = 2000;
    while (i < 3000 && scores[i] < lv::alarm_score) ++i;
    until += i - 1999;
  }
  CHECK(alarms > 50 * 2000 / 500 / 2);
  CHECK(alarms < 50 * 2000 / 500 * 4);  // out of control it stays for some values
  CHECK(until > 50 * 6);
  CHECK(until < 50 * 14);
}
