// SPDX-License-Identifier: BSL-1.0
#include <levada/model/robust_z.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lv = levada;

TEST_CASE("it keeps what a detector promises") { CHECK(support::keeps_promises(lv::robust_z{}, support::noise(500, 5, 2))); }

TEST_CASE("the modified z-score of the values before, beside the limit") {
  const auto series = support::noise(100, 5, 2);
  const auto scores = support::scores(lv::robust_z<128>{.limit = 2}, series);
  const auto middle = [](std::vector<double> v) { return std::sort(v.begin(), v.end()), v[v.size() / 2]; };
  std::vector<double> past;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double x = series[i].value;
    if (i < 16) {
      REQUIRE(scores[i] == 0);
    } else {
      std::vector<double> distances;
      for (const double p : past) distances.push_back(std::fabs(p - middle(past)));
      const double z = std::fabs(x - middle(past)) / (1.4826 * middle(distances));
      REQUIRE(static_cast<double>(scores[i]) == doctest::Approx(z / (z + 2)));
    }
    past.push_back(x);
  }
}

TEST_CASE("what never moved is far from where it was, unless the move is below the resolution") {
  auto series = support::noise(40, 5, 0);
  series[30].value = 5.001;
  CHECK(support::scores(lv::robust_z{}, series)[30] == 1);
  CHECK(support::scores(lv::robust_z{.least = 0.01}, series)[30] < 0.1f);
  CHECK(support::alarms(support::scores(lv::robust_z{}, series), 0, 40) == 1);
}
