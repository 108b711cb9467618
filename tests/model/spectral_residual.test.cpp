// SPDX-License-Identifier: BSL-1.0
#include <levada/model/spectral_residual.hpp>

#include "../support/series.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <complex>
#include <vector>

namespace lv = levada;

TEST_CASE("it keeps what a detector promises") {
  CHECK(support::keeps_promises(lv::spectral_residual{}, support::waves(500, 50, 0.1)));
}

TEST_CASE("the saliency map is the one of the paper, by sums over all terms") {
  support::random r{1};
  std::array<double, 32> series;
  for (double& v : series) v = r.normal(1, 2);
  const auto turn = [](std::size_t i, std::size_t k, double sign) {
    return std::polar(1.0, sign * 2 * M_PI * static_cast<double>(i * k % 32) / 32);
  };
  std::vector<std::complex<double>> spectrum(32);
  for (std::size_t k = 0; k < 32; ++k)
    for (std::size_t i = 0; i < 32; ++i) spectrum[k] += series[i] * turn(i, k, -1);
  const auto map = lv::spectral_residual<32>::saliency(series);
  for (std::size_t i = 0; i < 32; ++i) {
    std::complex<double> sum;
    for (std::size_t k = 0; k < 32; ++k) {
      const auto l = [&](std::size_t at) { return std::log(std::abs(spectrum[at % 32])); };
      sum += std::polar(std::exp(l(k) - (l(k + 31) + l(k) + l(k + 1)) / 3), std::arg(spectrum[k])) * turn(i, k, 1);
    }
    CHECK(map[i] == doctest::Approx(std::abs(sum) / 32));
  }
}

TEST_CASE("the series goes on with the mean slope that it had before its last value") {
  lv::spectral_residual<32> detector;
  for (int i = 0; i < 26; ++i) detector.score({}, 100 + 2 * i);
  detector.score({}, 1000);
  const auto all = detector.continued();
  CHECK(all[26] == 900);
  for (std::size_t i = 27; i < 32; ++i) CHECK(all[i] == doctest::Approx(42 + 2 * 5));
}

TEST_CASE("a spike is an alarm when it comes; waves and flat lines are not") {
  auto series = support::waves(1000, 200, 0.05);
  series[700].value += 3;
  const auto scores = support::scores(lv::spectral_residual{}, series);
  CHECK(scores[700] >= lv::alarm_score);
  CHECK(support::alarms(scores, 0, 700) <= 35);
  CHECK(support::alarms(support::scores(lv::spectral_residual{}, support::noise(300, 5, 0)), 0, 300) == 0);
}
