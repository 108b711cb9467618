// SPDX-License-Identifier: BSL-1.0
#include <levada/model/any_model.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace lv = levada;
using kind = lv::model_part::kind_t;

namespace {
/// Parts of each kind over four features, small enough to be written down.
struct parts {
  std::vector<float> offset{1, 2, 3, 4}, scale{2, 1, 0.5f, -1}, weights, bias{0.5f, -1, 2}, directions, variance{2, 1};
  std::vector<float> positions, precisions, shares{0.25f, 0.75f};
  std::vector<lv::tree_node> nodes{{.threshold = 0, .feature = 1, .left = 1, .right = 2},
                                   {.threshold = 3},
                                   {.threshold = 1, .feature = 0, .left = 3, .right = 4},
                                   {.threshold = -1},
                                   {.threshold = 5}};
  std::vector<std::uint32_t> trees{0};
  std::vector<lv::layer_parts> layers;

  parts() {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (int i = 0; i < 12; ++i) weights.push_back(normal(random)), positions.push_back(normal(random));
    for (int i = 0; i < 8; ++i) precisions.push_back(1 + std::fabs(normal(random)));
    layers = {{.inputs = 4, .outputs = 3, .weights = weights, .bias = bias, .then = lv::activation::relu}};
    directions = {0.6f, 0.8f, 0, 0, 0, 0, 0.8f, -0.6f};
  }
  [[nodiscard]] lv::model_part of(kind k) const {
    lv::model_part p{.kind = k};
    p.scaler = {lv::scaler_parts::kind_t::affine, 4, offset, scale};
    p.linear = {4, 3, weights, bias, lv::link_function::softmax};
    p.trees.features = 4;
    p.trees.nodes = nodes;
    p.trees.trees = trees;
    p.network = {.features = 4, .outputs = 3, .layers = layers};
    p.components = {lv::component_parts::kind_t::projection, 4, 2, offset, directions, variance};
    p.centres = {.features = 4, .centres = 3, .positions = positions};
    p.mixture = {4, 2, true, shares, std::span(positions).first(8), precisions};
    return p;
  }
};
lv::any_model made(const std::vector<lv::model_part>& steps) {
  auto m = lv::any_model::make({.steps = steps});
  if (!m) FAIL(m.error().sentence.c_str());
  return std::move(*m);
}
std::vector<float> rows_of(std::size_t n, std::size_t features) {
  std::mt19937 random(static_cast<unsigned>(n));
  std::normal_distribution<float> normal(1, 3);
  std::vector<float> rows(n * features);
  for (float& v : rows) v = normal(random);
  return rows;
}
std::vector<float> scored(const auto& m, std::span<const float> row) {
  std::vector<float> out(m.outputs());
  m.score(row, out);
  return out;
}
/// A model of somebody else.
struct doubling {
  [[nodiscard]] std::size_t features() const { return 2; }
  [[nodiscard]] std::size_t outputs() const { return 2; }
  void score(std::span<const float> row, std::span<float> out) const { out[0] = 2 * row[0], out[1] = 2 * row[1]; }
};
}  // namespace

TEST_CASE("one step of any kind gives what that model gives") {
  const parts p;
  const auto row = rows_of(1, 4);
  const auto same = [&]<class M>(kind k, lv::result<M> m) {
    REQUIRE(m);
    const auto any = made({p.of(k)});
    CHECK(any.features() == m->features());
    CHECK(scored(any, row) == scored(*m, row));
  };
  same(kind::scaler, lv::scaler::make(p.of(kind::scaler).scaler));
  same(kind::linear, lv::linear::make(p.of(kind::linear).linear));
  same(kind::trees, lv::trees::make(p.of(kind::trees).trees));
  same(kind::network, lv::network::make(p.of(kind::network).network));
  same(kind::components, lv::components::make(p.of(kind::components).components));
  same(kind::centres, lv::nearest::make(p.of(kind::centres).centres));
  same(kind::mixture, lv::mixture::make(p.of(kind::mixture).mixture));
}

