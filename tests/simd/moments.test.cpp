// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/moments.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace lv = levada;

TEST_CASE("the kernels of every instruction set agree with their twin") {
  std::mt19937 random(7);
  for (std::size_t n : {1u, 2u, 7u, 64u, 65u, 127u, 1024u, 4099u}) {
    std::normal_distribution<float> normal(3.0f, 2.0f);
    std::vector<float> samples(n);
    for (float& x : samples) x = normal(random);
    const auto twin = lv::moment_kernels::baseline.moments(samples.data(), n);
    for (const lv::isa i : lv::isas) {
      const auto* set = lv::kernels_for<lv::moment_kernels>(i);
      if (set == nullptr) continue;
      INFO(lv::name_of(i), " ", n);
      const auto m = set->moments(samples.data(), n);
      CHECK(m.n == n);
      CHECK(m.mean == doctest::Approx(twin.mean).epsilon(1e-6));
      CHECK(m.second == doctest::Approx(twin.second).epsilon(1e-5));
      CHECK(std::fabs(m.third - twin.third) <= 1e-5 * std::pow(twin.second, 1.5));
      CHECK(m.fourth == doctest::Approx(twin.fourth).epsilon(1e-5));
      CHECK(m.magnitude == doctest::Approx(twin.magnitude).epsilon(1e-6));
      CHECK(m.least == twin.least);
      CHECK(m.greatest == twin.greatest);
    }
  }
}
