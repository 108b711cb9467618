// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/spectral.hpp>

#include <levada/feature/features.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace lv = levada;
using doctest::Approx;

namespace {
constexpr double rate = 8'192;  // a bin is 8 Hz

std::vector<float> tone(double frequency, double amplitude, std::size_t n = 1024) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = static_cast<float>(2 + amplitude * std::sin(6.283185307179586 * frequency * static_cast<double>(i) / rate));
  return x;
}
template <class F>
auto value(const std::vector<float>& x, float rpm = 0) {
  return lv::feature_extractor<1024, lv::sample_rate<8'192>, F>{}(x, rpm).template get<F>();
}
}  // namespace

TEST_CASE("a tone has its mean square in its band, and nothing elsewhere; the mean of the samples is in none") {
  const auto x = tone(1'000, 3);
  CHECK(value<lv::band_energy<900, 1'100>>(x) == Approx(4.5).epsilon(1e-4));
  CHECK(value<lv::band_energy<0, 900>>(x) < 1e-4);
  CHECK(value<lv::band_energy<1'100, 4'097>>(x) < 1e-4);
  const auto bands = value<lv::band_energies<4>>(x);
  CHECK(bands[0] + bands[1] == Approx(4.5).epsilon(1e-4));
  CHECK(bands[3] < 1e-4);
  CHECK(value<lv::band_energy<4'097, 5'000>>(x) == 0);
}

TEST_CASE("the dominant frequency lies between bins") {
  for (const double frequency : {300.0, 302.0, 305.5, 2'345.6})
    CHECK(std::fabs(static_cast<double>(value<lv::dominant_frequency>(tone(frequency, 0.1))) - frequency) < 0.4);
}

TEST_CASE("centroid, spread and rolloff of a tone are its frequency, and little") {
  const auto x = tone(1'200, 1);
  CHECK(value<lv::spectral_centroid>(x) == Approx(1'200).epsilon(1e-3));
  CHECK(value<lv::spectral_spread>(x) < 10);
  CHECK(value<lv::spectral_rolloff<85>>(x) == Approx(1'208).epsilon(0.01));
  CHECK(value<lv::spectral_flatness>(x) < 1e-3);
  CHECK(value<lv::spectral_entropy>(x) < 0.3);
}

TEST_CASE("noise is spread and flat") {
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  std::vector<float> x(1024);
  for (float& v : x) v = normal(random);
  CHECK(value<lv::spectral_centroid>(x) == Approx(2'048).epsilon(0.1));
  CHECK(value<lv::spectral_rolloff<50>>(x) == Approx(2'048).epsilon(0.15));
  CHECK(value<lv::spectral_flatness>(x) == Approx(0.56).epsilon(0.15));
  CHECK(value<lv::spectral_entropy>(x) > 0.9);
  float variance = 0;
  for (const float b : value<lv::band_energies<16>>(x)) variance += b;
  CHECK(variance == Approx(1).epsilon(0.15));
}

TEST_CASE("an order line is the effective value at a multiple of the speed") {
  const auto x = tone(100, 2);
  CHECK(value<lv::order_line<1>>(x, 6'000) == Approx(std::sqrt(2.0)).epsilon(1e-3));
  CHECK(value<lv::order_line<2>>(x, 3'000) == Approx(std::sqrt(2.0)).epsilon(1e-3));
  CHECK(value<lv::order_line<3>>(x, 6'000) < 0.01);
  CHECK(value<lv::order_line<2>>(x, 1e9f) == 0);  // beyond half of the sample rate nothing is
}

TEST_CASE("velocity is acceleration over angular frequency") {
  CHECK(value<lv::velocity_rms<10, 1'000>>(tone(160, 3)) == Approx(3 / std::sqrt(2.0) / (6.2831853 * 160)).epsilon(0.01));
  CHECK(value<lv::velocity_rms<10, 1'000>>(tone(2'000, 3)) < 1e-5);
}

TEST_CASE("windows that are not full, silent or hardly there have what they have") {
  const auto x = tone(1'000, 3, 700);
  CHECK(value<lv::band_energy<900, 1'100>>(x) == Approx(4.5).epsilon(1e-3));
  CHECK(value<lv::dominant_frequency>(x) == Approx(1'000).epsilon(1e-3));
  for (const auto& nothing : {std::vector<float>(1024, 1.0f), std::vector<float>{1, 2, 3}}) {
    CHECK(value<lv::band_energy<0, 4'096>>(nothing) == 0);
    CHECK(value<lv::dominant_frequency>(nothing) == 0);
    CHECK(value<lv::spectral_centroid>(nothing) == 0);
    CHECK(value<lv::spectral_spread>(nothing) == 0);
    CHECK(value<lv::spectral_rolloff<85>>(nothing) == 0);
    CHECK(value<lv::spectral_flatness>(nothing) == 0);
    CHECK(value<lv::spectral_entropy>(nothing) == 0);
  }
}
