// SPDX-License-Identifier: BSL-1.0
#include <levada/model/scaler.hpp>

#include <levada/core/model.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace lv = levada;
using kind = lv::scaler_parts::kind_t;

static_assert(lv::model<lv::scaler> && !lv::explains<lv::scaler>);

namespace {
std::vector<float> scaled(const lv::scaler_parts& p, const std::vector<float>& row) {
  auto made = lv::scaler::make(p);
  REQUIRE(made);
  CHECK(made->features() == p.features);
  CHECK(made->outputs() == p.features);
  std::vector<float> out(p.features);
  made->score(row, out);
  return out;
}
}  // namespace

TEST_CASE("each feature by its own offset and factor") {
  const std::vector<float> offset{1, 0, -2}, scale{2, 0.5f, -1};
  CHECK(scaled({kind::affine, 3, offset, scale}, {4, 4, 4}) == std::vector<float>{6, 2, -6});
  const auto with_missing = scaled({kind::affine, 3, offset, scale}, {1, NAN, -2});
  CHECK(with_missing[0] == 0);
  CHECK(std::isnan(with_missing[1]));
  CHECK(with_missing[2] == 0);
}

TEST_CASE("a row divided by its norm has that norm one, and keeps its direction") {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 100);
  for (const std::uint32_t n : {1u, 3u, 8u, 19u, 64u}) {
    std::vector<float> row(n);
    for (float& v : row) v = normal(random);
    double sum = 0, squares = 0, greatest = 0;
    for (const float v : row) {
      sum += std::fabs(double{v});
      squares += double{v} * double{v};
      greatest = std::max(greatest, std::fabs(double{v}));
    }
    const auto l1 = scaled({kind::l1, n}, row), l2 = scaled({kind::l2, n}, row), max = scaled({kind::max, n}, row);
    for (std::size_t f = 0; f < n; ++f) {
      CHECK(double{l1[f]} == doctest::Approx(double{row[f]} / sum));
      CHECK(double{l2[f]} == doctest::Approx(double{row[f]} / std::sqrt(squares)));
      CHECK(double{max[f]} == doctest::Approx(double{row[f]} / greatest));
    }
  }
}

TEST_CASE("zeros have no norm and stay; a NaN makes the row NaN") {
  for (const kind k : {kind::l1, kind::l2, kind::max}) {
    CHECK(scaled({k, 3}, {0, 0, 0}) == std::vector<float>{0, 0, 0});
    for (const float v : scaled({k, 3}, {1, NAN, 2})) CHECK(std::isnan(v));
  }
}

TEST_CASE("only offsets and factors keep features apart") {
  const std::vector<float> ones{1, 1};
  CHECK(lv::scaler::make({kind::affine, 2, ones, ones})->keeps_features_apart());
  CHECK_FALSE(lv::scaler::make({kind::l2, 2})->keeps_features_apart());
}

TEST_CASE("parts that do not fit each other are refused in words") {
  const std::vector<float> ones{1, 1}, bad{1, NAN};
  const auto refused = [](const lv::scaler_parts& p, std::string_view sentence) {
    auto made = lv::scaler::make(p);
    REQUIRE_FALSE(made);
    CHECK_MESSAGE(made.error().sentence.view().starts_with(sentence), made.error().sentence.view());
  };
  refused({kind::affine, 3, ones, ones}, "scaler: 3 offsets are needed and 2 are there");
  refused({kind::affine, 2, ones, {}}, "scaler: 2 factors are needed and 0 are there");
  refused({kind::affine, 2, ones, bad}, "scaler: number 1 of its factors is infinite or NaN");
  refused({kind::l2, 2, ones, {}}, "scaler: 0 offsets are needed and 2 are there");
  refused({kind::l2, 0}, "scaler: 0 features");
  refused({kind::l2, 0x8000'0006}, "scaler: 2147483654 features, where 1 to 65536 are possible");
}
