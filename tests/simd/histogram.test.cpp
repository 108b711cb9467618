// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/histogram.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <vector>

namespace lv = levada;

TEST_CASE("values fall into even bins, the greatest into the last; what is outside, or no number, is in none") {
  std::vector<std::uint32_t> counts(4, 9);
  const float values[] = {0,      0.99f,
                          1,      3.5f,
                          4,      4.01f,
                          -0.01f, std::numeric_limits<float>::quiet_NaN(),
                          2.25f,  std::numeric_limits<float>::infinity()};
  CHECK(lv::count_in_bins(values, 0, 4, counts) == 4);
  CHECK(counts == std::vector<std::uint32_t>{2, 1, 1, 2});
}

TEST_CASE("every value is in the bin whose edges are around it") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(-2, 5);
  std::vector<float> values(3000);
  for (float& x : values) x = normal(random);
  for (const std::size_t bins : {1u, 7u, 100u}) {
    std::vector<std::uint32_t> counts(bins), expected(bins);
    const std::size_t outside = lv::count_in_bins(values, -6, 4, counts);
    std::size_t missing = 0;
    for (const float x : values) {
      if (x < -6 || x > 4) {
        ++missing;
        continue;
      }
      std::size_t bin = 0;
      while (bin + 1 < bins && static_cast<double>(x) >= -6 + 10.0 * static_cast<double>(bin + 1) / static_cast<double>(bins))
        ++bin;
      ++expected[bin];
    }
    CHECK(outside == missing);
    CHECK(counts == expected);
  }
}
