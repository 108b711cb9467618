// SPDX-License-Identifier: BSL-1.0
// xgboost: models of XGBoost 1.7 to 3, from `save_model("model.json")` or `save_model("model.ubj")`. The two have one schema
// (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html). This header needs nlohmann/json (CMake: levada::json),
// and is empty where that is not installed.
#pragma once

#if __has_include(<nlohmann/json.hpp>)

#include <levada/connect/detail/json_tree.hpp>
#include <levada/connect/detail/numbers.hpp>
#include <levada/connect/detail/tree_reader.hpp>
#include <levada/connect/model_document.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0 {

namespace detail {

/// What an objective does with margins, and what base_score is for it: a prediction, whose margin is looked for. In float, as
/// XGBoost does, so that sums begin with the same bits.
struct xgboost_objective {
  std::string_view name;
  link_function link;
  float (*margin)(float);
};
inline float margin_itself(float x) { return x; }
inline float margin_of_probability(float p) { return -std::log(1 / p - 1); }
inline float margin_of_mean(float mean) { return std::log(mean); }
inline constexpr xgboost_objective xgboost_objectives[] = {
    {"reg:squarederror", link_function::identity, margin_itself},
    {"reg:linear", link_function::identity, margin_itself},
    {"reg:squaredlogerror", link_function::identity, margin_itself},
    {"reg:pseudohubererror", link_function::identity, margin_itself},
    {"reg:absoluteerror", link_function::identity, margin_itself},
    {"reg:quantileerror", link_function::identity, margin_itself},
    {"reg:logistic", link_function::logistic, margin_of_probability},
    {"reg:gamma", link_function::exponential, margin_of_mean},
    {"reg:tweedie", link_function::exponential, margin_of_mean},
    {"binary:logistic", link_function::logistic, margin_of_probability},
    {"binary:logitraw", link_function::identity, margin_itself},
    {"count:poisson", link_function::exponential, margin_of_mean},
    {"survival:cox", link_function::exponential, margin_of_mean},
    {"survival:aft", link_function::exponential, margin_of_mean},
    {"multi:softmax", link_function::softmax, margin_itself},
    {"multi:softprob", link_function::softmax, margin_itself},
    {"rank:pairwise", link_function::identity, margin_itself},
    {"rank:ndcg", link_function::identity, margin_itself},
    {"rank:map", link_function::identity, margin_itself},
};

class xgboost_reader {
 public:
  static result<model_document> read(const json& file) {
    xgboost_reader r;
    auto ok = r.read_learner(file);
    return ok ? result<model_document>(std::move(r.document_)) : ok.error();
  }

 private:
  template <class... Part>
  static fault wrong(const Part&... part) {
    return fault::of(failure::data, "xgboost: ", part...);
  }

  result<> read_learner(const json& file) {
    const json* learner = member(file, {"learner"});
    const json* sizes = learner == nullptr ? nullptr : member(*learner, {"learner_model_param"});
    const json* booster = learner == nullptr ? nullptr : member(*learner, {"gradient_booster"});
    if (sizes == nullptr || booster == nullptr)
      return wrong("the file has no 'learner' with sizes and a booster; write it with save_model, not dump_model or pickle");
    if (auto ok = read_sizes(*sizes); !ok) return ok;
    if (auto ok = read_objective(words_of(member(*learner, {"objective", "name"})), *sizes); !ok) return ok;
    if (auto ok = read_names(member(*learner, {"feature_names"})); !ok) return ok;

    read_best(member(*learner, {"attributes", "best_iteration"}));
    const auto name = words_of(member(*booster, {"name"}));
    if (name == "gbtree") return read_forest(member(*booster, {"model"}), nullptr);
    if (name == "dart") return read_forest(member(*booster, {"gbtree", "model"}), member(*booster, {"weight_drop"}));
    if (name == "gblinear") return read_linear(member(*booster, {"model", "weights"}));
    return wrong("booster '", name, "' is not known; gbtree, dart and gblinear are");
  }

  result<> read_sizes(const json& sizes) {
    std::uint32_t classes = 0, targets = 1;  // there is one target in files that do not say
    const json* features = member(sizes, {"num_feature"});
    const json* target = member(sizes, {"num_target"});
    const json* many = member(sizes, {"num_class"});
    if (features == nullptr || !parse_number(*features, features_) || (many != nullptr && !parse_number(*many, classes)) ||
        (target != nullptr && !parse_number(*target, targets)))
      return wrong("num_feature, num_class and num_target are not whole numbers");
    outputs_ = std::max({classes, targets, 1u});
    if (features_ == 0 || features_ > most_features) return wrong(features_, " features; a model has 1 to ", most_features);
    if (outputs_ > most_outputs) return wrong(outputs_, " outputs; a model has ", most_outputs, " at most");
    return {};
  }

