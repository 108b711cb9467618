// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/fir.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
std::vector<float> noise(std::size_t n) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> all(n);
  for (float& x : all) x = normal(random);
  return all;
}
double gain(const std::vector<float>& weights, double frequency) {
  double re = 0, im = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    re += static_cast<double>(weights[k]) * std::cos(2 * std::acos(-1.0) * frequency * static_cast<double>(k));
    im += static_cast<double>(weights[k]) * std::sin(2 * std::acos(-1.0) * frequency * static_cast<double>(k));
  }
  return std::hypot(re, im);
}
}  // namespace

TEST_CASE("on every instruction set sliding sums and products are those of the definition") {
  const auto samples = noise(600), weights = noise(70);
  for (const lv::isa isa : lv::isas) {
    const auto* set = lv::kernels_for<lv::fir_kernels>(isa);
    if (set == nullptr) continue;
    INFO(lv::name_of(isa));
    for (std::size_t count = 1; count <= weights.size(); ++count) {
      const std::size_t n = 7 * count;
      std::vector<float> out(n + 1, 99);
      set->slide(samples.data(), n, weights.data(), count, out.data());
      CHECK(out[n] == 99);
      double worst = 0;
      for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < count; ++k) sum += static_cast<double>(weights[k]) * static_cast<double>(samples[i + k]);
        worst = std::max(worst, std::fabs(sum - static_cast<double>(out[i])));
        worst = std::max(worst, std::fabs(sum - static_cast<double>(set->dot(samples.data() + i, weights.data(), count))));
      }
      CHECK(worst < 4e-5);
    }
  }
}

TEST_CASE("a filter is a convolution with its weights, however the samples are cut, and into their own place") {
  static_assert(std::is_trivially_copyable_v<lv::fir_filter<31>>);
  const auto samples = noise(1000), weights = noise(31);
  std::vector<float> expected;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    double sum = 0;
    for (std::size_t k = 0; k <= std::min<std::size_t>(i, 30); ++k)
      sum += static_cast<double>(weights[k]) * static_cast<double>(samples[i - k]);
    expected.push_back(static_cast<float>(sum));
  }
  for (const std::size_t length : {1u, 7u, 256u, 300u, 1000u}) {
    lv::fir_filter<31> filter(std::span<const float, 31>(weights.data(), 31));
    auto out = samples;
    for (std::size_t i = 0; i < out.size(); i += length) {
      const auto part = std::span(out).subspan(i, std::min(length, out.size() - i));
      filter.filter(part, part);
    }
    double worst = 0;
    for (std::size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::fabs(static_cast<double>(out[i] - expected[i])));
    CHECK(worst < 4e-5);
  }
}

TEST_CASE("a low pass lets what is below pass, halves at its cutoff, and is silent beyond") {
  std::vector<float> weights(100);
  lv::lowpass_weights(weights, 0.2);
  CHECK(gain(weights, 0) == doctest::Approx(1).epsilon(1e-6));
  for (double f = 0; f < 0.17; f += 0.01) CHECK(gain(weights, f) == doctest::Approx(1).epsilon(1e-3));
  CHECK(gain(weights, 0.2) == doctest::Approx(0.5).epsilon(0.01));
  for (double f = 0.23; f <= 0.5; f += 0.003) CHECK(gain(weights, f) < 1.2e-4);
}
