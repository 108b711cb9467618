// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/page_hinkley.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
/// By the book: all sums since the last change, of which the least is looked up.
std::vector<std::pair<std::size_t, lv::level_shift>> changes(const std::vector<double>& values, double tolerance, double limit,
                                                             std::size_t least) {
  std::vector<std::pair<std::size_t, lv::level_shift>> found;
  for (std::size_t begin = 0, end = 1; end <= values.size(); ++end) {
    double sum = 0, mean = 0;
    std::vector<double> up{0}, down{0};
    for (std::size_t i = begin; i < end; ++i) {
      sum += values[i];
      mean = sum / static_cast<double>(i - begin + 1);
      up.push_back(up.back() + values[i] - mean - tolerance);
      down.push_back(down.back() + mean - values[i] - tolerance);
    }
    if (end - begin <= least) continue;
    const bool rose = up.back() - *std::min_element(up.begin(), up.end()) > limit;
    const bool fell = down.back() - *std::min_element(down.begin(), down.end()) > limit;
    if (!rose && !fell) continue;
    found.emplace_back(end - 1, rose ? lv::level_shift::up : lv::level_shift::down);
    begin = end;
  }
  return found;
}
}  // namespace

TEST_CASE("changes of a mean that nobody knows are found where the sums say so") {
  static_assert(std::is_trivially_copyable_v<lv::page_hinkley> && sizeof(lv::page_hinkley) <= 72);
  std::mt19937 random(9);
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> values;
  for (int i = 0; i < 900; ++i) values.push_back(normal(random) + (i < 300 ? 50 : i < 600 ? 53 : 48));
  const auto expected = changes(values, 0.5, 20, 30);
  REQUIRE(expected.size() == 2);
  CHECK(expected[0].second == lv::level_shift::up);
  CHECK(expected[1].second == lv::level_shift::down);
  lv::page_hinkley test(0.5, 20);
  std::vector<std::pair<std::size_t, lv::level_shift>> found;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (const lv::level_shift s = test.add(values[i]); s != lv::level_shift::none) found.emplace_back(i, s);
  CHECK(found == expected);
  CHECK(found[0].first < 330);
  CHECK(found[1].first < 630);
  CHECK(test.mean() == doctest::Approx(48).epsilon(0.01));
}

TEST_CASE("what is not finite is passed over, and nothing is said of the first few") {
  lv::page_hinkley test(0, 1, 3);
  for (double x : {0.0, 100.0, std::numeric_limits<double>::infinity(), 200.0}) CHECK(test.add(x) == lv::level_shift::none);
  CHECK(test.count() == 3);
  CHECK(test.add(300) == lv::level_shift::up);
  CHECK(test.count() == 0);
}
