// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/biquad.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
const double pi = std::acos(-1.0);

/// What a sine's amplitude becomes, once the beginning is forgotten.
double measured(auto cascade, double frequency) {
  std::complex<double> sum = 0;
  constexpr int settle = 8000, whole = 4000;
  for (int i = 0; i < settle + whole; ++i) {
    const double y = cascade.filter(std::sin(2 * pi * frequency * i));
    if (i >= settle) sum += y * std::polar(1.0, -2 * pi * frequency * i);
  }
  return 2 * std::abs(sum) / whole;
}
template <std::size_t Order>
void check_butterworth(double frequency) {
  static_assert(std::is_trivially_copyable_v<decltype(lv::butterworth_lowpass<Order>(frequency))>);
  for (const double f : {0.001, 0.02, 0.1, 0.2, 0.3, 0.45}) {
    // The analogue filter's gain at the frequency to which the bilinear transform bends this one.
    const double bent = std::pow(std::tan(pi * f) / std::tan(pi * frequency), 2.0 * Order);
    CHECK(lv::butterworth_lowpass<Order>(frequency).gain(f) == doctest::Approx(1 / std::sqrt(1 + bent)).epsilon(1e-6));
    CHECK(lv::butterworth_highpass<Order>(frequency).gain(f) == doctest::Approx(1 / std::sqrt(1 + 1 / bent)).epsilon(1e-6));
  }
}
}  // namespace

TEST_CASE("Butterworth's filters have the gain of their formula, and sines feel it") {
  check_butterworth<1>(0.1);
  check_butterworth<2>(0.003);
  check_butterworth<3>(0.2);
  check_butterworth<4>(0.1);
  check_butterworth<7>(0.3);
  for (const double f : {0.0125, 0.05, 0.1, 0.2})
    CHECK(measured(lv::butterworth_highpass<5>(0.05), f) ==
          doctest::Approx(lv::butterworth_highpass<5>(0.05).gain(f)).epsilon(1e-3));
}

TEST_CASE("sections by frequency and quality") {
  CHECK(lv::biquad::lowpass(0.1, 3).gain(0.1) == doctest::Approx(3));
  CHECK(lv::biquad::lowpass(0.1, 3).gain(0) == doctest::Approx(1));
  CHECK(lv::biquad::highpass(0.1, 3).gain(0.1) == doctest::Approx(3));
  CHECK(lv::biquad::highpass(0.1, 3).gain(0.5) == doctest::Approx(1));
  CHECK(lv::biquad::bandpass(0.1, 5).gain(0.1) == doctest::Approx(1));
  CHECK(lv::biquad::bandpass(0.1, 5).gain(0.02) < 0.1);
  CHECK(lv::biquad::notch(0.1, 5).gain(0.1) < 1e-9);
  CHECK(lv::biquad::notch(0.1, 5).gain(0.4) == doctest::Approx(1).epsilon(0.01));
  CHECK(measured(lv::biquad_cascade<1>({lv::biquad::bandpass(0.1, 5)}), 0.12) ==
        doctest::Approx(lv::biquad::bandpass(0.1, 5).gain(0.12)).epsilon(1e-3));
}

TEST_CASE("a row of sections is their difference equations, one after the other, by span or by sample, in place") {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  const std::array sections{lv::biquad::lowpass(0.2, 2), lv::biquad::notch(0.1, 4)};
  std::vector<double> x(500);
  for (double& v : x) v = static_cast<double>(static_cast<float>(normal(random)));
  std::vector<float> out(x.begin(), x.end());
  lv::biquad_cascade<2> by_span(sections), by_sample(sections);
  by_span.filter(std::span(out).first(200), std::span(out).first(200));
  by_span.filter(std::span(out).subspan(200), std::span(out).subspan(200));
  const auto stepped = x;
  for (const lv::biquad& s : sections) {
    std::vector<double> y(x.size());
    const auto at = [](const std::vector<double>& v, std::size_t i, std::size_t back) { return i < back ? 0 : v[i - back]; };
    for (std::size_t i = 0; i < x.size(); ++i)
      y[i] = s.b0 * x[i] + s.b1 * at(x, i, 1) + s.b2 * at(x, i, 2) - s.a1 * at(y, i, 1) - s.a2 * at(y, i, 2);
    x = y;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    REQUIRE(static_cast<double>(out[i]) == doctest::Approx(x[i]).epsilon(1e-6));
    REQUIRE(by_sample.filter(stepped[i]) == doctest::Approx(x[i]).epsilon(1e-9));
  }
}

TEST_CASE("what is not finite does not stay") {
  lv::biquad_cascade<1> filter({lv::biquad::lowpass(0.1, 1)});
  filter.filter(1);
  filter.filter(std::numeric_limits<double>::quiet_NaN());
  filter.filter(std::numeric_limits<double>::infinity());
  CHECK(std::isfinite(filter.filter(1)));
}
