// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/sliding_median.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}
template <std::size_t N>
void check(const std::vector<float>& values) {
  lv::sliding_median<N> sliding;
  static_assert(std::is_trivially_copyable_v<decltype(sliding)>);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sliding.add(values[i]);
    std::vector<double> last(values.begin() + static_cast<std::ptrdiff_t>(i + 1 > N ? i + 1 - N : 0),
                             values.begin() + static_cast<std::ptrdiff_t>(i + 1));
    const double centre = median(last);
    REQUIRE(sliding.median() == doctest::Approx(centre));
    for (double& x : last) x = std::fabs(x - centre);
    REQUIRE(sliding.mad() == doctest::Approx(median(last)).epsilon(1e-5));
    REQUIRE(sliding.count() == last.size());
  }
}
}  // namespace

TEST_CASE("median and median distance of the last N, also where many values are equal") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(20, 3);
  std::vector<float> values;
  for (int i = 0; i < 300; ++i) values.push_back(normal(random));
  for (int i = 0; i < 300; ++i) values.push_back(static_cast<float>(random() % 5));
  check<2>(values);
  check<5>(values);
  check<16>(values);
  check<101>(values);
}

TEST_CASE("one outlier moves neither, and what is not finite is passed over") {
  lv::sliding_median<9> sliding;
  CHECK(std::isnan(sliding.median()));
  CHECK(std::isnan(sliding.mad()));
  for (float x : {1.0f, 2.0f, 3.0f, 4.0f, 5.0f}) sliding.add(x);
  sliding.add(std::numeric_limits<float>::quiet_NaN());
  CHECK(sliding.count() == 5);
  CHECK(sliding.median() == 3);
  CHECK(sliding.mad() == 1);
  sliding.add(1e30f);
  CHECK(sliding.median() == 3.5f);
  CHECK(sliding.mad() == 1.5f);
}
