// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/trees.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <vector>

namespace lv = levada;
namespace {

template <class Check>
void with_each_isa(Check&& check) {
  for (const lv::isa i : lv::isas)
    if (const auto* set = lv::kernels_for<lv::tree_kernels>(i)) {
      INFO(lv::name_of(i));
      check(*set);
    }
}

}  // namespace

TEST_CASE("a bin says how many thresholds a value reaches") {
  constexpr float missing = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  constexpr std::size_t features = 31;
  std::vector<lv::feature_grid> grids(features);
  for (std::size_t f = 0; f < features; ++f) {
    std::fill_n(grids[f].thresholds, 256, missing);
    const std::size_t n = f == 0 ? 0 : f == 1 ? lv::feature_grid::most : random() % 256;
    std::generate_n(grids[f].thresholds, n, [&] { return normal(random); });
    if (n > 2) grids[f].thresholds[0] = -infinity, grids[f].thresholds[1] = infinity;
    std::sort(grids[f].thresholds, grids[f].thresholds + n);
    for (std::size_t i = 0; i < 16; ++i) grids[f].coarse[i] = grids[f].thresholds[16 * i + 15];
  }
  with_each_isa([&](const lv::tree_kernels& set) {
    for (int round = 0; round < 100; ++round) {
      std::vector<float> row(features);
      std::uint32_t expected_missing = 0;
      for (std::size_t f = 0; f < features; ++f) {
        const auto kind = random() % 10;
        row[f] = kind == 0   ? missing
                 : kind == 1 ? infinity
                 : kind == 2 ? -infinity
                 : kind < 6  ? grids[f].thresholds[random() % 256]
                             : normal(random);
        expected_missing |= static_cast<std::uint32_t>(row[f] != row[f]) << f;
      }
      std::array<std::int8_t, features * 3> bins{};
      CHECK(set.bins(grids.data(), features, row.data(), bins.data(), 3) == expected_missing);
      for (std::size_t f = 0; f < features; ++f) {
        const auto reached = std::count_if(grids[f].thresholds, grids[f].thresholds + 256, [&](float t) { return row[f] >= t; });
        CHECK(bins[3 * f] == reached - 128);
        CHECK(bins[3 * f + 1] == 0);
      }
    }
  });
}

TEST_CASE("leaves of a row, leaves of 64 rows, and their sums are what a walk gives") {
  std::mt19937 random(4);
  const auto byte = [&] { return static_cast<std::int8_t>(static_cast<int>(random() % 256) - 128); };
  std::vector<lv::tree_splits> trees(64);
  for (auto& tree : trees)
    for (std::size_t i = 0; i < 64; ++i) {
      tree.feature[i] = static_cast<std::uint8_t>(random() % 64);
      tree.above[i] = random() % 8 == 0 ? lv::tree_splits::never : byte();
    }
  lv::tree_leaves values{};
  for (float& v : values.value) v = static_cast<float>(random() % 1000) / 7;
  for (const bool missing : {false, true}) {
    alignas(64) std::int8_t columns[64 * 64];
    for (std::int8_t& b : columns) b = byte();
    if (!missing) std::copy_n(columns, 32 * 64, columns + 32 * 64);
    std::vector<std::array<std::int8_t, 64>> rows(64);
    for (std::size_t r = 0; r < 64; ++r)
      for (std::size_t f = 0; f < 64; ++f) rows[r][f] = columns[64 * f + r];
    std::vector<std::array<std::uint64_t, 64>> expected(64);
    for (std::size_t r = 0; r < 64; ++r)
      for (std::size_t t = 0; t < 64; ++t) {
        std::size_t place = 1;
        while (place < 64) place = 2 * place + (rows[r][trees[t].feature[place]] > trees[t].above[place] ? 1 : 0);
        expected[r][t] = place - 64;
      }
    if (!missing) std::fill_n(columns + 32 * 64, 32 * 64, std::int8_t{100});  // not looked at
    with_each_isa([&](const lv::tree_kernels& set) {
      for (std::size_t r = 0; r < 64; ++r)
        for (const std::size_t n : {1u, 7u, 64u}) {
          std::array<std::uint64_t, 64> leaves{};
          set.leaves_of_row(trees.data(), n, rows[r].data(), missing, leaves.data());
          CHECK(std::equal(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(n), expected[r].begin()));
        }
      for (std::size_t t = 0; t < 64; ++t) {
        std::uint8_t leaves[64];
        float sums[64], by_hand[64];
        set.leaves_of_rows(trees[t], columns, missing, leaves);
        for (std::size_t r = 0; r < 64; ++r) by_hand[r] = (sums[r] = static_cast<float>(r)) + values.value[expected[r][t]];
        set.add_leaves(values, leaves, sums);
        CHECK(std::equal(leaves, leaves + 64, expected.begin(), [&](auto leaf, const auto& row) { return leaf == row[t]; }));
        CHECK(std::equal(sums, sums + 64, by_hand));
      }
    });
  }
}
