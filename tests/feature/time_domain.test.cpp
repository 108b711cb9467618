// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/time_domain.hpp>

#include <levada/feature/features.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace lv = levada;
using doctest::Approx;

namespace {
template <class F>
auto value(const std::vector<float>& x) {
  return lv::feature_extractor<2048, F>{}(x).template get<F>();
}
/// Eight whole periods of 128 samples.
std::vector<float> sine() {
  std::vector<float> x(1024);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 3.0f * std::sin(static_cast<float>(i) * 0.0490873852f);
  return x;
}
}  // namespace

TEST_CASE("a sine has the factors of textbooks") {
  const auto x = sine();
  const float mean_magnitude = value<lv::mean_magnitude>(x);
  CHECK(value<lv::rms>(x) == Approx(3 / std::sqrt(2.0)));
  CHECK(value<lv::peak>(x) == Approx(3));
  CHECK(value<lv::peak_to_peak>(x) == Approx(6));
  CHECK(mean_magnitude == Approx(6 / 3.14159265).epsilon(1e-3));
  CHECK(value<lv::crest_factor>(x) == Approx(std::sqrt(2.0)));
  CHECK(value<lv::shape_factor>(x) == Approx(1.1107).epsilon(1e-3));
  CHECK(value<lv::impulse_factor>(x) == Approx(1.5708).epsilon(1e-3));
  CHECK(value<lv::clearance_factor>(x) == Approx(1.7188).epsilon(5e-3));
  CHECK(std::fabs(value<lv::skewness>(x)) < 1e-5);
  CHECK(value<lv::kurtosis>(x) == Approx(1.5));
  CHECK(value<lv::hjorth_activity>(x) == Approx(4.5));
  CHECK(value<lv::hjorth_mobility>(x) == Approx(0.049087).epsilon(1e-3));
  CHECK(value<lv::hjorth_complexity>(x) == Approx(1).epsilon(1e-2));
}

TEST_CASE("a straight line has its slope, a sample or a second; and one crossing of its mean") {
  std::vector<float> x(100);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 5.0f + 0.25f * static_cast<float>(i);
  CHECK(value<lv::slope>(x) == Approx(0.25));
  CHECK(lv::feature_extractor<100, lv::sample_rate<50>, lv::slope>{}(x).get<lv::slope>() == Approx(12.5));
  CHECK(value<lv::zero_crossing_rate>(x) == Approx(1.0 / 99));
}

TEST_CASE("autocorrelation says what repeats") {
  std::vector<float> x(400);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 4 < 2 ? 1.0f : -1.0f;
  const auto r = value<lv::autocorrelation_at<1, 2, 4>>(x);
  CHECK(std::fabs(r[0]) < 0.01);
  CHECK(r[1] == Approx(-1).epsilon(0.01));
  CHECK(r[2] == Approx(1).epsilon(0.02));
}

TEST_CASE("the entropy of values is 1 where all bins are alike and less where one is full") {
  std::vector<float> x(1600);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  CHECK(value<lv::value_entropy<16>>(x) == Approx(1).epsilon(1e-4));
  std::vector<float> spikes(1024, 0.0f);
  spikes[3] = 1;
  CHECK(value<lv::value_entropy<2>>(spikes) ==
        Approx(-(std::log(1 / 1024.0) / 1024 + 1023 / 1024.0 * std::log(1023 / 1024.0)) / std::log(2.0)));
}

TEST_CASE("values in order are those of std::sort") {
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  std::vector<float> x(777);
  for (float& v : x) v = normal(random);
  x[5] = 0.0f;
  x[6] = -0.0f;
  auto sorted = x;
  std::sort(sorted.begin(), sorted.end());
  const lv::detail::sorted_values<1024> own(x);
  CHECK(std::equal(sorted.begin(), sorted.end(), own.all().begin(), own.all().end()));
  CHECK(value<lv::value_at<0>>(x) == sorted.front());
  CHECK(value<lv::value_at<50>>(x) == sorted[388]);
  CHECK(value<lv::value_at<100>>(x) == sorted.back());
  CHECK(value<lv::value_at<25>>({1, 2}) == 1.25f);
}

TEST_CASE("where nothing lies below the line of a ratio it is 0: silence, a constant, a single sample") {
  for (const auto& x : {std::vector<float>(64, 0.0f), std::vector<float>(64, 7.0f), std::vector<float>{2.0f}}) {
    CHECK(value<lv::kurtosis>(x) == 0);
    CHECK(value<lv::skewness>(x) == 0);
    CHECK(value<lv::hjorth_mobility>(x) == 0);
    CHECK(value<lv::hjorth_complexity>(x) == 0);
    CHECK(value<lv::slope>(x) == 0);
    CHECK(value<lv::zero_crossing_rate>(x) == 0);
    CHECK(value<lv::autocorrelation_at<1>>(x)[0] == 0);
    CHECK(value<lv::value_entropy<>>(x) == 0);
    CHECK(value<lv::crest_factor>(x) == (x[0] > 0 ? Approx(1) : Approx(0)));
  }
}
