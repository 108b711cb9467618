// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/adwin.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
void check_window(const lv::adwin& window, const std::vector<double>& values) {
  const std::size_t n = window.count(), first = values.size() - n;
  double mean = 0, variance = 0;
  for (std::size_t i = first; i < values.size(); ++i) mean += values[i] / static_cast<double>(n);
  for (std::size_t i = first; i < values.size(); ++i)
    variance += (values[i] - mean) * (values[i] - mean) / static_cast<double>(n);
  CHECK(window.mean() == doctest::Approx(mean));
  CHECK(window.variance() == doctest::Approx(variance).epsilon(1e-6));
}
}  // namespace

TEST_CASE("it is the mean and the variance of the last count() values, and grows while nothing changes") {
  static_assert(std::is_trivially_copyable_v<lv::adwin> && sizeof(lv::adwin) <= 2560);
  std::mt19937 random(3);
  std::bernoulli_distribution error(0.2);
  lv::adwin window;
  std::vector<double> values;
  int changes = 0;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(error(random) ? 1 : 0);
    changes += window.add(values.back());
    if (i % 997 == 0) check_window(window, values);
  }
  CHECK(changes == 0);
  CHECK(window.count() == values.size());
  check_window(window, values);
}

TEST_CASE("after a change of the mean the window is what came after it, soon, and no change is found where none is") {
  std::mt19937 random(5);
  std::vector<double> values;
  lv::adwin window;
  std::vector<int> at;
  for (int i = 0; i < 6000; ++i) {
    values.push_back(std::bernoulli_distribution(i < 3000 ? 0.2 : 0.5)(random) ? 1 : 0);
    if (window.add(values.back())) at.push_back(i);
  }
  REQUIRE(!at.empty());
  CHECK(at.front() >= 3000);
  CHECK(at.front() < 3200);
  CHECK(window.count() <= 3200);
  CHECK(window.mean() == doctest::Approx(0.5).epsilon(0.1));
  check_window(window, values);
}

TEST_CASE("a cut is where the bound of the paper says, with buckets of one value each") {
  // Ten values of 0 and then ones: with at most five buckets of a size, and a look at every value.
  for (const double delta : {0.3, 0.01, 1e-6}) {
    lv::adwin window({.delta = delta, .every = 1});
    for (int i = 0; i < 32; ++i) REQUIRE(!window.add(0));
    int ones = 0;
    while (!window.add(1)) REQUIRE(++ones < 100);
    ++ones;
    // The greatest difference is between zeros and ones; the bound for it must hold now and not have held one value ago.
    const auto holds = [&](double n1) {
      const double n0 = 32, n = n0 + n1, p = n1 / n, log = std::log(2 * std::log(n) / delta), m = 1 / (1 / n0 + 1 / n1);
      return 1 > std::sqrt(2 / m * p * (1 - p) * log) + 2 * log / (3 * m);
    };
    CHECK(holds(ones));
    if (ones > 5) CHECK(!holds(ones - 1.0));
  }
}

TEST_CASE("what is not finite is passed over") {
  lv::adwin window;
  CHECK(!window.add(std::numeric_limits<double>::quiet_NaN()));
  CHECK(window.count() == 0);
  CHECK(window.mean() == 0);
  CHECK(window.variance() == 0);
}

TEST_CASE("one value that is out of all measure does not make it blind") {
  lv::adwin window;
  for (int i = 0; i < 500; ++i) window.add(i == 100 ? 1e200 : i % 2);
  bool changed = false;
  for (int i = 0; i < 500; ++i) changed |= window.add(i % 2 + 5);
  CHECK(changed);
  CHECK(window.mean() == doctest::Approx(5.5).epsilon(0.02));
}
