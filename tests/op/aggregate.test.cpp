// SPDX-License-Identifier: BSL-1.0
#include <levada/op/aggregate.hpp>

#include "../support/stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace lv = levada;

namespace {

/// What a window combines its panes into.
template <class V, class... As>
using cell = lv::merged_moments<V, (0u | ... | As::needs)>;

/// Everything at once, as the union that a window would keep.
template <class V>
using full = cell<V, lv::count, lv::sum, lv::mean, lv::min, lv::max, lv::variance, lv::stddev, lv::first, lv::last>;

/// One pane of values, of which there is at least one.
template <class Cell, class V>
typename Cell::pane pane_of(std::span<const V> values) {
  typename Cell::pane p;
  p.begin(values.front());
  for (const V& v : values) p.add(v);
  return p;
}
template <class Cell, class V>
Cell of(const std::vector<V>& values) {
  Cell c;
  c.merge(pane_of<Cell>(std::span<const V>(values)), values.size());
  return c;
}
/// The same values in several panes of random length, merged in order.
template <class Cell, class V>
Cell merged(const std::vector<V>& values, support::random& r) {
  Cell all;
  for (std::size_t at = 0; at < values.size();) {
    const std::size_t n = std::min<std::size_t>(1 + r.below(20), values.size() - at);
    all.merge(pane_of<Cell>(std::span<const V>(values).subspan(at, n)), n);
    at += n;
  }
  return all;
}

struct exact {
  long double mean = 0, variance = 0;
};
/// Two passes in long double.
template <class V>
exact reference(const std::vector<V>& values) {
  exact e;
  const auto n = static_cast<long double>(values.size());
  for (const V& v : values) e.mean += static_cast<long double>(v);
  e.mean /= n;
  for (const V& v : values) e.variance += (static_cast<long double>(v) - e.mean) * (static_cast<long double>(v) - e.mean);
  e.variance /= n;
  return e;
}
double relative(double got, long double wanted) {
  return static_cast<double>(std::fabs((static_cast<long double>(got) - wanted) / wanted));
}
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE_TEMPLATE("each aggregate equals its definition, for every kind of number", V, double, float, std::int8_t, std::uint8_t,
                   std::int16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t) {
  support::random r{7};
  for (int round = 0; round < 200; ++round) {
    std::vector<V> values(1 + r.below(200));
    for (V& v : values) {
      if constexpr (std::is_floating_point_v<V>)
        v = static_cast<V>(r.between(-1000, 1000));
      else
        v = static_cast<V>(r.below(100)) - static_cast<V>(std::is_signed_v<V> ? 50 : 0);
    }
    const auto wanted = reference(values);
    for (bool split : {false, true}) {
      const auto c = split ? merged<full<V>>(values, r) : of<full<V>>(values);
      const double tolerance = 1e-12 * (1000 + std::fabs(static_cast<double>(wanted.mean)));
      CHECK(lv::count::of(c) == values.size());
      CHECK(lv::min::of(c) == *std::ranges::min_element(values));
      CHECK(lv::max::of(c) == *std::ranges::max_element(values));
      CHECK(lv::first::of(c) == values.front());
      CHECK(lv::last::of(c) == values.back());
      CHECK(std::fabs(lv::mean::of(c) - static_cast<double>(wanted.mean)) <= tolerance);
      CHECK(std::fabs(lv::variance::of(c) - static_cast<double>(wanted.variance)) <=
            1e-11 * (1 + static_cast<double>(wanted.variance)));
      CHECK(lv::stddev::of(c) == std::sqrt(lv::variance::of(c)));
      if constexpr (std::is_integral_v<V>) {
        std::int64_t sum = 0;
        for (V v : values) sum += static_cast<std::int64_t>(v);
        CHECK(static_cast<std::int64_t>(lv::sum::of(c)) == sum);  // beside a variance, too
      }
    }
  }
}

TEST_CASE("sums of integers are exact in 64 bits") {
  const auto c = of<cell<std::int64_t, lv::sum, lv::mean>>(std::vector<std::int64_t>{1'000'000'000'000'000'001, 1, -3});
  CHECK(lv::sum::of(c) == 999'999'999'999'999'999);
  const auto u = of<cell<std::uint64_t, lv::sum>>(std::vector<std::uint64_t>{UINT64_MAX - 5, 5});
  CHECK(lv::sum::of(u) == UINT64_MAX);
  const auto b = of<cell<std::uint8_t, lv::sum>>(std::vector<std::uint8_t>(1000, 255));
  CHECK(lv::sum::of(b) == 255'000);
}

TEST_CASE("the deviation keeps its digits at a large mean and a small sigma") {
  support::random r{11};
  for (auto [mean, sigma, bound] :
       {std::array{1e6, 1e-2, 1e-9}, {1e9, 1.0, 1e-9}, {-1e9, 1e-3, 1e-9}, {0.0, 1e-12, 1e-9}, {1e12, 10.0, 1e-9}}) {
    CAPTURE(mean);
    std::vector<double> values(100'000);
    for (double& v : values) v = r.normal(mean, sigma);
    const auto wanted = reference(values);
    for (bool split : {false, true}) {
      CAPTURE(split);
      using C = cell<double, lv::mean, lv::stddev>;
      const auto c = split ? merged<C>(values, r) : of<C>(values);
      CHECK(relative(lv::stddev::of(c), std::sqrt(wanted.variance)) <= bound);
      CHECK(std::fabs(lv::mean::of(c) - static_cast<double>(wanted.mean)) <= 1e-15 * std::fabs(mean) + 1e-9 * sigma);
    }
  }
}

TEST_CASE("equal values have no deviation, whichever they are") {
  for (double v : {0.1, 1e300, -1e-300, 123456789.123}) {
    support::random r{1};
    const std::vector<double> values(1000, v);
    CHECK(lv::stddev::of(of<cell<double, lv::stddev>>(values)) == 0);
    CHECK(lv::stddev::of(merged<cell<double, lv::stddev>>(values, r)) == 0);
    CHECK(lv::mean::of(merged<cell<double, lv::mean, lv::stddev>>(values, r)) == v);
  }
}

TEST_CASE("one value is its own mean, least, greatest, first and last") {
  const auto c = of<full<float>>(std::vector{-2.5f});
  CHECK(lv::mean::of(c) == -2.5);
  CHECK(lv::min::of(c) == -2.5f);
  CHECK(lv::max::of(c) == -2.5f);
  CHECK(lv::first::of(c) == -2.5f);
  CHECK(lv::last::of(c) == -2.5f);
  CHECK(lv::variance::of(c) == 0);
}

TEST_CASE("a NaN anywhere, alone or merged, makes every result of its window NaN, but count, first and last") {
  for (std::size_t where : {0u, 1u, 17u, 39u}) {
    CAPTURE(where);
    std::vector<double> values(40, 1);
    values[where] = not_a_number;
    support::random r{where};
    for (bool split : {false, true}) {
      const auto c = split ? merged<full<double>>(values, r) : of<full<double>>(values);
      CHECK(lv::count::of(c) == 40);
      CHECK(std::isnan(lv::mean::of(c)));
      CHECK(std::isnan(lv::sum::of(c)));
      CHECK(std::isnan(lv::min::of(c)));
      CHECK(std::isnan(lv::max::of(c)));
      CHECK(std::isnan(lv::stddev::of(c)));
    }
  }
}

TEST_CASE("an infinity makes sums and moments not finite, and is the least or the greatest") {
  for (std::size_t where : {0u, 1u, 17u, 39u}) {
    CAPTURE(where);
    std::vector<double> values(40, 1);
    values[where] = infinite;
    support::random r{where};
    for (bool split : {false, true}) {
      const auto c = split ? merged<full<double>>(values, r) : of<full<double>>(values);
      CHECK(!std::isfinite(lv::mean::of(c)));
      CHECK(!std::isfinite(lv::stddev::of(c)));
      CHECK(lv::min::of(c) == 1);
      CHECK(lv::max::of(c) == infinite);
      const auto sums = split ? merged<cell<double, lv::sum>>(values, r) : of<cell<double, lv::sum>>(values);
      CHECK(lv::sum::of(sums) == infinite);
      CHECK(lv::mean::of(sums) == infinite);
    }
  }
}

TEST_CASE("NaN and infinities together: what adds is NaN, and so are the least and the greatest") {
  for (const std::vector<double>& values :
       {std::vector{infinite, not_a_number, 1.0}, {not_a_number, -infinite, 1.0}, {1.0, infinite, -infinite, not_a_number}}) {
    support::random r{3};
    for (bool split : {false, true}) {
      const auto c = split ? merged<full<double>>(values, r) : of<full<double>>(values);
      CHECK(std::isnan(lv::mean::of(c)));
      CHECK(std::isnan(lv::stddev::of(c)));
      CHECK(std::isnan(lv::min::of(c)));
      CHECK(std::isnan(lv::max::of(c)));
    }
  }
}

TEST_CASE("without a NaN, infinities of both signs are the least and the greatest, wherever they are") {
  std::vector<double> values{infinite, 3, -infinite, 1, 2};
  for (int turn = 0; turn < 5; ++turn) {
    std::ranges::rotate(values, values.begin() + 1);
    support::random r{static_cast<std::uint64_t>(turn)};
    for (bool split : {false, true}) {
      const auto c = split ? merged<full<double>>(values, r) : of<full<double>>(values);
      CHECK(lv::min::of(c) == -infinite);
      CHECK(lv::max::of(c) == infinite);
    }
  }
}

TEST_CASE("the least and the greatest alone, without squares beside them, remember a NaN as well") {
  for (std::size_t where : {0u, 1u, 17u, 39u}) {
    std::vector<double> values(40, 1);
    values[where] = not_a_number;
    support::random r{where};
    for (bool split : {false, true}) {
      using C = cell<double, lv::min, lv::max>;
      const auto c = split ? merged<C>(values, r) : of<C>(values);
      CHECK(std::isnan(lv::min::of(c)));
      CHECK(std::isnan(lv::max::of(c)));
    }
  }
}

TEST_CASE("the first value of a pane makes it forget what was there") {
  using C = full<double>;
  auto pane = pane_of<C>(std::span<const double>(std::array{not_a_number, infinite, 7.0}));
  pane.begin(3);
  for (double v : {3.0, 4.0}) pane.add(v);
  C c;
  c.merge(pane, 2);
  CHECK(lv::count::of(c) == 2);
  CHECK(lv::sum::of(c) == 7);
  CHECK(lv::variance::of(c) == 0.25);
  CHECK(lv::min::of(c) == 3);
  CHECK(lv::max::of(c) == 4);
  CHECK(lv::first::of(c) == 3);
  CHECK(lv::last::of(c) == 4);
}

TEST_CASE("the order of a merge is the order of time") {
  auto a = of<full<int>>(std::vector{1, 2});
  a.merge(pane_of<full<int>>(std::span<const int>(std::array{9, 8})), 2);
  CHECK(lv::first::of(a) == 1);
  CHECK(lv::last::of(a) == 8);
}

TEST_CASE("a pane holds what was asked for and no more") {
  CHECK(std::is_empty_v<cell<double, lv::count>::pane>);
  CHECK(sizeof(cell<double, lv::mean>::pane) == 8);
  CHECK(sizeof(cell<double, lv::mean, lv::sum, lv::count>::pane) == 8);
  CHECK(sizeof(cell<double, lv::mean, lv::stddev, lv::variance>::pane) == 24);
  CHECK(sizeof(cell<double, lv::min, lv::max>::pane) == 16);
  CHECK(std::is_trivially_copyable_v<full<double>>);
}

TEST_CASE("integers of 64 bits: a mean of nanoseconds since 1970, and a sum that a variance does not change") {
  std::vector<std::int64_t> times, large;
  for (std::int64_t i = 0; i < 10; ++i) {
    times.push_back(1'700'000'000'000'000'000 + i);
    large.push_back(4'000'000'000'000'000'000 + i);
  }
  CHECK(lv::mean::of(of<cell<std::int64_t, lv::mean>>(times)) == doctest::Approx(1.7e18));
  CHECK(lv::sum::of(of<cell<std::int64_t, lv::sum, lv::stddev>>(large)) ==
        static_cast<std::int64_t>(10 * 4'000'000'000'000'000'000u + 45));
}
