// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/waveform.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace lv = levada;

namespace {
std::vector<float> noise(std::size_t n, float mean) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(mean, 2.0f);
  std::vector<float> x(n);
  for (float& v : x) v = normal(random);
  return x;
}
}  // namespace

TEST_CASE("waveform sums are what a pencil says") {
  const std::vector<float> x{1, 4, -4, 0};  // mean 0.25
  const auto s = lv::waveform_kernels::baseline.waveform(x.data(), x.size(), 0.25f);
  CHECK(s.n == 4);
  CHECK(s.crossings == 1);  // 4 to -4: 0 and -4 both are below the mean
  CHECK(s.first == 9 + 64 + 16);
  CHECK(s.second == 121 + 144);
  CHECK(s.ramp == 3.75 - 8.5 - 0.75);
  CHECK(s.roots == 5);
  CHECK(lv::waveform_kernels::baseline.lagged(x.data(), 4, 0.25f, 2) == 0.75 * -4.25 + 3.75 * -0.25);
  CHECK(lv::waveform_kernels::baseline.lagged(x.data(), 4, 0.25f, 4) == 0);
}

TEST_CASE("the kernels of every instruction set agree with their twin") {
  for (const std::size_t n : {0u, 1u, 2u, 3u, 17u, 18u, 19u, 64u, 1023u, 1024u, 1026u, 1043u, 5000u}) {
    const auto x = noise(n, 1.0f);
    const auto twin = lv::waveform_kernels::baseline.waveform(x.data(), n, 1.0f);
    for (const lv::isa i : lv::isas) {
      const auto* set = lv::kernels_for<lv::waveform_kernels>(i);
      if (set == nullptr) continue;
      INFO(lv::name_of(i), " ", n);
      const auto s = set->waveform(x.data(), n, 1.0f);
      CHECK(s.n == n);
      CHECK(s.crossings == twin.crossings);
      CHECK(s.first == doctest::Approx(twin.first).epsilon(1e-5));
      CHECK(s.second == doctest::Approx(twin.second).epsilon(1e-5));
      CHECK(s.roots == doctest::Approx(twin.roots).epsilon(1e-5));
      const auto count = static_cast<double>(n);
      CHECK(std::fabs(s.ramp - twin.ramp) <= 1e-6 * count * count);
      for (const std::size_t lag : {1u, 2u, 5u, 40u, 2000u})
        CHECK(std::fabs(set->lagged(x.data(), n, 1.0f, lag) - lv::waveform_kernels::baseline.lagged(x.data(), n, 1.0f, lag)) <=
              1e-5 * count);
    }
  }
}
