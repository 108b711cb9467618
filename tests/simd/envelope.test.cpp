// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/envelope.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <random>
#include <vector>

namespace lv = levada;

namespace {

constexpr double turn = 2 * std::numbers::pi;

struct transform_of {
  std::vector<float> re, im;
  explicit transform_of(const std::vector<float>& samples) : re(samples.size() / 2 + 1), im(re.size()) {
    lv::fft(samples, {re, im});
  }
  operator lv::spectrum_view() const { return {re, im}; }
};
/// The magnitude of the analytic signal of a band at moment `at` of m, term by term.
double magnitude_at(const transform_of& t, lv::bin_range band, std::size_t at, std::size_t m) {
  const std::size_t half = t.re.size() - 1;
  std::complex<double> sum;
  for (std::size_t k = band.first; k < band.first + band.count; ++k) {
    const double weight = k == 0 || k == half ? 1 : 2, angle = turn * static_cast<double>(k * at % m) / static_cast<double>(m);
    sum += weight * std::complex<double>(static_cast<double>(t.re[k]), static_cast<double>(t.im[k])) * std::polar(1.0, angle);
  }
  return std::abs(sum) / static_cast<double>(2 * half);
}

}  // namespace

TEST_CASE("the envelope of a band is what the definition says, at as many moments as asked for") {
  constexpr std::size_t n = 512;
  std::mt19937 random(3);
  std::normal_distribution<float> normal(1, 1);
  std::vector<float> samples(n);
  for (float& x : samples) x = normal(random);
  const transform_of t(samples);
  const struct {
    lv::bin_range band;
    std::size_t moments;
  } cases[] = {{{40, 60}, 128}, {{40, 60}, 512}, {{0, 30}, 64}, {{200, 57}, 128}, {{0, 257}, 512}, {{7, 1}, 2}, {{9, 0}, 64}};
  for (const auto& [band, moments] : cases) {
    std::vector<float> envelope(moments), scratch(moments);
    lv::band_envelope(t, band, envelope, scratch);
    for (std::size_t i = 0; i < moments; ++i) {
      INFO(band.first, " ", moments, " ", i);
      CHECK(std::fabs(static_cast<double>(envelope[i]) - magnitude_at(t, band, i, moments)) < 1e-5);
    }
  }
}

TEST_CASE("the spectrum of the envelope shows how often a resonance is hit, and how deep") {
  constexpr std::size_t n = 2048, m = 256;
  std::vector<float> samples(n), envelope(m), weights(m), out(m / 2 + 1), scratch(lv::envelope_scratch(m));
  for (std::size_t i = 0; i < n; ++i) {  // a tone in bin 500 that grows and fades 37 times, beside a louder slow one
    const double t = static_cast<double>(i) / n;
    samples[i] = static_cast<float>((2 + 0.8 * std::cos(turn * 37 * t)) * std::sin(turn * 500 * t) + 20 * std::sin(turn * 3 * t));
  }
  lv::band_envelope(transform_of(samples), {440, 120}, envelope, scratch);
  for (std::size_t i = 0; i < m; ++i)
    CHECK(static_cast<double>(envelope[i]) ==
          doctest::Approx(2 + 0.8 * std::cos(turn * 37 * static_cast<double>(i) / m)).epsilon(1e-4));
  lv::envelope_spectrum(envelope, lv::fill_taper(lv::taper::hann, weights), out, scratch);
  CHECK(out[37] == doctest::Approx(0.8).epsilon(1e-4));
  for (const std::size_t k : {0u, 10u, 30u, 44u, 128u}) CHECK(std::fabs(out[k]) < 1e-4f);
}
