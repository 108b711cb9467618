// SPDX-License-Identifier: BSL-1.0
#include <levada/model/contributions.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string_view>
#include <vector>

namespace lv = levada;

TEST_CASE("the greatest magnitudes come first, with their names and signs; the base value is none of them") {
  const std::vector<float> values{0.5f, -3, 1, 0, 100};
  const std::vector<std::string_view> names{"rms", "kurtosis", "crest", "slope"};
  lv::contribution room[2];
  const auto two = lv::greatest_contributions(values, names, room);
  REQUIRE(two.size() == 2);
  CHECK(two[0].name == "kurtosis");
  CHECK(two[0].feature == 1);
  CHECK(two[0].value == -3);
  CHECK(two[1].name == "crest");
}

TEST_CASE("any number of any values: what a stable sort gives") {
  std::mt19937 random(1);
  for (const std::size_t features : {0u, 1u, 5u, 40u})
    for (const std::size_t asked : {0u, 1u, 3u, 40u, 50u}) {
      std::vector<float> values(features + 1);
      for (float& v : values) v = static_cast<float>(random() % 9) - 4;
      std::vector<std::uint32_t> order(features);
      for (std::uint32_t f = 0; f < features; ++f) order[f] = f;
      std::sort(order.begin(), order.end(), [&](auto x, auto y) {
        return std::fabs(values[x]) != std::fabs(values[y]) ? std::fabs(values[x]) > std::fabs(values[y]) : x < y;
      });
      std::vector<lv::contribution> room(asked);
      const auto found = lv::greatest_contributions(values, {}, room);
      REQUIRE(found.size() == std::min(asked, features));
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].feature == order[i]);
        CHECK(found[i].value == values[order[i]]);
        CHECK(found[i].name.empty());
      }
    }
}

TEST_CASE("what has spoilt the output comes first") {
  const std::vector<float> values{1, NAN, 1e9f, NAN, INFINITY, 0};
  lv::contribution room[3];
  const auto found = lv::greatest_contributions(values, {}, room);
  CHECK(found[0].feature == 1);
  CHECK(found[1].feature == 3);
  CHECK(found[2].feature == 4);
}
