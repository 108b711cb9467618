// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/autocorrelation.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lv = levada;

namespace {

/// The sum of (x[i] - mean) (x[i + lag] - mean)
double products(const std::vector<float>& samples, std::size_t lag) {
  double mean = 0, sum = 0;
  for (const float x : samples) mean += static_cast<double>(x) / static_cast<double>(samples.size());
  for (std::size_t i = 0; i + lag < samples.size(); ++i)
    sum += (static_cast<double>(samples[i]) - mean) * (static_cast<double>(samples[i + lag]) - mean);
  return sum;
}
std::vector<float> correlated(std::size_t n) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> samples(n);
  float x = 0;
  for (float& s : samples) s = 100 + (x = 0.9f * x + normal(random));
  return samples;
}

}  // namespace

TEST_CASE("each lag is what the definition says") {
  for (const std::size_t n : {1u, 2u, 5u, 64u, 700u, 1024u})
    for (const std::size_t lags : {n, n / 3, std::size_t{1}}) {
      const auto samples = correlated(n);
      std::vector<float> out(lags), scratch(lv::autocorrelation_scratch(n, lags));
      const double all = products(samples, 0), count = static_cast<double>(n);
      for (const auto scale : {lv::lag_scale::biased, lv::lag_scale::unbiased, lv::lag_scale::normalised}) {
        lv::autocorrelation(samples, scale, out, scratch);
        for (std::size_t lag = 0; lag < lags; ++lag) {
          INFO(n, " ", lag);
          const double pairs = count - static_cast<double>(lag);
          const double divisor = scale == lv::lag_scale::biased ? count : scale == lv::lag_scale::unbiased ? pairs : all;
          const double right = divisor == 0 ? 0 : products(samples, lag) / divisor;
          CHECK(std::fabs(static_cast<double>(out[lag]) - right) <= 1e-6 * (all == 0 ? 1 : all) / divisor + 1e-12);
          if (lags > 100) lag += 6;
        }
      }
    }
}

TEST_CASE("samples that are all alike resemble nothing, and NaN is everywhere") {
  std::vector<float> samples(100, 7.5f), out(10), scratch(lv::autocorrelation_scratch(100, 10));
  lv::autocorrelation(samples, lv::lag_scale::normalised, out, scratch);
  for (const float x : out) CHECK(x == 0);
  samples[50] = std::numeric_limits<float>::quiet_NaN();
  lv::autocorrelation(samples, lv::lag_scale::biased, out, scratch);
  for (const float x : out) CHECK(std::isnan(x));
}
