// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/integral.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lv = levada;

TEST_CASE("acceleration becomes velocity: the amplitude of a tone over its angular frequency, whatever the sensor's offset") {
  constexpr double rate = 10'000, hertz = 100;
  const double w = 2 * std::acos(-1.0) * hertz;
  std::vector<float> samples(5000), velocity(5000);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>(9.81 + 20 * std::sin(w * static_cast<double>(i) / rate));
  lv::integral_without_drift(samples, rate, velocity);
  double square = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    square += static_cast<double>(velocity[i]) * static_cast<double>(velocity[i]) / static_cast<double>(samples.size());
    REQUIRE(std::fabs(static_cast<double>(velocity[i]) + 20 / w * std::cos(w * static_cast<double>(i) / rate)) < 0.02 * 20 / w);
  }
  CHECK(std::sqrt(square) == doctest::Approx(20 / w / std::sqrt(2)).epsilon(1e-3));
}

TEST_CASE("it is the sum of trapezoids less its line of least squares, into its own place as well") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(2, 1);
  for (const std::size_t n : {1u, 2u, 3u, 100u, 101u}) {
    std::vector<float> samples(n), out(n);
    for (float& x : samples) x = normal(random);
    std::vector<double> sums(n);
    for (std::size_t i = 1; i < n; ++i)
      sums[i] = sums[i - 1] + (static_cast<double>(samples[i]) + static_cast<double>(samples[i - 1])) / 2 / 50;
    double mi = 0, ms = 0, ii = 0, is = 0;
    const auto count = static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) mi += static_cast<double>(i) / count, ms += sums[i] / count;
    for (std::size_t i = 0; i < n; ++i)
      ii += std::pow(static_cast<double>(i) - mi, 2), is += (static_cast<double>(i) - mi) * (sums[i] - ms);
    const double slope = n > 1 ? is / ii : 0;
    lv::integral_without_drift(samples, 50, out);
    lv::integral_without_drift(samples, 50, samples);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(std::fabs(static_cast<double>(out[i]) - (sums[i] - ms - slope * (static_cast<double>(i) - mi))) < 1e-6);
      CHECK(samples[i] == out[i]);
    }
  }
}

TEST_CASE("one sample that is not finite makes all of it NaN") {
  std::vector<float> samples(10, 1.0f);
  samples[4] = std::numeric_limits<float>::infinity();
  lv::integral_without_drift(samples, 1, samples);
  for (const float x : samples) CHECK(std::isnan(x));
}
