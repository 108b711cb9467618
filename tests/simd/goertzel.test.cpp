// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/goertzel.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace lv = levada;

TEST_CASE("it is the sum of the transform at its frequency, at any length, between bins as well") {
  static_assert(std::is_trivially_copyable_v<lv::goertzel>);
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> samples(1000);
  for (float& x : samples) x = normal(random);
  for (const double frequency : {0.0, 0.0005, 0.1, 0.2371, 0.5}) {
    lv::goertzel tone(frequency), whole(frequency);
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      tone.add(static_cast<double>(samples[i]));
      sum += static_cast<double>(samples[i]) * std::polar(1.0, -2 * std::acos(-1.0) * frequency * static_cast<double>(i));
      if (i % 100 != 99) continue;
      CHECK(std::abs(std::complex(tone.re(), tone.im()) - sum) < 1e-8 * static_cast<double>(i + 1));
      CHECK(tone.amplitude() == doctest::Approx(2 * std::abs(sum) / static_cast<double>(i + 1)).epsilon(1e-6));
    }
    whole.add(samples);
    CHECK(whole.re() == tone.re());
    CHECK(whole.count() == 1000);
  }
}

TEST_CASE("the amplitude of a tone beside another one") {
  lv::goertzel at_50(50.0 / 1000);
  CHECK(at_50.amplitude() == 0);
  for (int i = 0; i < 1000; ++i)
    at_50.add(3 * std::sin(2 * std::acos(-1.0) * 0.05 * i + 1) + 7 * std::cos(2 * std::acos(-1.0) * 0.12 * i));
  CHECK(at_50.amplitude() == doctest::Approx(3));
  at_50.reset();
  CHECK(at_50.amplitude() == 0);
  at_50.add(std::numeric_limits<double>::quiet_NaN());
  CHECK(at_50.amplitude() == 0);
  CHECK(at_50.count() == 1);
}
