// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/welford.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
void check(const lv::welford& w, const std::vector<double>& values) {
  long double mean = 0, second = 0, third = 0, fourth = 0;
  const auto n = static_cast<long double>(values.size());
  for (double x : values) mean += static_cast<long double>(x) / n;
  for (double x : values) {
    const long double d = static_cast<long double>(x) - mean;
    second += d * d;
    third += d * d * d;
    fourth += d * d * d * d;
  }
  CHECK(w.count() == values.size());
  CHECK(w.mean() == doctest::Approx(static_cast<double>(mean)).epsilon(1e-12));
  CHECK(w.variance() == doctest::Approx(static_cast<double>(second / (n - 1))).epsilon(1e-8));
  CHECK(w.skewness() == doctest::Approx(static_cast<double>(std::sqrt(n) * third / std::pow(second, 1.5L))).epsilon(1e-6));
  CHECK(w.kurtosis() == doctest::Approx(static_cast<double>(n * fourth / (second * second))).epsilon(1e-6));
}
}  // namespace

TEST_CASE("moments one value at a time, and of parts merged, are those of all, also far from zero") {
  static_assert(std::is_trivially_copyable_v<lv::welford> && sizeof(lv::welford) == 40);
  std::mt19937 random(3);
  for (const double centre : {0.0, 1e6}) {
    std::gamma_distribution<double> skewed(2.0, 3.0);
    std::vector<double> values(2000);
    lv::welford whole;
    for (double& x : values) whole.add(x = centre + skewed(random));
    check(whole, values);
    for (const std::size_t cut : {0u, 1u, 700u, 2000u}) {
      lv::welford first, second;
      for (std::size_t i = 0; i < values.size(); ++i) (i < cut ? first : second).add(values[i]);
      first.merge(second);
      check(first, values);
    }
  }
}

TEST_CASE("what is not finite is passed over, and few values say little") {
  lv::welford w;
  CHECK(w.mean() == 0);
  CHECK(w.variance() == 0);
  w.add(std::numeric_limits<double>::quiet_NaN());
  w.add(std::numeric_limits<double>::infinity());
  CHECK(w.count() == 0);
  w.add(4);
  CHECK(w.mean() == 4);
  CHECK(w.variance() == 0);
  w.add(4);
  CHECK(std::isnan(w.skewness()));
  CHECK(std::isnan(w.kurtosis()));
}
