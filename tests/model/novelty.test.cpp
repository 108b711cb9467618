// SPDX-License-Identifier: BSL-1.0
#include <levada/model/novelty.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace lv = levada;
using support::point;

namespace {
std::vector<point> mapped(std::vector<point> series, double factor, double offset) {
  for (point& p : series) p.value = p.value * factor + offset;
  return series;
}
}  // namespace

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::novelty{}, support::waves(3000, 288, 0.1)));
  CHECK(support::keeps_promises(lv::novelty{}, support::noise(2000, 0, 1e99)));
}

TEST_CASE("noise and waves are quiet, and what has never been is an alarm at once") {
  auto series = support::waves(4000, 288, 0.05);
  CHECK(support::alarms(support::scores(lv::novelty{}, series), 600, 4000) <= 3);
  SUBCASE("a spike") { series[3000].value += 3; }
  SUBCASE("another level") {
    for (std::size_t i = 3000; i < 4000; ++i) series[i].value += 3;
  }
  SUBCASE("standing still in a wave") {
    for (std::size_t i = 3000; i < 4000; ++i) series[i].value = 20;
  }
  SUBCASE("a wave that is twice as fast") {
    for (std::size_t i = 3000; i < 4000; ++i) series[i].value = 20 + std::sin(static_cast<double>(i) * 6.2831853 / 40);
  }
  const auto scores = support::scores(lv::novelty{}, series);
  CHECK(support::alarms(scores, 3000, 3100) >= 1);
  CHECK(support::alarms(scores, 3000, 4000) <= 6);
}

TEST_CASE("a flat line is quiet; its first step is an alarm") {
  std::vector<point> series = support::noise(1000, 0, 0);
  CHECK(support::alarms(support::scores(lv::novelty{}, series), 0, 1000) == 0);
  for (std::size_t i = 700; i < 1000; ++i) series[i].value = 1e-9;
  const auto scores = support::scores(lv::novelty{}, series);
  CHECK(scores[700] >= lv::alarm_score);
  CHECK(support::alarms(scores, 0, 1000) == 1);
}

TEST_CASE("units do not matter") {
  auto series = support::waves(2000, 288, 0.1);
  for (point& p : series) p.value -= 20;
  series[1500].value += 5;
  const auto scores = support::scores(lv::novelty{}, series);
  for (const double factor : {0x1p-20, 0x1p20}) CHECK(support::scores(lv::novelty{}, mapped(series, factor, 0)) == scores);
}

TEST_CASE("an incident is one alarm, until it grows") {
  lv::detail::alarm_rule rule;
  for (int i = 0; i < 1000; ++i) CHECK(rule(0.1, 1) <= 0.1f);
  CHECK(rule(2, 1) == doctest::Approx(2.0 / 3));
  CHECK(rule(2.9, 1) == 0);
  CHECK(rule(3.1, 1) > 0.75f);
  for (int i = 0; i < 99; ++i) CHECK(rule(2, 1) == 0);
  for (int i = 0; i < 101; ++i) rule(0, 1);
  CHECK(rule(2, 1) > 0.5f);
}

TEST_CASE("below the limit only the greatest of the span behind it has a score") {
  support::random r{3};
  lv::detail::alarm_rule rule;
  std::vector<double> past;
  for (std::size_t row = 1; row <= 5000; ++row) {
    const double v = r.between(0, 0.9);
    const std::size_t span = std::clamp<std::size_t>(row / 10, 50, 200), from = past.size() > span ? past.size() - span : 0;
    const bool greatest =
        std::all_of(past.begin() + static_cast<std::ptrdiff_t>(from), past.end(), [&](double p) { return p < v; });
    REQUIRE((rule(v, 1) > 0) == greatest);
    past.push_back(v);
  }
}

TEST_CASE("codebook: the distance to the nearest remembered point, and the idlest makes room") {
  support::random r{4};
  lv::detail::codebook<3, 16> book;
  struct remembered {
    std::array<float, 3> at;
    std::uint32_t used;
  };
  std::vector<remembered> all;
  for (std::uint32_t now = 0; now < 2000; ++now) {
    std::array<float, 3> p;
    for (float& v : p) v = static_cast<float>(r.between(0, 2));
    const auto distance = [&](const remembered& one) {
      double sum = 0;
      for (std::size_t k = 0; k < 3; ++k) sum += std::pow(static_cast<double>(one.at[k] - p[k]), 2);
      return std::sqrt(sum / 3);
    };
    const auto nearest = std::min_element(all.begin(), all.end(), [&](auto& a, auto& b) { return distance(a) < distance(b); });
    const double expected = all.empty() ? 0 : distance(*nearest);
    REQUIRE(static_cast<double>(book.learn(p, 0.4f, now)) == doctest::Approx(expected).epsilon(1e-5));
    if (!all.empty() && expected <= 0.4) {
      nearest->used = now;
    } else if (all.size() < 16) {
      all.push_back({p, now});
    } else {
      *std::min_element(all.begin(), all.end(), [](auto& a, auto& b) { return a.used < b.used; }) = {p, now};
    }
  }
}

