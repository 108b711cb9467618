// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/sliding_extremes.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
template <std::size_t N>
void check(const std::vector<float>& values) {
  lv::sliding_extremes<N> extremes;
  static_assert(std::is_trivially_copyable_v<decltype(extremes)>);
  for (std::size_t i = 0; i < values.size(); ++i) {
    extremes.add(values[i]);
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i + 1 > N ? i + 1 - N : 0),
               end = values.begin() + static_cast<std::ptrdiff_t>(i + 1);
    REQUIRE(extremes.least() == *std::min_element(begin, end));
    REQUIRE(extremes.greatest() == *std::max_element(begin, end));
    REQUIRE(extremes.count() == static_cast<std::size_t>(end - begin));
  }
}
}  // namespace

TEST_CASE("the extremes of the last N, of noise, of rows that rise, fall and stand still") {
  std::mt19937 random(3);
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(random() % 50));
  for (int i = 0; i < 100; ++i) values.push_back(static_cast<float>(i));
  for (int i = 0; i < 100; ++i) values.push_back(static_cast<float>(-i));
  for (int i = 0; i < 100; ++i) values.push_back(4);
  check<1>(values);
  check<2>(values);
  check<17>(values);
  check<64>(values);
  check<5000>(values);
}

TEST_CASE("what is not finite is passed over") {
  lv::sliding_extremes<3> extremes;
  CHECK(std::isnan(extremes.least()));
  CHECK(std::isnan(extremes.greatest()));
  extremes.add(1);
  extremes.add(std::numeric_limits<float>::infinity());
  extremes.add(std::numeric_limits<float>::quiet_NaN());
  extremes.add(3);
  CHECK(extremes.count() == 2);
  CHECK(extremes.range() == 2);
}
