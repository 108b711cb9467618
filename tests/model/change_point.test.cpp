// SPDX-License-Identifier: BSL-1.0
#include <levada/model/change_point.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace lv = levada;

namespace {
/// As in the paper, with every run length, and the density of Student's t as it is defined.
struct naive {
  struct run {
    double p, n, mean, shape, spread;
  };
  double hazard, mean, spread;
  std::vector<run> runs{};

  static double density(double x, double freedom, double center, double variance) {
    return std::exp(std::lgamma((freedom + 1) / 2) - std::lgamma(freedom / 2)) / std::sqrt(freedom * M_PI * variance) *
           std::pow(1 + (x - center) * (x - center) / (freedom * variance), -(freedom + 1) / 2);
  }
  void learn(double x) {
    std::vector<run> next{{0, 0.05, mean, 1, spread}};
    double total = 0;
    for (const run& r : runs) {
      const double joint = r.p * density(x, 2 * r.shape, r.mean, r.spread * (r.n + 1) / (r.shape * r.n));
      total += joint;
      next[0].p += joint * hazard;
      next.push_back({joint * (1 - hazard), r.n + 1, (r.n * r.mean + x) / (r.n + 1), r.shape + 0.5,
                      r.spread + r.n * (x - r.mean) * (x - r.mean) / (2 * (r.n + 1))});
    }
    for (run& r : next) r.p /= total;
    runs = next;
  }
};
}  // namespace

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::change_point<64>{}, support::noise(400, 5, 2)));
}

TEST_CASE("the probabilities of run lengths are those of the paper") {
  auto series = support::noise(180, 5, 2);
  for (std::size_t i = 100; i < 180; ++i) series[i].value += 6;
  lv::change_point<256> detector;
  for (std::size_t i = 0; i < 32; ++i) detector.score(series[i].time, series[i].value);
  naive reference{1.0 / 250, detector.prior_mean, detector.prior_spread};
  reference.runs = {{1, 0.05, reference.mean, 1, reference.spread}};
  double variance = 0, mean = 0;
  for (std::size_t i = 0; i < 32; ++i) mean += series[i].value / 32;
  for (std::size_t i = 0; i < 32; ++i) variance += std::pow(series[i].value - mean, 2) / 32;
  CHECK(detector.prior_mean == doctest::Approx(mean));
  CHECK(detector.prior_spread == doctest::Approx(variance));
  for (std::size_t i = 32; i < series.size(); ++i) {
    const float score = detector.score(series[i].time, series[i].value);
    reference.learn(series[i].value);
    double sum = 0;
    for (std::size_t r = 0; r < reference.runs.size(); ++r) {
      REQUIRE(detector.runs[r].probability == doctest::Approx(reference.runs[r].p).epsilon(1e-8));
      if (r <= 8) sum += reference.runs[r].p;
    }
    if (i >= 60) REQUIRE(static_cast<double>(score) == doctest::Approx(sum).epsilon(1e-5));
  }
}

TEST_CASE("another level and another spread are found where they begin; bounded memory does not change that") {
  auto series = support::noise(1500, 5, 1);
  for (std::size_t i = 900; i < 1200; ++i) series[i].value += 4;
  for (std::size_t i = 1200; i < 1500; ++i) series[i].value = 9 + 6 * (series[i].value - 5);
  const auto scores = support::scores(lv::change_point<64>{}, series);
  CHECK(support::alarms(scores, 100, 900) <= 8);
  CHECK(support::alarms(scores, 900, 906) >= 1);
  CHECK(support::alarms(scores, 920, 1200) <= 8);
  CHECK(support::alarms(scores, 1200, 1225) >= 1);
}

TEST_CASE("a flat line, and a value further away than numbers reach") {
  auto series = support::noise(300, 5, 0);
  CHECK(support::alarms(support::scores(lv::change_point<>{}, series), 0, 300) == 0);
  series[200].value = 1e99;
  const auto scores = support::scores(lv::change_point<>{}, series);
  CHECK(scores[200] >= lv::alarm_score);
  CHECK(scores[299] < lv::alarm_score);
}