  result<> read_objective(std::string_view name, const json& sizes) {
    const xgboost_objective* objective = nullptr;
    for (const auto& known : xgboost_objectives)
      if (known.name == name) objective = &known;
    if (objective == nullptr) return wrong("objective '", name, "' is not known, so neither is what becomes of its margins");
    link_ = objective->link;

    std::vector<float> base;  // "5E-1"; since 3.1 "[5E-1]", one for each output
    auto words = words_of(member(sizes, {"base_score"}));
    if (words.starts_with('[') && words.ends_with(']')) words = words.substr(1, words.size() - 2);
    if (!parse_numbers(words, ',', base) || (base.size() != 1 && base.size() != outputs_))
      return wrong("base_score is '", words, "', not a number for each output");
    for (std::size_t o = 0; o < outputs_; ++o) {
      const float margin = objective->margin(base[base.size() == 1 ? 0 : o]);
      if (!std::isfinite(margin)) return wrong("base_score ", words, " is none that ", name, " can have");
      base_.push_back(margin);
    }
    return {};
  }

  /// Training that stopped early keeps rounds behind its best one.
  void read_best(const json* best) {
    if (best != nullptr && !parse_number(*best, best_round_)) best_round_ = all_rounds;
  }

  result<> read_names(const json* names) {
    if (names == nullptr || !names->is_array() || names->empty()) return {};
    if (names->size() != features_) return wrong(names->size(), " feature names for ", features_, " features");
    std::vector<std::string_view> kept;
    for (const json& name : *names) kept.push_back(document_.keep(words_of(&name)));
    document_.parts.feature_names = document_.keep(kept);
    return {};
  }

  result<> read_forest(const json* model, const json* weights) {
    const json* trees = model == nullptr ? nullptr : member(*model, {"trees"});
    std::vector<std::uint32_t> groups;
    if (trees == nullptr || !trees->is_array() || !parse_numbers(member(*model, {"tree_info"}), groups) ||
        groups.size() != trees->size())
      return wrong("the booster has no 'trees' with a 'tree_info' for each");
    std::vector<float> drops(trees->size(), 1.0f);
    if (weights != nullptr && (!parse_numbers(weights, drops) || drops.size() != trees->size()))
      return wrong("weight_drop is not a number for each tree");

    // Parallel trees of a class lie side by side; here the classes take turns.
    std::vector<std::vector<std::size_t>> of(outputs_);
    for (std::size_t t = 0; t < groups.size(); ++t) {
      if (groups[t] >= outputs_) return wrong("tree ", t, " is for output ", groups[t], " of ", outputs_);
      if (has_vectors((*trees)[t]))
        return wrong("tree ", t, " has vectors as leaves (multi_output_tree); train with one_output_per_tree");
      of[groups[t]].push_back(t);
    }
    for (const auto& one : of)
      if (one.size() != of[0].size()) return wrong("its outputs have unequal numbers of trees");
    std::size_t abreast = 1;
    if (const json* said = member(*model, {"gbtree_model_param", "num_parallel_tree"}))
      if (!parse_number(*said, abreast) || abreast == 0) return wrong("num_parallel_tree is not a number above zero");
    const auto rounds = of[0].size() / abreast;
    if (best_round_ != all_rounds && best_round_ + 1 != rounds)
      return wrong("training stopped early, and XGBoost itself predicts by all ", rounds, " rounds or by the best ",
                   best_round_ + 1, ", depending on who asks; save the best: booster[:", best_round_ + 1, "]");
    for (std::size_t round = 0; round < of[0].size(); ++round)
      for (const auto& one : of)
        if (auto ok = read_tree((*trees)[one[round]], one[round], drops[one[round]]); !ok) return ok;

    model_part step{.kind = model_part::kind_t::trees};
    step.trees = {.features = features_,
                  .outputs = outputs_,
                  .nodes = document_.keep(forest_.nodes),
                  .trees = document_.keep(forest_.trees),
                  .base = document_.keep(base_),
                  .link = link_};
    if (covered_) step.trees.covers = document_.keep(forest_.covers);
    document_.parts.steps = document_.keep(std::vector{step});
    return {};
  }

  static bool has_vectors(const json& tree) {
    const json* leaf = member(tree, {"tree_param", "size_leaf_vector"});
    std::uint32_t size = 0;
    return leaf != nullptr && (!parse_number(*leaf, size) || size > 1);
  }

