// SPDX-License-Identifier: BSL-1.0
#include <levada/model/nearest.hpp>

#include <levada/core/model.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace lv = levada;

static_assert(lv::model<lv::nearest>);

namespace {
struct points {
  std::uint32_t features, count, labels_count;
  std::vector<float> positions;
  std::vector<std::uint32_t> labels;
  std::mt19937 random;

  /// Whole coordinates: points equally far are common.
  points(std::uint32_t f, std::uint32_t n, std::uint32_t l) : features(f), count(n), labels_count(l), random(f * 7 + n) {
    positions = row_of(f * n);
    if (l > 0)
      for (std::size_t k = 0; k < n; ++k) labels.push_back(static_cast<std::uint32_t>(random() % l));
  }
  std::vector<float> row_of(std::size_t n) {
    std::vector<float> row(n);
    for (float& v : row) v = static_cast<float>(random() % 9);
    return row;
  }
  [[nodiscard]] lv::centre_parts parts(std::uint32_t neighbours = 1) const {
    return {features, count, labels_count, neighbours, positions, labels};
  }
  /// Squared distances and centres, the nearest first.
  [[nodiscard]] std::vector<std::pair<double, std::size_t>> sorted(const std::vector<float>& row) const {
    std::vector<std::pair<double, std::size_t>> all;
    for (std::size_t k = 0; k < count; ++k) {
      double sum = 0;
      for (std::size_t f = 0; f < features; ++f) sum += std::pow(double{row[f]} - double{positions[k * features + f]}, 2);
      all.emplace_back(sum, k);
    }
    std::sort(all.begin(), all.end());
    return all;
  }
};
std::vector<float> scored(const lv::nearest& m, const std::vector<float>& row) {
  std::vector<float> out(m.outputs());
  m.score(row, out);
  return out;
}
}  // namespace

TEST_CASE("without labels: the nearest centre, the first of equals, and its distance") {
  for (const std::uint32_t features : {1u, 3u, 8u, 21u})
    for (const std::uint32_t count : {1u, 2u, 50u}) {
      points p(features, count, 0);
      auto made = lv::nearest::make(p.parts());
      REQUIRE(made);
      REQUIRE(made->outputs() == 2);
      for (int i = 0; i < 20; ++i) {
        const auto row = p.row_of(features);
        const auto first = p.sorted(row)[0];
        const auto out = scored(*made, row);
        CHECK(out[lv::nearest::centre] == static_cast<float>(first.second));
        CHECK(double{out[lv::nearest::distance]} == doctest::Approx(std::sqrt(first.first)));
      }
    }
}

TEST_CASE("with labels: the share of each among the nearest neighbours") {
  for (const std::uint32_t neighbours : {1u, 2u, 5u, 40u, 64u}) {
    points p(2, 80, 4);
    auto made = lv::nearest::make(p.parts(neighbours));
    REQUIRE(made);
    REQUIRE(made->outputs() == 4);
    for (int i = 0; i < 20; ++i) {
      const auto row = p.row_of(2);
      const auto order = p.sorted(row);
      std::vector<double> votes(4);
      for (std::size_t n = 0; n < neighbours; ++n) votes[p.labels[order[n].second]] += 1.0 / neighbours;
      const auto out = scored(*made, row);
      for (std::size_t o = 0; o < 4; ++o) CHECK(double{out[o]} == doctest::Approx(votes[o]));
    }
  }
}

TEST_CASE("a row with a NaN is near nothing") {
  for (const std::uint32_t labels : {0u, 3u}) {
    const points p(4, 10, labels);
    auto made = lv::nearest::make(p.parts());
    for (const float v : scored(*made, {1, 2, NAN, 4})) CHECK(std::isnan(v));
  }
}

TEST_CASE("parts that do not fit each other are refused in words") {
  const auto refused = [](const lv::centre_parts& p, std::string_view sentence) {
    auto made = lv::nearest::make(p);
    REQUIRE_FALSE(made);
    CHECK_MESSAGE(made.error().sentence.view().starts_with(sentence), made.error().sentence.view());
  };
  points p(3, 10, 2), unknown(3, 10, 2), few(3, 10, 2), infinite(3, 10, 2);
  refused(p.parts(11), "nearest: 11 neighbours, where 1 to 10 are possible");
  refused(p.parts(0), "nearest: 0 neighbours, where 1 to 10 are possible");
  unknown.labels[4] = 2;
  refused(unknown.parts(), "nearest: centre 4 has label 2, and they end before 2");
  few.labels.pop_back();
  refused(few.parts(), "nearest: 10 centres have 9 labels");
  auto countless = p.parts();
  countless.labels_count = UINT32_MAX;  // a small file that would ask for much memory
  refused(countless, "nearest: 4294967295 labels, where 1 to 16777216 are possible");
  infinite.positions[5] = INFINITY;
  refused(infinite.parts(), "nearest: number 5 of its coordinates is infinite or NaN");
  refused({3, 0}, "nearest: 0 centres");
  refused({0, 3}, "nearest: 0 features");
}
