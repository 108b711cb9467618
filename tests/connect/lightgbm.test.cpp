// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/lightgbm.hpp>

#include "naive_model.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace lv = levada;
using doctest::Approx;
using naive::bytes_of;
using naive::row;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  REQUIRE(at != text.npos);
  return text.replace(at, what.size(), with);
}

// Two trees over speed and load: one with three leaves, one that never grew.
const std::string file = R"(tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:2
feature_names=speed load
feature_infos=[0:9] [0:9]
tree_sizes=400 100

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=3 2
threshold=0.5 -1.25
decision_type=10 8
left_child=1 -1
right_child=-2 -3
leaf_value=0.25 -0.5 1
leaf_weight=1 2 3
leaf_count=10 20 30
internal_value=0 0.1
internal_weight=0 1
internal_count=60 40
is_linear=0
shrinkage=0.1


Tree=1
num_leaves=1
num_cat=0
split_feature=
split_gain=
threshold=
decision_type=
left_child=
right_child=
leaf_value=0.125
is_linear=0
shrinkage=1


end of trees

feature_importances:
speed=1

parameters:
[boosting: gbdt]
end of parameters
)";

auto read(const std::string& words) { return lv::read_lightgbm(bytes_of(words)); }

/// The link of an objective, by what becomes of the sum 1 (leaf 1 of the row, and no second tree's 0.125).
float score_with(std::string_view objective, row x) {
  const auto got = read(replaced(file, "binary sigmoid:2", objective));
  REQUIRE_MESSAGE(got, naive::refusal(got));
  return naive::score(*got, x)[0];
}

}  // namespace

TEST_CASE("a row goes left when it is not greater than the threshold, and the sums of leaves are linked") {
  const auto got = read(file);
  REQUIRE_MESSAGE(got, naive::refusal(got));
  const auto at = [&](row x) { return naive::score(*got, x)[0]; };
  const auto logistic = [](float sum) { return 1 / (1 + std::exp(-2 * (sum + 0.125f))); };
  CHECK(at({0.5f, -1.25f}) == Approx(logistic(0.25f)));
  CHECK(at({0.5f, -1.0f}) == Approx(logistic(1)));
  CHECK(at({0.6f, -9.0f}) == Approx(logistic(-0.5f)));
  CHECK(at({missing, missing}) == Approx(logistic(1)));  // the default of one is left, of the other right
  CHECK(got->parts.feature_names[1] == "load");

  const auto& trees = got->parts.steps[0].trees;
  REQUIRE(trees.covers.empty());  // the second tree does not say
  const auto counted = read(replaced(file, "leaf_value=0.125\n", "leaf_value=0.125\nleaf_count=60\n"));
  CHECK(counted->parts.steps[0].trees.covers[0] == 60);
  CHECK(counted->parts.steps[0].trees.covers[2] == 20);  // breadth first: both splits, then leaf 1
}

TEST_CASE("objectives decide what becomes of a sum") {
  const row x{0, 0};  // 1 + 0.125
  CHECK(score_with("regression", x) == Approx(1.125));
  CHECK(score_with("huber", x) == Approx(1.125));
  CHECK(score_with("lambdarank", x) == Approx(1.125));
  CHECK(score_with("poisson", x) == Approx(std::exp(1.125)));
  CHECK(score_with("cross_entropy", x) == Approx(1 / (1 + std::exp(-1.125))));
  CHECK_REFUSED(read(replaced(file, "binary sigmoid:2", "regression sqrt")), "reg_sqrt");
  CHECK_REFUSED(read(replaced(file, "binary sigmoid:2", "cross_entropy_lambda")),
                "objective 'cross_entropy_lambda' is not known");
  CHECK_REFUSED(read(replaced(file, "sigmoid:2", "sigmoid:-2")), "sigmoid is '-2'");
}

TEST_CASE("classes take turns, and a random forest averages") {
  auto words = replaced(replaced(file, "num_tree_per_iteration=1", "num_tree_per_iteration=2"), "binary sigmoid:2",
                        "multiclass num_class:2");
  const auto classes = read(words);
  REQUIRE_MESSAGE(classes, naive::refusal(classes));
  const auto p = naive::score(*classes, {0, 0});
  CHECK(p[0] == Approx(std::exp(1.0) / (std::exp(1.0) + std::exp(0.125))));
  CHECK(p[0] + p[1] == Approx(1));

  const auto forest =
      read(replaced(replaced(file, "binary sigmoid:2", "regression"), "feature_names", "average_output\nfeature_names"));
  REQUIRE_MESSAGE(forest, naive::refusal(forest));
  CHECK(naive::score(*forest, {0, 0})[0] == Approx((1 + 0.125) / 2));
}

