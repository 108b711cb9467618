// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/unit.hpp>

#include <doctest/doctest.h>

using batch = levada::simd_batch<float>;

TEST_CASE("what xsimd calls by different names") {
  alignas(64) float values[batch::size];
  float sum = 0;
  for (std::size_t i = 0; i < batch::size; ++i) sum += values[i] = static_cast<float>(i * 5 % batch::size) - 1.0f;
  const batch b = batch::load_aligned(values);
  CHECK(levada::sum_of_lanes(b) == sum);
  CHECK(levada::least_of_lanes(b) == -1.0f);
  CHECK(levada::greatest_of_lanes(b) == static_cast<float>(batch::size) - 2.0f);
}

TEST_CASE("a product and a sum, of floats and of doubles") {
  const auto agree = []<class T>(T a, T b, T c) {
    alignas(64) T lanes[levada::simd_batch<T>::size];
    levada::multiply_add<T>(a, b, c).store_aligned(lanes);
    for (const T v : lanes) CHECK(v == a * b + c);
  };
  agree(3.0f, 5.0f, -7.0f);
  agree(3.0, 5.0, -7.0);
}
