// SPDX-License-Identifier: BSL-1.0
#include <levada/model/linear.hpp>

#include <levada/core/model.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string_view>
#include <vector>

namespace lv = levada;

static_assert(lv::model<lv::linear> && lv::explains<lv::linear>);

namespace {
struct weights {
  std::uint32_t features, outputs;
  std::vector<float> of_features, bias;

  weights(std::uint32_t f, std::uint32_t o, unsigned seed) : features(f), outputs(o), of_features(f * o), bias(o) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (float& w : of_features) w = normal(random);
    for (float& b : bias) b = normal(random);
  }
  [[nodiscard]] lv::linear_parts parts(lv::link_function link = lv::link_function::identity) const {
    return {features, outputs, of_features, bias, link};
  }
  [[nodiscard]] double sum(const std::vector<float>& row, std::size_t o) const {
    double s = double{bias[o]};
    for (std::size_t f = 0; f < features; ++f) s += double{of_features[o * features + f]} * double{row[f]};
    return s;
  }
};
std::vector<float> a_row(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> row(n);
  for (float& v : row) v = normal(random);
  return row;
}
std::vector<float> scored(const lv::linear_parts& p, const std::vector<float>& row) {
  auto made = lv::linear::make(p);
  REQUIRE(made);
  CHECK(made->features() == p.features);
  CHECK(made->outputs() == p.outputs);
  std::vector<float> out(p.outputs);
  made->score(row, out);
  return out;
}
std::string_view refusal(const lv::linear_parts& p) {
  static lv::text<376> sentence;
  auto made = lv::linear::make(p);
  REQUIRE_FALSE(made);
  return (sentence = made.error().sentence).view();
}
}  // namespace

TEST_CASE("an output is the link of weights times features and a bias") {
  for (const std::uint32_t features : {1u, 2u, 7u, 8u, 9u, 32u, 101u})
    for (const std::uint32_t outputs : {1u, 2u, 5u}) {
      const weights w(features, outputs, features);
      const auto row = a_row(features, outputs);
      double total = 0;
      for (std::size_t o = 0; o < outputs; ++o) total += std::exp(w.sum(row, o));
      const auto values = scored(w.parts(), row), chances = scored(w.parts(lv::link_function::logistic), row),
                 classes = scored(w.parts(lv::link_function::softmax), row),
                 rates = scored(w.parts(lv::link_function::exponential), row);
      for (std::size_t o = 0; o < outputs; ++o) {
        const double sum = w.sum(row, o);
        CHECK(double{values[o]} == doctest::Approx(sum).epsilon(1e-6));
        CHECK(double{chances[o]} == doctest::Approx(1 / (1 + std::exp(-sum))).epsilon(1e-5));
        CHECK(double{classes[o]} == doctest::Approx(std::exp(sum) / total).epsilon(1e-5));
        CHECK(double{rates[o]} == doctest::Approx(std::exp(sum)).epsilon(1e-4));
      }
    }
}

TEST_CASE("no sum is too great for a link, and a NaN is not lost") {
  const std::vector<float> one_each{1, 0, 0, 1}, none{0, 0};
  const lv::linear_parts classes{2, 2, one_each, none, lv::link_function::softmax};
  CHECK(scored(classes, {1e4f, -1e4f}) == std::vector<float>{1, 0});
  for (const float chance : scored(classes, {NAN, 1})) CHECK(std::isnan(chance));
  const lv::linear_parts chance{2, 2, one_each, none, lv::link_function::logistic};
  CHECK(scored(chance, {1e4f, -1e4f}) == std::vector<float>{1, 0});
}

TEST_CASE("contributions and the bias are the sum") {
  const weights w(20, 3, 7);
  const auto row = a_row(20, 8);
  auto made = lv::linear::make(w.parts());
  REQUIRE(made);
  std::vector<float> contributions(21);
  made->explain(row, 2, contributions);
  double sum = 0;
  for (std::size_t f = 0; f < 20; ++f) {
    CHECK(contributions[f] == w.of_features[40 + f] * row[f]);
    sum += double{contributions[f]};
  }
  CHECK(contributions[20] == w.bias[2]);
  CHECK(sum + double{contributions[20]} == doctest::Approx(w.sum(row, 2)));
}

TEST_CASE("parts that do not fit each other are refused in words") {
  const std::vector<float> six(6, 1), two(2, 1), bad{1, std::numeric_limits<float>::infinity()};
  CHECK(refusal({3, 3, six, two}) ==
        "linear: 9 weights are needed and 6 are there: the model was cut off, or its parts belong to different ones");
  CHECK(refusal({3, 2, six, six}).starts_with("linear: 2 biases are needed and 6 are there"));
  CHECK(refusal({3, 2, six, bad}).starts_with("linear: number 1 of its biases is infinite or NaN"));
  CHECK(refusal({0, 2, {}, two}).starts_with("linear: 0 features, where 1 to "));
  CHECK(refusal({3, 0, {}, {}}).starts_with("linear: 0 outputs"));
}
