// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/moments.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lv = levada;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();

std::vector<float> normal_samples(std::size_t n, float mean, float deviation) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> samples(n);
  for (float& x : samples) x = normal(random);
  return samples;
}
/// The definition, in two passes.
struct reference {
  long double mean = 0, second = 0, third = 0, fourth = 0, magnitude = 0;
  explicit reference(const std::vector<float>& samples) {
    for (const float x : samples) mean += static_cast<long double>(x) / static_cast<long double>(samples.size());
    for (const float x : samples) {
      const long double d = static_cast<long double>(x) - mean;
      second += d * d;
      third += d * d * d;
      fourth += d * d * d * d;
      magnitude += std::fabs(static_cast<long double>(x));
    }
  }
};
template <class Check>
void on_each_isa(Check&& check) {
  for (const lv::isa i : lv::isas)
    if (const auto* set = lv::kernels_for<lv::moment_kernels>(i)) {
      INFO(lv::name_of(i));
      check(*set);
    }
}
void check_against(const reference& right, const lv::sample_moments& m, double tolerance) {
  const double n = static_cast<double>(m.n), second = static_cast<double>(right.second),
               fourth = static_cast<double>(right.fourth);
  const double deviation = std::sqrt(second / n);
  CHECK(std::fabs(m.mean - static_cast<double>(right.mean)) <= tolerance * deviation);
  CHECK(std::fabs(m.second - second) <= tolerance * second);
  CHECK(std::fabs(m.third - static_cast<double>(right.third)) <= tolerance * n * std::pow(deviation, 3));
  CHECK(std::fabs(m.fourth - fourth) <= tolerance * fourth);
  CHECK(m.magnitude == doctest::Approx(static_cast<double>(right.magnitude)).epsilon(1e-6));
}

}  // namespace

TEST_CASE("moments are what two passes say, at any length and mean") {
  for (const std::size_t n : {1u, 2u, 7u, 63u, 64u, 65u, 128u, 1000u, 1024u, 4099u, 100'003u})
    for (const float mean : {0.0f, 3.0f, -1e4f}) {
      const auto samples = normal_samples(n, mean, mean < 0 ? 1e-2f : 2.0f);
      const reference right(samples);
      on_each_isa([&](const lv::moment_kernels& set) {
        INFO(n, " ", mean);
        const auto m = set.moments(samples.data(), n);
        CHECK(m.n == n);
        check_against(right, m, 1e-6);
        float least = samples[0], greatest = samples[0];
        for (const float x : samples) {
          least = std::fmin(x, least);
          greatest = std::fmax(x, greatest);
        }
        CHECK(m.least == least);
        CHECK(m.greatest == greatest);
      });
    }
}

TEST_CASE("a pilot that the signal has misled is looked for again") {
  constexpr std::size_t n = 16'384;
  auto samples = normal_samples(n, 1e4f, 1e-2f);
  for (std::size_t i = 0; i < 8; ++i)  // where kernels look first, whatever their width
    for (std::size_t k = i * ((n - 16) / 7), end = k + 32; k < end && k < n; ++k) samples[k] += 50;
  const reference right(samples);
  on_each_isa([&](const lv::moment_kernels& set) { check_against(right, set.moments(samples.data(), n), 2e-6); });
}

TEST_CASE("tiny and huge samples have moments too") {
  for (const float scale : {1e-15f, 1e-9f, 1e12f}) {
    auto samples = normal_samples(512, 0, 1);
    for (float& x : samples) x *= scale;
    const reference right(samples);
    on_each_isa([&](const lv::moment_kernels& set) {
      INFO(scale);
      check_against(right, set.moments(samples.data(), samples.size()), 1e-6);
    });
  }
}

TEST_CASE("samples that are all alike do not vary at all") {
  for (const float value : {0.0f, 0.1f, -1e30f}) {
    const std::vector<float> samples(300, value);
    on_each_isa([&](const lv::moment_kernels& set) {
      const auto m = set.moments(samples.data(), samples.size());
      CHECK(m.mean == static_cast<double>(value));
      CHECK(m.second == 0);
      CHECK(m.third == 0);
      CHECK(m.fourth == 0);
    });
  }
}

TEST_CASE("NaN is seen in the mean and the sums, and not in the extremes") {
  for (const std::size_t at : {0u, 5u, 500u, 432u, 932u, 1023u}) {  // also later in the registers of the extremes
    auto samples = normal_samples(1024, 0, 1);
    samples[at] = not_a_number;
    samples[400] = -9;
    samples[900] = 9;
    on_each_isa([&](const lv::moment_kernels& set) {
      const auto m = set.moments(samples.data(), samples.size());
      for (const double x : {m.mean, m.second, m.third, m.fourth, m.magnitude}) CHECK(std::isnan(x));
      CHECK(m.least == -9);
      CHECK(m.greatest == 9);
      const auto e = set.extremes(samples.data(), samples.size());
      CHECK(e.least == 400);
      CHECK(e.greatest == 900);
    });
  }
  std::vector<float> samples(1024, 1.0f);
  samples[77] = infinity;
  on_each_isa([&](const lv::moment_kernels& set) {
    const auto m = set.moments(samples.data(), samples.size());
    CHECK_FALSE(std::isfinite(m.mean));
    CHECK_FALSE(std::isfinite(m.second));
    CHECK(m.greatest == infinity);
  });
}

TEST_CASE("extremes lie where they first lie") {
  for (const std::size_t n : {1u, 3u, 31u, 64u, 1001u}) {
    auto samples = normal_samples(n, 0, 1);
    for (float& x : samples) x = std::round(x * 2);  // so that many are the same
    std::size_t least = 0, greatest = 0;
    for (std::size_t i = 1; i < n; ++i) {
      if (samples[i] < samples[least]) least = i;
      if (samples[i] > samples[greatest]) greatest = i;
    }
    on_each_isa([&](const lv::moment_kernels& set) {
      INFO(n);
      const auto e = set.extremes(samples.data(), n);
      CHECK(e.least == least);
      CHECK(e.greatest == greatest);
    });
  }
  const std::vector<float> nothing(100, not_a_number);
  on_each_isa([&](const lv::moment_kernels& set) { CHECK(set.extremes(nothing.data(), nothing.size()).greatest == 0); });
  CHECK(lv::extremes_of({}).least == 0);
  CHECK(lv::moments_of({}).n == 0);
}
