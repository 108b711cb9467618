// SPDX-License-Identifier: BSL-1.0
#include <levada/model/seasonal_profile.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

namespace lv = levada;

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::seasonal_profile{}, support::waves(2000, 288, 0.1)));
}

TEST_CASE("a value that is usual at another hour, or at another place in a period, is an alarm") {
  for (const std::size_t period : {288u, 211u}) {  // a day, and what no calendar knows
    auto series = support::waves(4000, period, 0.05);
    const std::size_t crest = (3000 / period) * period + period / 4;
    series[crest].value = 20;
    const auto scores = support::scores(lv::seasonal_profile{}, series);
    CHECK(scores[crest] >= lv::alarm_score);
    CHECK(support::alarms(scores, 2000, 4000) <= 20);
  }
}

TEST_CASE("the score is the residual beside the limit: a limit of another size moves it as that says") {
  auto series = support::waves(2000, 288, 0.1);
  series[1700].value += 2;
  const auto at_four = support::scores(lv::seasonal_profile{.limit = 4}, series)[1700];
  const auto at_eight = support::scores(lv::seasonal_profile{.limit = 8}, series)[1700];
  CHECK(at_four / (1 - at_four) == doctest::Approx(2 * at_eight / (1 - at_eight)).epsilon(1e-4));
  CHECK(support::alarms(support::scores(lv::seasonal_profile{}, support::noise(500, 3, 0)), 0, 500) == 0);
}
