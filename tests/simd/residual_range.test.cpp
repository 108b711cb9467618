// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/residual_range.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace lv = levada;

TEST_CASE("on every instruction set ranges about a line are those of the definition, for segments of any length") {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> walk(600), slopes(200);
  float at = 50;
  for (float& x : walk) x = at += normal(random);
  for (float& s : slopes) s = 0.3f * normal(random);
  for (std::size_t length = 1; length <= 70; ++length) {
    const std::size_t segments = std::min(walk.size() / length, slopes.size());
    double expected = 0;
    for (std::size_t s = 0; s < segments; ++s) {
      double least = 1e300, greatest = -1e300;
      for (std::size_t i = 0; i < length; ++i) {
        const double r = static_cast<double>(walk[s * length + i]) - static_cast<double>(slopes[s]) * static_cast<double>(i);
        least = std::min(least, r);
        greatest = std::max(greatest, r);
      }
      expected += (greatest - least) * (greatest - least);
    }
    for (const lv::isa i : lv::isas)
      if (const auto* set = lv::kernels_for<lv::residual_range_kernels>(i)) {
        INFO(lv::name_of(i), " ", length);
        CHECK(set->squares(walk.data(), length, segments, slopes.data()) == doctest::Approx(expected).epsilon(1e-5));
      }
  }
}
