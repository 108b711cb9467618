// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/selection.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace lv = levada;

namespace {
std::vector<std::vector<float>> rows() {
  std::mt19937 random(3);
  std::vector<std::vector<float>> all = {{5}, {2, 1}, std::vector<float>(50, 3.0f)};
  for (const unsigned different : {3u, 40u, 1'000'000u}) {
    all.emplace_back();
    for (int i = 0; i < 101; ++i) all.back().push_back(static_cast<float>(random() % different));
  }
  for (int i = 0; i < 64; ++i) all.front().push_back(static_cast<float>(i));
  all.push_back({all.front().rbegin(), all.front().rend()});
  return all;
}
}  // namespace

TEST_CASE("the k-th smallest, with the smaller ones before it and the greater ones behind, however many are equal") {
  for (const auto& row : rows()) {
    auto sorted = row;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t k = 0; k < row.size(); ++k) {
      auto moved = row;
      CHECK(lv::select_nth(moved, k) == sorted[k]);
      for (std::size_t i = 0; i < k; ++i) REQUIRE(moved[i] <= moved[k]);
      for (std::size_t i = k; i < moved.size(); ++i) REQUIRE(moved[i] >= moved[k]);
      std::sort(moved.begin(), moved.end());
      REQUIRE(moved == sorted);
    }
  }
}

TEST_CASE("a quantile lies on the line between the two values around it") {
  const std::vector<float> four = {40, 10, 30, 20};
  const auto quantile = [&](double q) {
    auto values = four;
    return lv::quantile_of(values, q);
  };
  CHECK(quantile(0) == 10);
  CHECK(quantile(0.125) == 10);
  CHECK(quantile(0.25) == 15);
  CHECK(quantile(0.5) == 25);
  CHECK(quantile(0.6) == doctest::Approx(29));
  CHECK(quantile(0.875) == 40);
  CHECK(quantile(1) == 40);
}
