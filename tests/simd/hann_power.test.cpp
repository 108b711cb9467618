// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/hann_power.hpp>

#include "../support/naive_vibration.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace lv = levada;

namespace {
std::vector<float> noise(std::size_t n) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(2.0f, 1.0f);
  std::vector<float> x(n);
  for (float& v : x) v = normal(random);
  return x;
}
}  // namespace

TEST_CASE("three bins of a plain transform are one of a weighted transform") {
  for (const std::size_t n : {4u, 16u, 64u, 256u}) {
    auto x = noise(n);
    double mean = 0;
    for (const float v : x) mean += static_cast<double>(v) / static_cast<double>(n);
    const auto expected = support::naive::power({x.begin(), x.end()}, n);
    lv::centre(x, static_cast<float>(mean), x);
    std::vector<float> re(n / 2 + 1), im(n / 2 + 1), power(n / 2 + 1);
    lv::fft(x, {re, im});
    lv::hann_power({re, im}, power);
    for (std::size_t k = 1; k < power.size(); ++k) {
      INFO(n, " ", k);
      CHECK(std::fabs(static_cast<double>(power[k]) - expected[k]) <= 1e-6);
    }
  }
}

TEST_CASE("the kernels of every instruction set agree with their twin") {
  for (const std::size_t n : {0u, 1u, 3u, 17u, 18u, 65u, 513u}) {
    const auto re = noise(n), im = noise(n + 1);
    std::vector<float> twin(n), own(n);
    for (const lv::isa i : lv::isas) {
      const auto* set = lv::kernels_for<lv::hann_power_kernels>(i);
      if (set == nullptr) continue;
      INFO(lv::name_of(i), " ", n);
      lv::hann_power_kernels::baseline.centre(re.data(), 2.0f, n, twin.data());
      set->centre(re.data(), 2.0f, n, own.data());
      CHECK(own == twin);
      lv::hann_power_kernels::baseline.power(re.data(), im.data(), 3.0f, n, twin.data());
      set->power(re.data(), im.data(), 3.0f, n, own.data());
      for (std::size_t k = 1; k + 1 < n; ++k) CHECK(own[k] == doctest::Approx(static_cast<double>(twin[k])).epsilon(1e-5));
      CHECK((n == 0 || own[n - 1] == twin[n - 1]));
    }
  }
}
