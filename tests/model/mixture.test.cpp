// SPDX-License-Identifier: BSL-1.0
#include <levada/model/mixture.hpp>

#include <levada/core/model.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string_view>
#include <vector>

namespace lv = levada;

static_assert(lv::model<lv::mixture>);

namespace {
struct gaussians {
  std::uint32_t features, count;
  bool diagonal;
  std::vector<float> weights, means, factors;
  std::mt19937 random;

  /// lower: factors have zeros above the diagonal, else below.
  gaussians(std::uint32_t f, std::uint32_t n, bool only_diagonal, bool lower = true)
      : features(f), count(n), diagonal(only_diagonal), random(f + 10 * n) {
    for (std::size_t k = 0; k < n; ++k) {
      weights.push_back(static_cast<float>(k + 1) / static_cast<float>(n * (n + 1) / 2));
      for (std::size_t i = 0; i < f; ++i) {
        means.push_back(value());
        for (std::size_t j = 0; j < f; ++j)
          if (i == j)
            factors.push_back(0.5f + std::fabs(value()));
          else if (!only_diagonal)
            factors.push_back((j < i) == lower ? value() : 0);
      }
    }
  }
  float value() { return std::normal_distribution<float>()(random); }
  std::vector<float> row() {
    std::vector<float> r(features);
    for (float& v : r) v = value();
    return r;
  }
  [[nodiscard]] lv::mixture_parts parts() const { return {features, count, diagonal, weights, means, factors}; }

  [[nodiscard]] double factor(std::size_t k, std::size_t i, std::size_t j) const {
    if (diagonal) return i == j ? double{factors[k * features + i]} : 0;
    return double{factors[(k * features + i) * features + j]};
  }
  /// By the definition: the precision matrix, its quadratic form, and the determinant of a triangular matrix.
  [[nodiscard]] double density(std::size_t k, const std::vector<float>& row) const {
    double form = 0, determinant = 1;
    for (std::size_t i = 0; i < features; ++i) {
      determinant *= factor(k, i, i);
      for (std::size_t j = 0; j < features; ++j) {
        double precision = 0;
        for (std::size_t m = 0; m < features; ++m) precision += factor(k, i, m) * factor(k, j, m);
        form +=
            (double{row[i]} - double{means[k * features + i]}) * precision * (double{row[j]} - double{means[k * features + j]});
      }
    }
    return determinant * std::exp(-form / 2) / std::pow(2 * 3.14159265358979324, features / 2.0);
  }
};
std::vector<float> scored(const lv::mixture_parts& p, const std::vector<float>& row) {
  auto made = lv::mixture::make(p);
  REQUIRE(made);
  CHECK(made->features() == p.features);
  std::vector<float> out(made->outputs());
  made->score(row, out);
  return out;
}
void check(gaussians g) {
  for (int i = 0; i < 5; ++i) {
    const auto row = g.row();
    double sum = 0;
    for (std::size_t k = 0; k < g.count; ++k) sum += double{g.weights[k]} * g.density(k, row);
    const auto out = scored(g.parts(), row);
    REQUIRE(out.size() == 1 + g.count);
    CHECK(double{out[lv::mixture::log_likelihood]} == doctest::Approx(std::log(sum)).epsilon(1e-5));
    for (std::size_t k = 0; k < g.count; ++k)
      CHECK(double{out[1 + k]} == doctest::Approx(double{g.weights[k]} * g.density(k, row) / sum).epsilon(1e-5).scale(1));
  }
}
}  // namespace

TEST_CASE("the density of normal distributions, and from which one a row came") {
  for (const std::uint32_t features : {1u, 2u, 5u, 9u})
    for (const std::uint32_t count : {1u, 3u}) {
      check({features, count, true});
      check({features, count, false, true});
      check({features, count, false, false});
    }
}

TEST_CASE("far away the density is too small for a float, and its logarithm is not") {
  const gaussians g(4, 3, true);
  const auto out = scored(g.parts(), {1e4f, 1e4f, 1e4f, 1e4f});
  CHECK(out[0] < -1e6f);
  CHECK(out[0] > -1e12f);
  CHECK(double{out[1] + out[2] + out[3]} == doctest::Approx(1));
}

TEST_CASE("a NaN makes every output NaN") {
  for (const bool diagonal : {true, false})
    for (const float v : scored(gaussians(3, 2, diagonal).parts(), {1, NAN, 2})) CHECK(std::isnan(v));
}

TEST_CASE("parts that are no mixture are refused in words") {
  const auto refused = [](const lv::mixture_parts& p, std::string_view sentence) {
    auto made = lv::mixture::make(p);
    REQUIRE_FALSE(made);
    CHECK_MESSAGE(made.error().sentence.view().starts_with(sentence), made.error().sentence.view());
  };
  gaussians square(3, 2, false), flat(3, 2, true), heavy(3, 2, true), negative(3, 2, true), cut(3, 2, false);
  square.factors[9 + 1] = 1;  // above the diagonal, while there are numbers below it
  refused(square.parts(), "mixture: the precision factor of distribution 1 is not triangular");
  flat.factors[4] = 0;
  refused(flat.parts(), "mixture: the precision factor of distribution 1 is not triangular with a diagonal above zero");
  heavy.weights[0] = 1;
  refused(heavy.parts(), "mixture: the weights should be 1 together, and are 1666 thousandths");
  heavy.weights[0] = 1e38f;
  refused(heavy.parts(), "mixture: the weights should be 1 together, and are 1000000000 thousandths");  // or more
  negative.weights[0] = -1;
  refused(negative.parts(), "mixture: the weight of distribution 0 is negative");
  cut.factors.pop_back();
  refused(cut.parts(), "mixture: 18 factors are needed and 17 are there");
  refused({3, 0}, "mixture: 0 distributions, where 1 to 256 are possible");
  refused({2000, 3}, "mixture: 2000 features, where 1 to 1024 are possible");
}
