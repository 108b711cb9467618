// SPDX-License-Identifier: BSL-1.0
// What windows of many panes forget of a value that has left them: everything. Outliers, infinities and NaNs leave no trace.
#include <levada/op/window.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace lv = levada;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct result {
  double sum, mean, deviation, least, greatest, alone_least, alone_greatest;
};

template <auto Shape, lv::stalls Stalls>
std::vector<result> windows_of(const std::vector<double>& values) {
  std::vector<result> output;
  const auto value = [](double v) { return v; };
  auto flow =
      lv::flow(lv::from(lv::input<double>()) |
               lv::window<Shape, Stalls>(lv::aggregate<lv::mean, lv::stddev, lv::min, lv::max>(value),
                                         lv::aggregate<lv::sum>(value), lv::aggregate<lv::min, lv::max>(value)) |
               lv::to([&output](const auto& row) {
                 output.push_back({row.template get<lv::sum>(), row.template get<lv::mean>(), row.template get<lv::stddev>(),
                                   row.template get<lv::min>(), row.template get<lv::max>(), row.template get<lv::min, 1>(),
                                   row.template get<lv::max, 1>()});
               }));
  if (flow.open()) flow.push(values);
  return output;
}

/// Two passes in long double.
struct exact {
  long double mean = 0, deviation = 0;
};
exact reference(std::span<const double> values) {
  exact e;
  for (double v : values) e.mean += v;
  e.mean /= static_cast<long double>(values.size());
  for (double v : values) e.deviation += (v - e.mean) * (v - e.mean);
  e.deviation = std::sqrt(e.deviation / static_cast<long double>(values.size()));
  return e;
}

constexpr lv::sliding<std::size_t> events_of(std::size_t size, std::size_t slide) { return {size, slide}; }

/// check(row, values of its window) for all windows of all kinds.
template <auto Shape>
void for_each_window(const std::vector<double>& values, auto&& check) {
  for (const auto& rows : {windows_of<Shape, lv::stalls::allowed>(values), windows_of<Shape, lv::stalls::bounded>(values)}) {
    CHECK(rows.size() == (values.size() - Shape.size) / Shape.slide + 1);
    for (std::size_t i = 0; i < rows.size(); ++i)
      check(rows[i], std::span<const double>(values).subspan(i * Shape.slide, Shape.size));
  }
}

}  // namespace

TEST_CASE("the deviation keeps its digits at a large mean and a small sigma, whatever has left the window") {
  support::random r{3};
  std::vector<double> values(4'000);
  for (double& v : values) v = r.one_in(500) ? r.normal(0, 1e12) : r.normal(1e9, 1e-2);
  const auto keeps = [](const result& row, std::span<const double> window) {
    const exact e = reference(window);
    const auto deviation = static_cast<double>(e.deviation);
    const double largest = std::fabs(std::ranges::max(window, {}, [](double v) { return std::fabs(v); }));
    CHECK(std::fabs(row.deviation - deviation) <= 1e-8 * deviation);
    CHECK(std::fabs(row.mean - static_cast<double>(e.mean)) <= 1e-13 * largest);
  };
  for_each_window<events_of(200, 1)>(values, keeps);
  for_each_window<events_of(200, 20)>(values, keeps);
}

TEST_CASE("equal values have no deviation, also after others") {
  std::vector<double> values(300, 123456789.123);
  for (std::size_t i = 0; i < 50; ++i) values[i] = 1e15 / static_cast<double>(i + 1);
  for_each_window<events_of(64, 1)>(values, [](const result& row, std::span<const double> window) {
    if (std::ranges::count(window, window[0]) == 64) {
      CHECK(row.deviation == 0);
      CHECK(row.mean == window[0]);
    }
  });
}

TEST_CASE("sums are those of the window's values and know of no others") {
  std::vector<double> values(300, 0.25);
  values[20] = 1e300;
  values[60] = -1e20;
  for_each_window<events_of(64, 1)>(values, [](const result& row, std::span<const double> window) {
    if (std::ranges::count(window, 0.25) == 64) CHECK(row.sum == 16);
  });
}

TEST_CASE("NaN makes all results NaN while it is in the window; infinities those that add; after it there is no trace") {
  support::random r{9};
  std::vector<double> values(1'500);
  for (double& v : values)
    v = r.one_in(60) ? not_a_number : r.one_in(40) ? infinite : r.one_in(40) ? -infinite : r.between(-1, 1);
  const auto follows_the_rules = [](const result& row, std::span<const double> window) {
    const bool any_nan = std::ranges::any_of(window, [](double v) { return std::isnan(v); });
    const bool any_infinite = std::ranges::any_of(window, [](double v) { return std::isinf(v); });
    CHECK(std::isfinite(row.mean) == !(any_nan || any_infinite));
    CHECK(std::isfinite(row.sum) == !(any_nan || any_infinite));
    CHECK(std::isfinite(row.deviation) == !(any_nan || any_infinite));
    if (any_nan) {
      CHECK(std::isnan(row.mean));
      CHECK(std::isnan(row.sum));
      CHECK(std::isnan(row.deviation));
      for (double v : {row.least, row.greatest, row.alone_least, row.alone_greatest}) CHECK(std::isnan(v));
    } else {
      CHECK(row.least == std::ranges::min(window));
      CHECK(row.greatest == std::ranges::max(window));
      CHECK(row.alone_least == row.least);
      CHECK(row.alone_greatest == row.greatest);
    }
  };
  for_each_window<events_of(16, 1)>(values, follows_the_rules);
  for_each_window<events_of(40, 4)>(values, follows_the_rules);
}

TEST_CASE("sums of integers are taken back exactly, modulo 2^64, for ever") {
  std::vector<std::int64_t> values(2'000);
  support::random r{4};
  for (std::int64_t& v : values) v = static_cast<std::int64_t>(r.next());
  std::vector<std::int64_t> output, expected;
  std::vector<double> means;
  auto flow =
      lv::flow(lv::from(lv::input<std::int64_t>()) |
               lv::window<events_of(100, 1)>(lv::aggregate<lv::sum, lv::mean, lv::count>([](std::int64_t v) { return v; })) |
               lv::to([&](const auto& row) {
                 output.push_back(row.template get<lv::sum>());
                 means.push_back(row.template get<lv::mean>());
               }));
  REQUIRE(flow.open());
  flow.push(values);
  for (std::size_t i = 0; i + 100 <= values.size(); ++i) {
    std::uint64_t sum = 0;
    long double mean = 0;
    for (std::size_t k = i; k < i + 100; ++k)
      sum += static_cast<std::uint64_t>(values[k]), mean += static_cast<long double>(values[k]) / 100;
    expected.push_back(static_cast<std::int64_t>(sum));
    CHECK(std::fabs(means[i] - static_cast<double>(mean)) <= 1e4);
  }
  CHECK(output == expected);
}
