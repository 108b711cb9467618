// SPDX-License-Identifier: BSL-1.0
#include <levada/model/components.hpp>

#include <levada/core/model.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace lv = levada;
using gives = lv::component_parts::kind_t;

static_assert(lv::model<lv::components> && lv::explains<lv::components>);

namespace {
/// Random directions, by Gram and Schmidt, with means and variances.
struct space {
  std::uint32_t features, count;
  std::vector<float> mean, directions, variance, row;

  space(std::uint32_t f, std::uint32_t c) : features(f), count(c), mean(f), directions(f * c), variance(c), row(f) {
    std::mt19937 random(f * 31 + c);
    std::normal_distribution<> normal;
    std::vector<std::vector<double>> found;
    while (found.size() < c) {
      std::vector<double> d(f);
      for (double& v : d) v = normal(random);
      for (int twice = 0; twice < 2; ++twice)
        for (const auto& other : found) {
          double along = 0;
          for (std::size_t i = 0; i < f; ++i) along += d[i] * other[i];
          for (std::size_t i = 0; i < f; ++i) d[i] -= along * other[i];
        }
      double length = 0;
      for (const double v : d) length += v * v;
      for (double& v : d) v /= std::sqrt(length);
      found.push_back(d);
    }
    for (std::size_t k = 0; k < c; ++k) {
      for (std::size_t i = 0; i < f; ++i) directions[k * f + i] = static_cast<float>(found[k][i]);
      variance[k] = static_cast<float>(1.0 / (1 + static_cast<double>(k)));
    }
    for (float& m : mean) m = static_cast<float>(10 * normal(random));
    for (std::size_t i = 0; i < f; ++i) row[i] = mean[i] + static_cast<float>(normal(random));
  }
  [[nodiscard]] lv::component_parts parts(gives g = gives::distances) const {
    return {g, features, count, mean, directions, variance};
  }
  [[nodiscard]] double score(std::size_t c) const {
    double sum = 0;
    for (std::size_t f = 0; f < features; ++f) sum += double{directions[c * features + f]} * (double{row[f]} - double{mean[f]});
    return sum;
  }
  [[nodiscard]] double t2() const {
    double sum = 0;
    for (std::size_t c = 0; c < count; ++c) sum += score(c) * score(c) / double{variance[c]};
    return sum;
  }
  /// What the components do not say of a feature.
  [[nodiscard]] double rest(std::size_t f) const {
    double left = double{row[f]} - double{mean[f]};
    for (std::size_t c = 0; c < count; ++c) left -= score(c) * double{directions[c * features + f]};
    return left;
  }
  [[nodiscard]] double q() const {
    double sum = 0;
    for (std::size_t f = 0; f < features; ++f) sum += rest(f) * rest(f);
    return sum;
  }
};
std::vector<float> scored(const lv::component_parts& p, const std::vector<float>& row) {
  auto made = lv::components::make(p);
  REQUIRE(made);
  CHECK(made->features() == p.features);
  std::vector<float> out(made->outputs());
  made->score(row, out);
  return out;
}
}  // namespace

TEST_CASE("T2 and Q are those of their definitions, and so is the projection") {
  for (const std::uint32_t features : {2u, 5u, 16u, 33u})
    for (const std::uint32_t count : {1u, 2u, features / 2 + 1}) {
      const space s(features, count);
      const auto far = scored(s.parts(), s.row);
      REQUIRE(far.size() == 2);
      CHECK(double{far[lv::components::t2]} == doctest::Approx(s.t2()).epsilon(1e-5));
      CHECK(double{far[lv::components::q]} == doctest::Approx(s.q()).epsilon(1e-4).scale(1));
      const auto scores = scored(s.parts(gives::projection), s.row);
      REQUIRE(scores.size() == count);
      for (std::size_t c = 0; c < count; ++c) CHECK(double{scores[c]} == doctest::Approx(s.score(c)).epsilon(1e-5));
    }
}

TEST_CASE("Q stays exact where a row lies nearly in the space of the components") {
  space s(16, 4);
  for (std::size_t f = 0; f < 16; ++f) {
    s.mean[f] = 0;
    s.row[f] = 1000 * s.directions[f] + 500 * s.directions[48 + f];
  }
  s.row[3] += 1;  // against 1.25 million in all
  CHECK(double{scored(s.parts(), s.row)[lv::components::q]} == doctest::Approx(s.q()).epsilon(1e-3));
}

TEST_CASE("contributions add up to what they explain") {
  const space s(12, 5);
  auto far = lv::components::make(s.parts());
  auto along = lv::components::make(s.parts(gives::projection));
  REQUIRE(far);
  REQUIRE(along);
  std::vector<float> c(13);
  const auto sum = [&] {
    double all = 0;
    for (const float v : c) all += double{v};
    return all;
  };
  far->explain(s.row, lv::components::t2, c);
  CHECK(sum() == doctest::Approx(s.t2()).epsilon(1e-5));
  far->explain(s.row, lv::components::q, c);
  CHECK(sum() == doctest::Approx(s.q()).epsilon(1e-5));
  for (std::size_t f = 0; f < 12; ++f) CHECK(double{c[f]} == doctest::Approx(s.rest(f) * s.rest(f)).epsilon(1e-4));
  along->explain(s.row, 3, c);
  CHECK(sum() == doctest::Approx(s.score(3)).epsilon(1e-5));
  CHECK(c[12] == 0);
}

TEST_CASE("the feature that broke the pattern has the greatest part of Q") {
  space s(12, 5);
  for (std::size_t f = 0; f < 12; ++f) s.row[f] = s.mean[f];
  s.row[7] += 5;
  auto far = lv::components::make(s.parts());
  std::vector<float> c(13);
  far->explain(s.row, lv::components::q, c);
  CHECK(std::max_element(c.begin(), c.end()) - c.begin() == 7);
}

TEST_CASE("a NaN makes every output NaN") {
  space s(4, 2);
  s.row[1] = NAN;
  for (const float v : scored(s.parts(), s.row)) CHECK(std::isnan(v));
}

TEST_CASE("parts that are no principal components are refused in words") {
  const auto refused = [](const lv::component_parts& p, std::string_view sentence) {
    auto made = lv::components::make(p);
    REQUIRE_FALSE(made);
    CHECK_MESSAGE(made.error().sentence.view().starts_with(sentence), made.error().sentence.view());
  };
  space flat(4, 2), crooked(4, 2), longer(4, 2), cut(4, 2);
  flat.variance[1] = 0;
  refused(flat.parts(), "components: the variance of component 1 is not above zero");
  for (std::size_t f = 0; f < 4; ++f) crooked.directions[4 + f] = crooked.directions[f];
  refused(crooked.parts(), "components: directions 0 and 1 are not at right angles");
  for (std::size_t f = 0; f < 4; ++f) longer.directions[4 + f] *= 2;
  refused(longer.parts(), "components: direction 1 does not have length one");
  cut.mean.pop_back();
  refused(cut.parts(), "components: 4 means are needed and 3 are there");
  refused({gives::distances, 4, 5}, "components: 5 components, where 1 to 4 are possible");
  refused({gives::distances, 2000, 5}, "components: 2000 features, where 1 to 1024 are possible");
}
