// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/xgboost.hpp>

#include "naive_model.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
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

// Two trees over speed and load, as XGBoost 1.7 writes them: one of five nodes, one that is a leaf.
const std::string file = R"({"learner":{"attributes":{},"feature_names":["speed","load"],"feature_types":["float","float"],
 "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"2","size_leaf_vector":"0"},
  "tree_info":[0,0],
  "trees":[{"base_weights":[0,1,2,3,4],"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],
   "default_left":[1,0,0,0,0],"id":0,"left_children":[1,-1,3,-1,-1],"loss_changes":[9,0,3,0,0],
   "parents":[2147483647,0,0,2,2],"right_children":[2,-1,4,-1,-1],"split_conditions":[5E-1,2.5E-1,-1.25E0,-5E-1,1E0],
   "split_indices":[0,0,1,0,0],"split_type":[0,0,0,0,0],"sum_hessian":[6E1,1E1,5E1,2E1,3E1],
   "tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"5","size_leaf_vector":"0"}},
  {"base_weights":[0],"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],
   "default_left":[0],"id":1,"left_children":[-1],"loss_changes":[0],"parents":[2147483647],"right_children":[-1],
   "split_conditions":[1.25E-1],"split_indices":[0],"split_type":[0],"sum_hessian":[6E1],
   "tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"1","size_leaf_vector":"0"}}]},"name":"gbtree"},
 "learner_model_param":{"base_score":"7.5E-1","boost_from_average":"1","num_class":"0","num_feature":"2","num_target":"1"},
 "objective":{"name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}}},"version":[1,7,4]})";

auto read(const std::string& words) { return lv::read_xgboost(bytes_of(words)); }
auto with(std::string_view what, std::string_view by) { return read(replaced(file, what, by)); }

float score_of(const lv::result<lv::model_document>& got, row x, std::size_t output = 0) {
  REQUIRE_MESSAGE(got, naive::refusal(got));
  return naive::score(*got, x)[output];
}
double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// The same as UBJ, its columns as arrays of one type, as XGBoost writes them.
std::string ubj_of(const nlohmann::json& value) {
  const auto bytes = nlohmann::json::to_ubjson(value, true, true);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a row goes left when it is less than the threshold, and base_score is a prediction") {
  const auto got = read(file);
  const double base = std::log(3.0);  // of 0.75
  CHECK(score_of(got, {0.4f, 0}) == Approx(logistic(base + 0.25 + 0.125)));
  CHECK(score_of(got, {0.5f, -2}) == Approx(logistic(base - 0.5 + 0.125)));
  CHECK(score_of(got, {0.5f, -1.25f}) == Approx(logistic(base + 1 + 0.125)));
  CHECK(score_of(got, {missing, 0}) == Approx(logistic(base + 0.25 + 0.125)));
  CHECK(score_of(got, {0.5f, missing}) == Approx(logistic(base + 1 + 0.125)));
  CHECK(got->parts.feature_names[0] == "speed");
  CHECK(got->parts.steps[0].trees.covers[1] == 10);
  CHECK(got->parts.steps[0].trees.covers[5] == 60);
}

TEST_CASE("UBJ is the same") {
  const row x{0.5f, -1.25f};
  const auto got = read(ubj_of(nlohmann::json::parse(file)));
  CHECK(score_of(got, x) == score_of(read(file), x));
}

TEST_CASE("objectives decide what becomes of a margin, and of base_score") {
  const auto of = [](std::string_view objective, std::string_view base = "7.5E-1") {
    return score_of(read(replaced(replaced(file, "binary:logistic", objective), "7.5E-1", base)), {0, 0});
  };
  const double sum = 0.25 + 0.125;
  CHECK(of("reg:squarederror") == Approx(0.75 + sum));
  CHECK(of("rank:ndcg") == Approx(0.75 + sum));
  CHECK(of("reg:logistic") == Approx(logistic(std::log(3.0) + sum)));
  CHECK(of("binary:logitraw") == Approx(0.75 + sum));
  CHECK(of("count:poisson") == Approx(0.75 * std::exp(sum)));
  CHECK(of("reg:gamma", "2E0") == Approx(2 * std::exp(sum)));
  CHECK(of("reg:squarederror", "[-3E-1]") == Approx(-0.3 + sum));
  const auto tenths = read(replaced(replaced(file, "binary:logistic", "count:poisson"), "7.5E-1", "7E-1"));
  CHECK(tenths->parts.steps[0].trees.base[0] == std::log(0.7f));  // which is not the float next to log(0.7)
  CHECK_REFUSED(with("binary:logistic", "binary:hinge"), "objective 'binary:hinge' is not known");
  CHECK_REFUSED(with("7.5E-1", "1E0"), "base_score 1E0 is none that binary:logistic can have");
  CHECK_REFUSED(with("7.5E-1", "[1E-1,2E-1]"), "base_score");
  CHECK_REFUSED(with("7.5E-1", "half"), "base_score");
}

TEST_CASE("classes take turns, whatever the order in the file, and may each have a base_score") {
  auto words = replaced(replaced(file, "\"num_class\":\"0\"", "\"num_class\":\"2\""), "binary:logistic", "multi:softprob");
  words = replaced(replaced(words, "[0,0]", "[1,0]"), "7.5E-1", "[1E-1,2E-1]");  // the tree with splits is of class 1
  const auto got = read(words);
  const double first = std::exp(0.1 + 0.125), second = std::exp(0.2 + 0.25);
  CHECK(score_of(got, {0, 0}, 0) == Approx(first / (first + second)));
  CHECK(score_of(got, {0, 0}, 1) == Approx(second / (first + second)));
  CHECK_REFUSED(read(replaced(words, "\"tree_info\":[1,0]", "\"tree_info\":[1,1]")), "unequal numbers of trees");
  CHECK_REFUSED(read(replaced(words, "\"tree_info\":[1,0]", "\"tree_info\":[2,0]")), "tree 0 is for output 2 of 2");
}

TEST_CASE("dropped trees weigh less, and a linear booster is a linear model") {
  auto dart =
      replaced(file, "\"gradient_booster\":{\"model\"", "\"gradient_booster\":{\"weight_drop\":[0.5,2],\"gbtree\":{\"model\"");
  dart = replaced(dart, "\"name\":\"gbtree\"}", "\"name\":\"gbtree\"},\"name\":\"dart\"}");
  CHECK(score_of(read(replaced(dart, "binary:logistic", "reg:squarederror")), {0, 0}) == Approx(0.75 + 0.5 * 0.25 + 2 * 0.125));
  CHECK_REFUSED(read(replaced(dart, "[0.5,2]", "[0.5]")), "weight_drop");

  const std::string linear = R"({"learner":{"gradient_booster":{"model":{"weights":[1,2,3]},"name":"gblinear"},
    "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2"},"objective":{"name":"reg:squarederror"}}})";
  CHECK(score_of(read(linear), {10, 20}) == Approx(0.5 + 10 + 40 + 3));
  CHECK_REFUSED(read(replaced(linear, "[1,2,3]", "[1,2]")), "gblinear");
}