TEST_CASE("one value that is no measurement blinds it neither to what follows, nor makes it cry") {
  for (const double wild : {65535.0, 1e9, 3.4e38, -1e99})
    for (const std::size_t at : {50u, 2000u}) {
      auto series = support::noise(4000, 20, 0.1);
      series[at].value = wild;
      for (std::size_t i = 3500; i < 4000; ++i) series[i].value += 3;
      const auto scores = support::scores(lv::novelty{}, series);
      CHECK(support::alarms(scores, at + 10, 3500) <= 8);
      CHECK(support::alarms(scores, 3500, 3510) >= 1);
      if (at == 2000) CHECK(scores[at] >= lv::alarm_score);
    }
}

TEST_CASE("from one end of time to the other") {
  auto series = support::waves(500, 50, 0.1);
  for (std::size_t i = 0; i < 500; ++i) series[i].time.ns = i % 2 == 0 ? INT64_MIN : INT64_MAX;
  CHECK(support::keeps_promises(lv::novelty{}, series));
}

TEST_CASE("it counts on beyond 2^32 values: a sensor of a kilohertz gets there in fifty days") {
  lv::detail::outlook outlook;
  constexpr auto late = std::uint64_t{1} << 32;
  for (std::uint64_t now = late - 300; now < late; ++now) outlook.learn(now % 2 == 0 ? 1 : -1, 0, now);
  CHECK(outlook.learn(1e6, 0, late) > 1);
}

TEST_CASE("period_finder finds the lag after which a series comes again, and none in noise") {
  for (const std::size_t period : {24u, 100u, 311u}) {
    lv::detail::period_finder finder;
    const auto series = support::waves(4000, period, 0.05);
    for (const point& p : series) finder.add(p.value);
    CHECK(finder.period() >= period - 1 - period / 100);
    CHECK(finder.period() <= period + 1 + period / 100);
    for (const std::size_t lag : {1u, 2u, 500u, 1000u})
      CHECK(finder.before(lag) == doctest::Approx(series[series.size() - lag].value).epsilon(1e-6));
  }
  lv::detail::period_finder finder;
  for (const point& p : support::noise(4000, 1e6, 3)) finder.add(p.value);
  CHECK(finder.period() == 0);
  lv::detail::period_finder spoilt;
  spoilt.add(1e60);
  spoilt.add(-1e60);
  for (const point& p : support::waves(4000, 100, 0.05)) spoilt.add(p.value);
  CHECK(spoilt.period() == 0);
}

TEST_CASE("magnitude_sketch: quantiles to seven percent, and the deviation of normal noise") {
  support::random r{5};
  lv::detail::magnitude_sketch sketch;
  std::vector<float> all;
  for (int i = 0; i < 2000; ++i) {
    all.push_back(static_cast<float>(std::exp(r.normal(0, 3))));
    sketch.add(all.back());
  }
  std::sort(all.begin(), all.end());
  const auto found = sketch.quantiles<3>({0.1f, 0.5f, 0.9f});
  CHECK(found[0] == doctest::Approx(all[200]).epsilon(0.3));  // older values count less: not the quantile of all
  CHECK(found[1] == doctest::Approx(all[1000]).epsilon(0.2));
  CHECK(found[2] == doctest::Approx(all[1800]).epsilon(0.3));
  lv::detail::magnitude_sketch normal;
  for (int i = 0; i < 20'000; ++i) normal.add(static_cast<float>(std::fabs(r.normal(0, 7))));
  CHECK(normal.deviation() == doctest::Approx(7).epsilon(0.08));
  lv::detail::magnitude_sketch one;
  one.add(100);
  CHECK(one.quantiles<1>({0.5f})[0] == doctest::Approx(100).epsilon(0.07));
}

TEST_CASE("a mixture of forecasts follows the expert that errs least") {
  lv::detail::forecasters f;
  using lv::detail::forecasters;
  double error = 0, naive = 0;
  const auto series = support::waves(6000, 137, 0.01);
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (f.expect(series[i].time) && i > 3000) {
      error += std::fabs(series[i].value - f.mix(1u << forecasters::slow_level | 1u << forecasters::period));
      naive += std::fabs(series[i].value - f.mix(1u << forecasters::slow_level));
    }
    f.learn(series[i].time, series[i].value);
  }
  CHECK(error < naive / 20);
}

TEST_CASE("a record beyond the range of all before is an alarm where residuals are always large") {
  support::random r{6};
  auto series = support::noise(2000, 0, 0);
  for (point& p : series) p.value = r.one_in(2) ? 0 : 100;
  CHECK(support::alarms(support::scores(lv::novelty{}, series), 1500, 1510) == 0);
  series[1500].value = 103;
  CHECK(support::alarms(support::scores(lv::novelty{}, series), 1500, 1510) == 0);
  series[1500].value = 130;
  CHECK(support::scores(lv::novelty{}, series)[1500] >= lv::alarm_score);
}
