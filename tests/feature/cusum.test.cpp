// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/cusum.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <type_traits>

namespace lv = levada;

namespace {
/// How many normal values it takes, on the average of 400 runs, until a shift is reported.
double run_length(double shift, lv::level_shift expected) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal(shift, 1);
  double values = 0;
  for (int run = 0; run < 400; ++run) {
    lv::cusum chart(0, 0.5, 5);
    lv::level_shift found{};
    while (found == lv::level_shift::none) {
      found = chart.add(normal(random));
      ++values;
    }
    if (expected != lv::level_shift::none) CHECK(found == expected);
  }
  return values / 400;
}
}  // namespace

TEST_CASE("its run lengths are those of the textbook: 465 without a shift, 10.4 with one of a deviation, 4.0 with one of two") {
  static_assert(std::is_trivially_copyable_v<lv::cusum> && sizeof(lv::cusum) == 40);
  CHECK(run_length(0, lv::level_shift::none) == doctest::Approx(465).epsilon(0.12));
  CHECK(run_length(1, lv::level_shift::up) == doctest::Approx(10.4).epsilon(0.06));
  CHECK(run_length(-2, lv::level_shift::down) == doctest::Approx(4.0).epsilon(0.06));
}

TEST_CASE("sums of what is beyond the slack, and a new beginning after a shift") {
  lv::cusum chart(10, 1, 4);
  CHECK(chart.add(13) == lv::level_shift::none);
  CHECK(chart.high() == 2);
  CHECK(chart.add(std::numeric_limits<double>::quiet_NaN()) == lv::level_shift::none);
  CHECK(chart.add(10.5) == lv::level_shift::none);
  CHECK(chart.high() == 1.5);
  CHECK(chart.add(8) == lv::level_shift::none);
  CHECK(chart.high() == 0);
  CHECK(chart.low() == 1);
  CHECK(chart.add(15) == lv::level_shift::none);
  CHECK(chart.add(11.5) == lv::level_shift::up);
  CHECK(chart.high() == 0);
  CHECK(chart.low() == 0);
  CHECK(chart.add(4) == lv::level_shift::down);
}