TEST_CASE("a linear booster begins every output with the first base_score, as XGBoost does") {
  const auto got = read(R"({"learner":{"gradient_booster":{"model":{"weights":[1,2,3,4]},"name":"gblinear"},
    "learner_model_param":{"base_score":"[5E-1,9E0]","num_class":"0","num_feature":"1","num_target":"2"},
    "objective":{"name":"reg:squarederror"}}})");
  CHECK(score_of(got, {10}, 0) == Approx(0.5 + 10 + 3));
  CHECK(score_of(got, {10}, 1) == Approx(0.5 + 20 + 4));
}

TEST_CASE("rounds behind the best one are refused: whether they count depends on who asks XGBoost") {
  const auto best = [](std::string_view round) {
    return with("\"attributes\":{}", "\"attributes\":{\"best_iteration\":\"" + std::string(round) + "\"}");
  };
  CHECK(best("1"));
  CHECK_REFUSED(best("0"), "all 2 rounds or by the best 1, depending on who asks; save the best: booster[:1]");
  CHECK(read(replaced(replaced(file, "\"attributes\":{}", "\"attributes\":{\"best_iteration\":\"0\"}"),
                      "\"num_parallel_tree\":\"1\"", "\"num_parallel_tree\":\"2\"")));
}

TEST_CASE("what cannot be expressed is refused in words") {
  CHECK_REFUSED(with("\"split_type\":[0,", "\"split_type\":[1,"), "tree 0 splits by category");
  CHECK_REFUSED(with("\"num_nodes\":\"5\",\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"3\""), "one_output_per_tree");
  auto vectors = replaced(file, "\"num_nodes\":\"5\",\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"2\"");
  vectors = replaced(replaced(vectors, "\"num_target\":\"1\"", "\"num_target\":\"2\""), "binary:logistic", "reg:squarederror");
  CHECK_REFUSED(read(vectors), "tree 0 has vectors as leaves");  // not: output 1 has no trees
  CHECK_REFUSED(with("\"name\":\"gbtree\"", "\"name\":\"gbforest\""), "booster 'gbforest'");
  CHECK_REFUSED(read("{\"nodeid\":0}"), "save_model");
}

