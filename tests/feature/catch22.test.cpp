// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/catch22.hpp>

#include "../support/naive_catch22.hpp"

#include <levada/feature/features.hpp>
#include <levada/feature/time_domain.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace lv = levada;

namespace {
constexpr int kinds = 7;
/// Noise, a random walk, a sine in noise, what remembers, what is skewed and trends, what comes in steps of a sensor, and spikes.
std::vector<float> series(int kind, std::size_t n, std::mt19937& random) {
  std::normal_distribution<double> normal;
  std::vector<float> samples(n);
  double last = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double noise = normal(random), at = static_cast<double>(i);
    last = (kind == 1 ? 1 : 0.9) * last + noise;
    const double values[kinds] = {noise,
                                  last,
                                  2 * std::sin(at / 7.3) + 0.3 * noise,
                                  last,
                                  std::exp(noise / 2) + at / static_cast<double>(n),
                                  std::round(2 * last) / 2,
                                  (i % 131 == 7 ? 30 : 0.01) * noise};
    samples[i] = static_cast<float>(100 + 3 * values[kind]);
  }
  return samples;
}
}  // namespace

TEST_CASE("every feature is what its definition says, computed in another way") {
  std::mt19937 random(22);
  for (const std::size_t n : {32u, 100u, 500u, 777u, 1024u, 2048u})
    for (int kind = 0; kind < kinds; ++kind) {
      const auto samples = series(kind, n, random);
      const auto expected = support::naive::catch22(samples);
      std::array<float, 22> features{};
      lv::catch22(samples, features);
      for (std::size_t i = 0; i < 22; ++i) {
        // Samples that come in steps lie on edges of the histograms' bins, to either side by rounding.
        const bool has_bins = i < 2 || i == 4 || i == 10;
        if (kind == 5 && has_bins) continue;
        INFO("series ", kind, " of ", n, ": ", std::string(lv::catch22_names[i]));
        CHECK(static_cast<double>(features[i]) == doctest::Approx(expected[i]).epsilon(2e-4));
      }
    }
}

TEST_CASE("one spike is the outlier that there is") {
  std::vector<float> samples(200);
  samples[100] = 1;
  std::array<float, 22> features{};
  lv::catch22(samples, features);
  const auto expected = support::naive::catch22(samples);
  for (const std::size_t i : {13u, 14u, 16u}) CHECK(static_cast<double>(features[i]) == doctest::Approx(expected[i]));
  CHECK(features[13] == doctest::Approx(0.01));  // the 101st of 200
}

TEST_CASE("level and scale do not matter") {
  std::mt19937 random(5);
  auto samples = series(3, 512, random);
  std::array<float, 22> first{}, second{};
  lv::catch22(samples, first);
  for (float& x : samples) x = x * 4 - 400;
  lv::catch22(samples, second);
  for (std::size_t i = 0; i < 22; ++i) CHECK(first[i] == doctest::Approx(second[i]).epsilon(1e-3));
}

TEST_CASE("a sample that is not finite makes all of them missing, and samples that are the same have no shape") {
  std::vector<float> samples(64, 4.0f);
  std::array<float, 22> features{};
  features.fill(1);
  lv::catch22(samples, features);
  for (const float f : features) CHECK(f == 0);
  for (const float wrong : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const std::size_t at : {0u, 32u, 63u}) {
      samples.assign(64, 4.0f);
      samples[1] = 5;
      samples[at] = wrong;
      lv::catch22(samples, features);
      for (const float f : features) CHECK(std::isnan(f));
    }
}

TEST_CASE("beside other features of a window they have their places and the names of the paper") {
  std::mt19937 random(8);
  const auto samples = series(1, 256, random);
  std::array<float, 22> expected{};
  lv::catch22(samples, expected);
  const auto values = lv::feature_extractor<256, lv::rms, lv::catch22_features>{}(samples);
  CHECK(values.features().size() == 23);
  CHECK(values.get<lv::catch22_features>() == expected);
  CHECK(values.names[1] == "DN_HistogramMode_5");
  CHECK(values.names[22] == "FC_LocalSimple_mean3_stderr");
  const auto few = lv::feature_extractor<256, lv::catch22_features>{}(std::span(samples).first(31));
  for (const float f : few.features()) CHECK(std::isnan(f));
}
