// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/envelope.hpp>

#include <levada/feature/features.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace lv = levada;
using doctest::Approx;

namespace {
/// A carrier whose strength swells and fades `swell` times a second.
std::vector<float> modulated(double carrier, double swell, double depth, std::size_t n = 2048) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double t = 6.283185307179586 * static_cast<double>(i) / 8'192;
    x[i] = static_cast<float>((1 + depth * std::cos(swell * t)) * std::sin(carrier * t));
  }
  return x;
}
template <class F>
float value(const std::vector<float>& x, float rpm) {
  return lv::feature_extractor<2048, lv::sample_rate<8'192>, F>{}(x, rpm).template get<F>();
}
}  // namespace

TEST_CASE("the orders of a bearing are those of its data sheet") {
  constexpr lv::bearing_geometry skf6205{9, 7.94, 39.04};  // SKF 6205-2RS, as tables of the CWRU bearing data have it
  CHECK(skf6205.bpfo() == Approx(3.5848).epsilon(1e-4));
  CHECK(skf6205.bpfi() == Approx(5.4152).epsilon(1e-4));
  CHECK(2 * skf6205.bsf() == Approx(4.7135).epsilon(1e-4));
  CHECK(skf6205.ftf() == Approx(0.39828).epsilon(1e-4));
  constexpr lv::bearing_geometry angular{12, 10, 50, 40};
  CHECK(angular.bpfo() == Approx(6 * (1 - 0.2 * std::cos(40 * 3.14159265358979 / 180))).epsilon(1e-9));
  CHECK(skf6205.bpfo() + skf6205.bpfi() == Approx(9));
}

TEST_CASE("an envelope line is how much the band swells at that order, whatever it is carried by") {
  for (const double carrier : {1'500.0, 2'000.0, 2'500.0}) {
    const auto x = modulated(carrier, 90, 0.4);
    CHECK(value<lv::envelope_line<3>>(x, 1'800) == Approx(0.4 / std::sqrt(2.0)).epsilon(0.01));
    CHECK(value<lv::envelope_line<1.5>>(x, 3'600) == Approx(0.4 / std::sqrt(2.0)).epsilon(0.01));
    CHECK(value<lv::envelope_line<5>>(x, 1'800) < 0.01);
  }
}

TEST_CASE("what lies outside of the band is not heard; the band may be another one, or empty") {
  const auto x = modulated(500, 90, 0.4);
  CHECK(value<lv::envelope_line<3>>(x, 1'800) < 0.01);
  CHECK(value<lv::envelope_line<3, lv::ringing_band<300, 700>>>(x, 1'800) == Approx(0.4 / std::sqrt(2.0)).epsilon(0.02));
  CHECK(value<lv::envelope_line<3, lv::ringing_band<5'000, 6'000>>>(x, 1'800) == 0);
  CHECK(value<lv::envelope_line<3, lv::ringing_band<0, 4'000>>>(x, 1'800) == Approx(0.4 / std::sqrt(2.0)).epsilon(0.02));
}

TEST_CASE("the lines of a bearing have its names; a window may be short, or nothing") {
  constexpr lv::bearing_geometry bearing{9, 7.94, 39.04};
  using lines = lv::bearing_lines<bearing>;
  constexpr lv::feature_extractor<2048, lv::sample_rate<8'192>, lines> extract;
  CHECK(extract({}, 0).names[1] == "bpfi");
  const auto v = extract(modulated(2'000, 30 * bearing.bpfi(), 0.4, 1'500), 1'800).get<lines>();
  CHECK(v[1] == Approx(0.4 / std::sqrt(2.0)).epsilon(0.05));
  CHECK(v[0] < 0.05 * v[1]);
  for (const float line : extract(std::vector<float>{1, 2, 1}, 1'800).get<lines>()) CHECK(line == 0);
}