TEST_CASE("a damaged file is refused in words") {
  CHECK_REFUSED(with("\"version\"", "version"), "not whole JSON");
  CHECK_REFUSED(with("\"left_children\":[1,", "\"left_children\":[0,"), "tree 0: a node is reached twice");
  CHECK_REFUSED(with("\"left_children\":[1,", "\"left_children\":[5,"), "tree 0: a child does not exist");
  CHECK_REFUSED(with("\"right_children\":[2,", "\"right_children\":[-2,"), "tree 0: a child does not exist");
  CHECK_REFUSED(with("\"split_indices\":[0,0,1,", "\"split_indices\":[0,0,2,"), "tree 0 asks for feature 2 of 2");
  CHECK_REFUSED(with("\"split_indices\":[0,0,1,", "\"split_indices\":[0,0,65536,"), "tree 0 asks for feature 65536 of 2");
  CHECK_REFUSED(with("\"default_left\":[1,", "\"default_left\":["), "tree 0: its columns");
  CHECK_REFUSED(with("\"left_children\":[1,", "\"left_children\":[1.5,"), "tree 0: its columns");
  CHECK_REFUSED(with("\"num_feature\":\"2\",\"num_target\"", "\"num_feature\":\"99999\",\"num_target\""), "99999 features");
  CHECK_REFUSED(with("\"num_class\":\"0\"", "\"num_class\":\"4000000000\""), "4000000000 outputs");
  CHECK_REFUSED(with("\"num_class\":\"0\"", "\"num_class\":\"-1\""), "whole numbers");
  CHECK_REFUSED(with("\"tree_info\":[0,0]", "\"tree_info\":[0]"), "'tree_info' for each");
  CHECK_REFUSED(with("[\"speed\",\"load\"]", "[\"speed\"]"), "1 feature names for 2 features");
}

TEST_CASE("depth without end and counts without bytes are refused") {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep = "{\"a\":";
    for (int i = 0; i < 100'000; ++i) deep += open;
    CHECK_REFUSED(read(deep), "nests too deep");
  }
  CHECK_REFUSED(read("{i\x01"
                     "a" +
                     std::string(1'000'000, '[')),
                "nests too deep");
  // Two billion nulls, and as many floats that are not there.
  CHECK_REFUSED(read("{i\x01"
                     "a[$Z#l\x7f\xff\xff\xff}"),
                "not whole UBJ");
  CHECK_REFUSED(read("{i\x01"
                     "a[$d#l\x7f\xff\xff\xff}"),
                "not whole UBJ");
  CHECK_REFUSED(read("{L\x7f\xff\xff\xff\xff\xff\xff\xff"), "not whole UBJ");
}

TEST_CASE("a mutated file gives a sentence or a sound model") {
  const auto small = nlohmann::json::parse(file).dump();  // without spaces: a change changes something
  const auto judge = [](auto bytes) { return lv::read_xgboost(bytes); };
  naive::survives(small, judge);
  naive::survives(ubj_of(nlohmann::json::parse(file)), judge);
}
