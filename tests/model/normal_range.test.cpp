// SPDX-License-Identifier: BSL-1.0
#include <levada/model/normal_range.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lv = levada;

namespace {
double median_of(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}
}  // namespace

TEST_CASE("nothing is known before enough was learned") {
  lv::normal_range<> past;
  for (std::size_t i = 0; i + 1 < past.enough; ++i) {
    past.learn(1);
    CHECK_FALSE(past.bounds(2, 0).known);
  }
  past.learn(1);
  CHECK(past.bounds(2, 0).known);
}

TEST_CASE("median and deviation are those of the sorted sample") {
  std::mt19937 random(1);
  for (std::size_t n : {1u, 2u, 3u, 17u, 64u, 128u}) {
    lv::normal_range<128> past;
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) {
      const double v = std::floor(std::normal_distribution<>(100, 10)(random));  // whole numbers: ties are common
      values.push_back(v);
      past.learn(v);
    }
    const double median = median_of(values);
    std::vector<double> distances;
    for (double v : values) distances.push_back(std::fabs(v - median));
    CHECK(past.median() == median);
    CHECK(past.deviation() == median_of(distances));
  }
}

TEST_CASE("the range holds what it learned from, and not what is far away") {
  std::mt19937 random(2);
  std::normal_distribution<> normal(1e6, 1e-2);
  lv::normal_range<> past;
  for (int i = 0; i < 10'000; ++i) past.learn(normal(random));
  const lv::range r = past.bounds(2, 0);
  int inside = 0;
  for (int i = 0; i < 1000; ++i) inside += r.holds(normal(random)) ? 1 : 0;
  CHECK(inside > 990);
  CHECK_FALSE(r.holds(1e6 + 0.1));
  CHECK_FALSE(r.holds(1e6 - 0.1));
}

TEST_CASE("one wild value in ten moves the bounds of the quantiles, not the deviation") {
  std::mt19937 random(3);
  lv::normal_range<> clean, dirty;
  for (int i = 0; i < 128; ++i) {
    const double v = std::normal_distribution<>(0, 1)(random);
    clean.learn(v);
    dirty.learn(i % 10 == 9 ? 1e9 : v);
  }
  CHECK(dirty.deviation() < 1.5 * clean.deviation());
}

TEST_CASE("the floor widens a series that never moves") {
  lv::normal_range<> past;
  for (int i = 0; i < 200; ++i) past.learn(5);
  CHECK_FALSE(past.bounds(3, 0).holds(5.001));
  CHECK(past.bounds(3, 0.01).holds(5.02));
  CHECK_FALSE(past.bounds(3, 0.01).holds(5.1));
}

TEST_CASE("a small sample gets a wider range than a large one of the same spread") {
  lv::normal_range<> small, large;
  for (int i = 0; i < 16; ++i) small.learn(i % 2);
  for (int i = 0; i < 128; ++i) large.learn(i % 2);
  CHECK(small.bounds(2, 0).high > large.bounds(2, 0).high);
}

TEST_CASE("old values fade: a new level becomes the normal one") {
  lv::normal_range<> past;
  for (int i = 0; i < 5000; ++i) past.learn(10 + i % 3);
  CHECK_FALSE(past.bounds(3, 0.1).holds(50));
  for (int i = 0; i < 20'000; ++i) past.learn(50 + i % 3);
  CHECK(past.bounds(3, 0.1).holds(51));
  CHECK_FALSE(past.bounds(3, 0.1).holds(11));
}

TEST_CASE("reluctance makes it learn more slowly, full or not") {
  lv::normal_range<> filling;
  for (int i = 0; i < 160; ++i) filling.learn(1, 16);
  CHECK(filling.size() > 0);
  CHECK(filling.size() < 30);

  lv::normal_range<> quick, slow;
  for (int i = 0; i < 128; ++i) quick.learn(0), slow.learn(0);
  for (int i = 0; i < 1000; ++i) quick.learn(1), slow.learn(1, 16);
  CHECK(quick.median() == 1);
  CHECK(slow.median() == 0);
}

TEST_CASE("what is not finite is not learned") {
  lv::normal_range<> past;
  for (int i = 0; i < 32; ++i) past.learn(1);
  past.learn(std::numeric_limits<double>::quiet_NaN());
  past.learn(std::numeric_limits<double>::infinity());
  past.learn(-std::numeric_limits<double>::infinity());
  CHECK(past.size() == 32);
  CHECK(past.bounds(1, 1).high < 10);
}

TEST_CASE("the same values give the same ranges") {
  std::mt19937 random(4);
  lv::normal_range<> a, b;
  for (int i = 0; i < 3000; ++i) {
    const double v = std::normal_distribution<>(0, 1)(random);
    a.learn(v);
    b.learn(v);
    REQUIRE(a.bounds(2, 0).low == b.bounds(2, 0).low);
  }
}
