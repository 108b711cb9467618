// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/spectrum_sums.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace lv = levada;

TEST_CASE("spectrum sums are what a pencil says") {
  const std::vector<float> p{0, 2, 5, 1, 5};
  const auto s = lv::spectrum_sum_kernels::baseline.sums(p.data(), p.size());
  CHECK(s.total == 13);
  CHECK(s.first == 2 + 10 + 3 + 20);
  CHECK(s.second == 2 + 20 + 9 + 80);
  CHECK(s.logs == doctest::Approx(std::log(1e-30) + std::log(2.0) + 2 * std::log(5.0)));
  CHECK(s.order == doctest::Approx(2 * std::log(2.0) + 10 * std::log(5.0)));
  CHECK(s.greatest == 5);
  CHECK(s.greatest_at == 2);
  CHECK(lv::spectrum_sum_kernels::baseline.total(p.data(), p.size()) == 13);
}

TEST_CASE("the kernels of every instruction set agree with their twin") {
  std::mt19937 random(5);
  std::exponential_distribution<float> power(0.01f);
  for (const std::size_t n : {0u, 1u, 8u, 15u, 16u, 33u, 513u, 1024u, 1033u, 3000u}) {
    std::vector<float> p(n);
    for (float& v : p) v = power(random);
    if (n > 20) p[3] = 0, p[n - 2] = p[n - 9] = 1e5f;
    const auto twin = lv::spectrum_sum_kernels::baseline.sums(p.data(), n);
    for (const lv::isa i : lv::isas) {
      const auto* set = lv::kernels_for<lv::spectrum_sum_kernels>(i);
      if (set == nullptr) continue;
      INFO(lv::name_of(i), " ", n);
      const auto s = set->sums(p.data(), n);
      CHECK(s.total == doctest::Approx(twin.total).epsilon(1e-5));
      CHECK(s.first == doctest::Approx(twin.first).epsilon(1e-5));
      CHECK(s.second == doctest::Approx(twin.second).epsilon(1e-5));
      CHECK(std::fabs(s.logs - twin.logs) <= 1e-5 * static_cast<double>(n));
      CHECK(s.order == doctest::Approx(twin.order).epsilon(1e-5));
      CHECK(s.greatest == twin.greatest);
      CHECK(s.greatest_at == twin.greatest_at);
      CHECK(set->total(p.data(), n) == doctest::Approx(static_cast<double>(twin.total)).epsilon(1e-5));
    }
  }
}