TEST_CASE("no float falls on another side of a threshold that was a double") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const auto bits = random();
    double threshold;
    std::memcpy(&threshold, &bits, sizeof threshold);
    if (i % 2 == 0) threshold = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))) * (1 + 1e-9);
    if (std::isnan(threshold)) continue;
    const float down = lv::detail::rounded_down(threshold);
    for (float x : {down, std::nextafter(down, INFINITY), std::nextafter(down, -INFINITY), 0.0f, INFINITY, -INFINITY})
      REQUIRE((x <= down) == (static_cast<double>(x) <= threshold));
  }
}

TEST_CASE("what is missing goes where LightGBM sends it") {
  const auto left = [](const std::string& words) {
    const auto got = read(words);
    REQUIRE_MESSAGE(got, naive::refusal(got));
    return got->parts.steps[0].trees.nodes[0].missing_left;
  };
  CHECK(left(file));                                                         // NaN, by default left
  CHECK_FALSE(left(replaced(file, "decision_type=10", "decision_type=8")));  // NaN, by default right
  CHECK(left(replaced(file, "decision_type=10", "decision_type=0")));        // none: NaN is 0, and 0 <= 0.5
  CHECK(left(replaced(file, "decision_type=10", "decision_type=6")));        // zero: by default left, where zeros go anyway
  CHECK_REFUSED(read(replaced(file, "decision_type=10", "decision_type=4")), "zero_as_missing");
  CHECK_REFUSED(read(replaced(file, "decision_type=10", "decision_type=12")), "not known");
}

TEST_CASE("what cannot be expressed is refused in words") {
  CHECK_REFUSED(read(replaced(file, "decision_type=10", "decision_type=1")), "tree 0: it splits by category");
  CHECK_REFUSED(read(replaced(file, "num_cat=0", "num_cat=1")), "tree 0: it splits by category");
  CHECK_REFUSED(read(replaced(file, "is_linear=0", "is_linear=1")), "linear_tree");
}

TEST_CASE("a damaged file is refused in words") {
  CHECK_REFUSED(read("tree\n"), "header");
  CHECK_REFUSED(read(replaced(file, "end of trees", "end of tree")), "ends before");
  CHECK_REFUSED(read(replaced(file, "left_child=1 -1", "left_child=0 -1")), "tree 0: a node is reached twice");
  CHECK_REFUSED(read(replaced(file, "left_child=1 -1", "left_child=7 -1")), "tree 0: a child does not exist");
  CHECK_REFUSED(read(replaced(file, "left_child=1 -1", "left_child=1 -9")), "tree 0: a child does not exist");
  CHECK_REFUSED(read(replaced(file, "split_feature=0 1", "split_feature=0 2")), "tree 0: a node asks for a feature");
  CHECK_REFUSED(read(replaced(file, "threshold=0.5 -1.25", "threshold=0.5")), "tree 0: a column");
  CHECK_REFUSED(read(replaced(file, "threshold=0.5", "threshold=half")), "tree 0: a column of its splits is not made of numbers");
  CHECK_REFUSED(read(replaced(file, "threshold=0.5", "threshold=nan")), "not a number");
  CHECK_REFUSED(read(replaced(file, "num_leaves=3", "num_leaves=999999999999")), "leaf_value");
  CHECK_REFUSED(read(replaced(file, "max_feature_idx=1", "max_feature_idx=4000000000")), "65536 features");
  CHECK_REFUSED(read(replaced(file, "num_tree_per_iteration=1", "num_tree_per_iteration=3")), "2 trees for 3 outputs");
  CHECK_REFUSED(read(replaced(file, "num_tree_per_iteration=1", "num_tree_per_iteration=0")), "0 outputs");
}

TEST_CASE("a mutated file gives a sentence or a sound model") {
  naive::survives(file, [](auto bytes) { return lv::read_lightgbm(bytes); });
}
