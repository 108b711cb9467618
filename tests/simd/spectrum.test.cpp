// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/spectrum.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace lv = levada;

namespace {

constexpr lv::taper tapers[] = {lv::taper::rectangular, lv::taper::hann, lv::taper::hamming, lv::taper::blackman,
                                lv::taper::flat_top};

struct transform_of {
  std::vector<float> re, im, scratch;
  transform_of(const std::vector<float>& samples, const lv::taper_view& t, float offset = 0)
      : re(samples.size() / 2 + 1), im(re.size()), scratch(samples.size()) {
    lv::tapered_fft(samples, offset, t, {re, im}, scratch);
  }
  operator lv::spectrum_view() const { return {re, im}; }
};
std::vector<float> noise(std::size_t n, float mean, float deviation) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> samples(n);
  for (float& x : samples) x = normal(random);
  return samples;
}
double sum_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float x : values) sum += static_cast<double>(x);
  return sum;
}

}  // namespace

TEST_CASE("a sine of amplitude A has the amplitude A and the power A^2/2, whatever the taper") {
  constexpr std::size_t n = 512, at = 60;
  std::vector<float> samples(n), weights(n), out(n / 2 + 1);
  for (std::size_t i = 0; i < n; ++i)
    samples[i] = static_cast<float>(7 + 3 * std::sin(2 * std::numbers::pi * at * static_cast<double>(i) / n));
  for (const lv::taper t : tapers) {
    const auto view = lv::fill_taper(t, weights);
    const transform_of transform(samples, view);
    lv::amplitude_spectrum(transform, t, out);
    CHECK(out[at] == doctest::Approx(3).epsilon(1e-5));
    CHECK(out[0] == doctest::Approx(7).epsilon(1e-5));
    CHECK(std::fabs(out[200]) < 1e-5f);
    lv::power_spectrum(transform, t, out);
    CHECK(out[at] == doctest::Approx(4.5).epsilon(1e-5));
    CHECK(out[0] == doctest::Approx(49).epsilon(1e-5));
    const transform_of centred(samples, view, 7);
    CHECK(std::fabs(centred.re[0]) < 1e-3f);
  }
}

TEST_CASE("the bins of a density add up to the mean square, and do not depend on the taper") {
  constexpr std::size_t n = 4096;
  constexpr double rate = 25'600;
  const auto samples = noise(n, 0, 2);
  double square = 0;
  for (const float x : samples) square += static_cast<double>(x) * static_cast<double>(x) / n;
  std::vector<float> weights(n), density(n / 2 + 1);
  for (const lv::taper t : tapers) {
    const auto view = lv::fill_taper(t, weights);
    lv::power_density(transform_of(samples, view), t, rate, density);
    CHECK(sum_of(density) * rate / n == doctest::Approx(square).epsilon(t == lv::taper::rectangular ? 1e-5 : 0.1));
  }
}

TEST_CASE("a density averaged over windows is that of each one, on average, without the mean") {
  constexpr std::size_t n = 256, step = 128;
  constexpr double rate = 1'000;
  const auto samples = noise(20'000, 50, 0.5f);
  std::vector<float> weights(n), scratch(lv::welch_scratch(n)), density(n / 2 + 1), one(n / 2 + 1);
  const auto hann = lv::fill_taper(lv::taper::hann, weights);
  const std::size_t windows = lv::welch_density(samples, step, hann, rate, density, scratch);
  CHECK(windows == (20'000 - n) / step + 1);
  std::vector<double> mean(n / 2 + 1);
  for (std::size_t i = 0; i < windows; ++i) {
    const std::vector<float> some(samples.begin() + static_cast<long>(i * step),
                                  samples.begin() + static_cast<long>(i * step + n));
    lv::power_density(transform_of(some, hann, static_cast<float>(sum_of(some) / n)), hann.shape, rate, one);
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += static_cast<double>(one[k]) / static_cast<double>(windows);
  }
  for (std::size_t k = 0; k < mean.size(); ++k) CHECK(std::fabs(static_cast<double>(density[k]) - mean[k]) < 1e-5 * mean[40]);
  for (std::size_t k = 4; k < n / 2; ++k)  // 0.25 units^2 spread evenly over 500 Hz
    CHECK(static_cast<double>(density[k]) == doctest::Approx(0.25 / 500).epsilon(0.5));
  CHECK(sum_of(density) * rate / n == doctest::Approx(0.25).epsilon(0.05));
}

TEST_CASE("bins are those whose frequency lies in the band, the lower end included") {
  const auto check = [](double low, double high, std::size_t first, std::size_t count) {
    const auto b = lv::bins_between(low, high, 1'000, 100);  // a bin every 10 Hz, up to 500
    CHECK(b.first == first);
    CHECK(b.count == count);
  };
  check(0, 10, 0, 1);
  check(0, 10.1, 0, 2);
  check(10, 30, 1, 2);
  check(11, 29, 2, 1);
  check(12, 19, 2, 0);
  check(-5, 1e9, 0, 51);
  check(490, 500, 49, 1);
  check(600, 700, 51, 0);
  check(30, 10, 3, 0);
}

TEST_CASE("the kernels of every instruction set agree with their twins, and keep to their arrays") {
  for (const std::size_t n : {0u, 1u, 3u, 16u, 37u, 129u}) {
    const auto a = noise(n + 1, 0, 1), b = noise(n + 1, 3, 2);
    using member = void (*)(const lv::spectrum_kernels&, const float*, const float*, std::size_t, float*);
    const member members[] = {
        [](const lv::spectrum_kernels& s, const float* x, const float* y, std::size_t k, float* to) {
          s.weigh(x, y, 0.5f, k, to);
        },
        [](const lv::spectrum_kernels& s, const float* x, const float* y, std::size_t k, float* to) { s.power(x, y, 3, k, to); },
        [](const lv::spectrum_kernels& s, const float* x, const float* y, std::size_t k, float* to) {
          s.add_power(x, y, 3, k, to);
        },
        [](const lv::spectrum_kernels& s, const float* x, const float* y, std::size_t k, float* to) {
          s.magnitude(x, y, 3, k, to);
        }};
    for (const lv::isa i : lv::isas)
      if (const auto* set = lv::kernels_for<lv::spectrum_kernels>(i))
        for (const member m : members) {
          INFO(lv::name_of(i), " ", n);
          std::vector<float> twin(n + 2, 42.0f), out(n + 2, 42.0f);
          m(lv::spectrum_kernels::baseline, a.data() + 1, b.data() + 1, n, twin.data() + 1);
          m(*set, a.data() + 1, b.data() + 1, n, out.data() + 1);
          CHECK(out.front() == 42.0f);
          CHECK(out.back() == 42.0f);
          for (std::size_t k = 0; k < out.size(); ++k) CHECK(out[k] == doctest::Approx(twin[k]).epsilon(1e-6));
        }
  }
}