TEST_CASE("each step takes what the one before it gives") {
  const parts p;
  const auto row = rows_of(1, 4);
  const auto scaled = scored(made({p.of(kind::scaler)}), row);
  CHECK(scored(made({p.of(kind::scaler), p.of(kind::linear)}), row) == scored(made({p.of(kind::linear)}), scaled));

  auto trees = p.of(kind::trees);
  trees.trees.features = 2;
  const auto along = scored(made({p.of(kind::components)}), scaled);
  REQUIRE(along.size() == 2);
  const auto three = made({p.of(kind::scaler), p.of(kind::components), trees});
  CHECK(three.features() == 4);
  CHECK(three.outputs() == 1);
  CHECK(scored(three, row) == scored(made({trees}), along));

  auto back = p.of(kind::linear);  // three features, four outputs
  back.linear = {3, 4, p.weights, p.offset};
  CHECK(scored(made({p.of(kind::scaler), p.of(kind::linear), back}), row) ==
        scored(made({back}), scored(made({p.of(kind::linear)}), scaled)));
}

TEST_CASE("a batch gives what single rows give, whatever its length") {
  const parts p;
  const std::vector<std::vector<lv::model_part>> models{
      {p.of(kind::trees)}, {p.of(kind::scaler), p.of(kind::linear)}, {p.of(kind::scaler), p.of(kind::scaler), p.of(kind::trees)}};
  for (const auto& steps : models) {
    const auto m = made(steps);
    for (const std::size_t n : {0u, 1u, 7u, 1023u, 1024u, 1025u, 3000u}) {
      const auto rows = rows_of(n, 4);
      std::vector<float> out(n * m.outputs()), one(m.outputs());
      m.score_batch(rows, n, out);
      bool same = true;
      for (std::size_t r = 0; r < n; ++r) {
        m.score(std::span(rows).subspan(r * 4, 4), one);
        same = same && std::equal(one.begin(), one.end(), out.begin() + static_cast<std::ptrdiff_t>(r * m.outputs()));
      }
      CHECK(same);
    }
  }
}

TEST_CASE("it explains where the last step does, and all others keep features apart") {
  const parts p;
  const auto scaled_trees = made({p.of(kind::scaler), p.of(kind::trees)});
  REQUIRE(scaled_trees.can_explain());
  for (int i = 1; i < 20; ++i) {
    const auto row = rows_of(static_cast<std::size_t>(i), 4);
    std::vector<float> contributions(5);
    scaled_trees.explain(std::span(row).first(4), 0, contributions);
    CHECK(contributions[2] == 0);
    CHECK(contributions[3] == 0);
    CHECK(double{contributions[0] + contributions[1] + contributions[4]} ==
          doctest::Approx(double{scored(scaled_trees, std::span(row).first(4))[0]}));
  }
  auto norm = p.of(kind::scaler);
  norm.scaler = {lv::scaler_parts::kind_t::l2, 4};
  CHECK_FALSE(made({norm, p.of(kind::trees)}).can_explain());
  CHECK_FALSE(made({p.of(kind::centres)}).can_explain());
  CHECK(made({p.of(kind::components)}).can_explain());
}

TEST_CASE("a model of one's own becomes one of any kind, and can be moved") {
  auto m = lv::any_model::of(doubling{});
  CHECK(scored(m, std::vector<float>{1, 2}) == std::vector<float>{2, 4});
  lv::any_model other = std::move(m);
  m = lv::any_model::of(doubling{});
  other = std::move(m);
  CHECK(scored(other, std::vector<float>{3, 2}) == std::vector<float>{6, 4});
  CHECK_FALSE(other.can_explain());
}

TEST_CASE("steps that do not fit each other are refused in words") {
  const parts p;
  const auto refused = [](std::vector<lv::model_part> steps, std::string_view sentence) {
    auto m = lv::any_model::make({.steps = steps});
    REQUIRE_FALSE(m);
    CHECK_MESSAGE(m.error().sentence.view().starts_with(sentence), m.error().sentence.view());
  };
  refused({}, "model: 0 steps, where 1 to 8 are possible");
  refused(std::vector<lv::model_part>(9, p.of(kind::scaler)), "model: 9 steps");
  refused({p.of(kind::none)}, "step 0: a kind of model that is not known here, number 0");
  refused({p.of(kind::scaler), p.of(kind::components), p.of(kind::trees)},
          "step 2: trees with 4 features behind components with 2 outputs");
  auto cut = p.of(kind::linear);
  cut.linear.bias = {};
  refused({p.of(kind::scaler), cut}, "step 1: linear: 3 biases are needed and 0 are there");
  const std::vector<float> ones(2000, 1);
  auto wide = p.of(kind::scaler);
  wide.scaler = {lv::scaler_parts::kind_t::affine, 2000, ones, ones};
  refused({wide, wide}, "step 1: rows between steps have at most 1024 numbers, not 2000");
}
