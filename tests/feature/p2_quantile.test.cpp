// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/p2_quantile.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

TEST_CASE("the example of the paper") {
  lv::p2_quantile median(0.5);
  static_assert(std::is_trivially_copyable_v<lv::p2_quantile> && sizeof(lv::p2_quantile) == 96);
  for (double x : {0.02,  0.15,  0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
                   34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,  0.42,  0.09,  11.37})
    median.add(x);
  CHECK(median.value() == doctest::Approx(4.44).epsilon(0.002));
}

TEST_CASE("close to the quantile of all values, of several distributions") {
  std::mt19937 random(3);
  std::normal_distribution<double> normal(5, 2);
  std::exponential_distribution<double> exponential(1);
  for (const double q : {0.05, 0.5, 0.9, 0.99})
    for (const bool skewed : {false, true}) {
      lv::p2_quantile estimate(q);
      std::vector<double> values;
      for (int i = 0; i < 5000; ++i) {
        values.push_back(skewed ? exponential(random) : normal(random));
        estimate.add(values.back());
      }
      std::sort(values.begin(), values.end());
      // In shares: where among the values the estimate lies.
      const auto at = std::lower_bound(values.begin(), values.end(), estimate.value()) - values.begin();
      CHECK(std::fabs(static_cast<double>(at) / 5000 - q) < 0.01);
    }
}

TEST_CASE("exact for few, and what is not finite is passed over") {
  lv::p2_quantile median(0.5);
  CHECK(std::isnan(median.value()));
  median.add(std::numeric_limits<double>::quiet_NaN());
  median.add(4);
  CHECK(median.value() == 4);
  median.add(2);
  CHECK(median.value() == 3);
  median.add(9);
  CHECK(median.value() == 4);
  CHECK(median.count() == 3);
}
