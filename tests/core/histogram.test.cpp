// SPDX-License-Identifier: BSL-1.0
#include <levada/core/histogram.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace lv = levada;

TEST_CASE("an empty histogram knows nothing") {
  const lv::histogram h;
  CHECK(h.count() == 0);
  CHECK(h.max() == 0);
  CHECK(h.quantile(0.5) == 0);
}

TEST_CASE("small values are exact") {
  lv::histogram h;
  for (std::uint64_t v = 0; v < 32; ++v) h.add(v);
  for (std::uint64_t v = 0; v < 32; ++v) CHECK(h.quantile(static_cast<double>(v + 1) / 32) == v);
}

TEST_CASE("a quantile is at most a thirty-second above the sorted truth, at any magnitude") {
  std::mt19937_64 random(7);
  for (unsigned bits : {8u, 16u, 33u, 63u}) {
    lv::histogram h;
    std::vector<std::uint64_t> truth;
    for (int i = 0; i < 5000; ++i) {
      const std::uint64_t v = random() >> (64 - bits + random() % bits);
      truth.push_back(v);
      h.add(v);
    }
    std::sort(truth.begin(), truth.end());
    for (double q : {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(q * 5000 + 0.999999);
      const std::uint64_t exact = truth[rank - 1], said = h.quantile(q);
      CHECK(said >= exact);
      CHECK(said - exact <= exact / 32 + 1);
    }
    CHECK(h.max() == truth.back());
    CHECK(h.quantile(1.0) == truth.back());
  }
}

TEST_CASE("the largest word fits") {
  lv::histogram h;
  h.add(~std::uint64_t{0});
  CHECK(h.quantile(0.5) == ~std::uint64_t{0});
}

TEST_CASE("merging two is the same as adding to one") {
  std::mt19937_64 random(8);
  lv::histogram a, b, both;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t v = random() % 1'000'000;
    (i % 3 == 0 ? a : b).add(v);
    both.add(v);
  }
  a.merge(b);
  CHECK(a.count() == both.count());
  CHECK(a.max() == both.max());
  for (double q : {0.1, 0.5, 0.99}) CHECK(a.quantile(q) == both.quantile(q));
}