  result<> read_tree(const json& tree, std::size_t number, float weight) {
    std::vector<std::int64_t> left, right, feature, default_left, split_type;
    std::vector<float> condition, cover;
    const auto n = [&] { return left.size(); };
    if (!parse_numbers(member(tree, {"left_children"}), left) || !parse_numbers(member(tree, {"right_children"}), right) ||
        !parse_numbers(member(tree, {"split_indices"}), feature) ||
        !parse_numbers(member(tree, {"default_left"}), default_left) ||
        !parse_numbers(member(tree, {"split_conditions"}), condition) || n() == 0 || right.size() != n() ||
        feature.size() != n() || default_left.size() != n() || condition.size() != n())
      return wrong("tree ", number, ": its columns are missing, no numbers, or of unequal length");
    const bool typed = parse_numbers(member(tree, {"split_type"}), split_type) && split_type.size() == n();
    covered_ = parse_numbers(member(tree, {"sum_hessian"}), cover) && cover.size() == n() && covered_;

    const auto at = [&](std::size_t i) -> result<read_node> {
      const bool leaf = left[i] < 0;
      if (!leaf && typed && split_type[i] != 0)
        return wrong("tree ", number, " splits by category, which is not supported; encode categories before training");
      if (!leaf && (feature[i] < 0 || feature[i] >= features_))
        return wrong("tree ", number, " asks for feature ", feature[i], " of ", features_);
      read_node to{.leaf = leaf, .cover = cover.size() == n() ? cover[i] : 0.0f};
      to.node.threshold = leaf ? condition[i] * weight : condition[i];
      if (leaf) return to;
      to.node.feature = static_cast<std::uint16_t>(feature[i]);
      to.node.missing_left = default_left[i] != 0;
      to.left = static_cast<std::size_t>(left[i]);  // a negative one becomes one that does not exist
      to.right = static_cast<std::size_t>(right[i]);
      return to;
    };
    return forest_.add("xgboost", 0, n(), features_, at);
  }

  /// weights[f * outputs + o], and a row of biases behind them. Each output begins with the first base_score, also in files that
  /// have one for each: so does XGBoost.
  result<> read_linear(const json* from) {
    std::vector<float> read;
    if (!parse_numbers(from, read) || read.size() != std::size_t{features_ + 1} * outputs_)
      return wrong("the weights of gblinear are not one for each feature and output");
    std::vector<float> weights(std::size_t{features_} * outputs_), bias(outputs_, base_[0]);
    for (std::size_t o = 0; o < outputs_; ++o) {
      for (std::size_t f = 0; f < features_; ++f) weights[o * features_ + f] = read[f * outputs_ + o];
      bias[o] += read[std::size_t{features_} * outputs_ + o];
    }
    model_part step{.kind = model_part::kind_t::linear};
    step.linear = {.features = features_,
                   .outputs = outputs_,
                   .weights = document_.keep(weights),
                   .bias = document_.keep(bias),
                   .link = link_};
    document_.parts.steps = document_.keep(std::vector{step});
    return {};
  }

  static constexpr std::size_t all_rounds = std::numeric_limits<std::size_t>::max();

  model_document document_;
  std::uint32_t features_ = 0, outputs_ = 1;
  std::size_t best_round_ = all_rounds;
  link_function link_ = link_function::identity;
  std::vector<float> base_;
  read_trees forest_;
  bool covered_ = true;
};

}  // namespace detail

/// Takes  the bytes of a .json or .ubj file of XGBoost: boosters gbtree, dart and gblinear, and the objectives of
///        which xgboost_objectives knows the link. Of a booster that stopped early, save the rounds up to the best:
///        booster[: booster.best_iteration + 1].save_model(...).
/// Emits  one step: trees, whose splits are x < threshold in float as XGBoost's are, or a linear model. multi:softmax gives the
///        probabilities of softprob.
/// Fails  in words where the file is damaged, splits by category, has vectors as leaves, or rounds behind its best one.
inline result<model_document> read_xgboost(std::span<const std::byte> bytes) {
  // Behind the first brace of JSON comes white space or a quote; of UBJ, the type of a length.
  const bool binary =
      bytes.size() > 1 && std::string_view("iUIlL$#N").find(static_cast<char>(bytes[1])) != std::string_view::npos;
  const auto file = detail::json_of(bytes, binary);
  if (file.is_discarded())
    return fault::of(failure::data, "xgboost: this is not whole ", binary ? "UBJ" : "JSON", ", or nests too deep",
                     binary ? "" : "; what has a NaN in it can be saved as .ubj");
  return detail::xgboost_reader::read(file);
}

}  // namespace levada::inline v0

#endif
