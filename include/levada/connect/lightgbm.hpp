// SPDX-License-Identifier: BSL-1.0
// lightgbm: models of LightGBM, from `save_model("model.txt")`. It compares doubles, levada floats: each threshold is rounded
// down to a float, after which no float falls on another side.
#pragma once

#include <levada/connect/detail/numbers.hpp>
#include <levada/connect/detail/tree_reader.hpp>
#include <levada/connect/model_document.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0 {

namespace detail {

/// A block of lines `name=value`, which an empty line ends.
class lightgbm_block {
 public:
  explicit lightgbm_block(std::string_view lines) : lines_(lines) {}

  [[nodiscard]] bool has(std::string_view name) const { return begin_of(name) != std::string_view::npos; }
  /// Empty where there is no such line, or nothing in it.
  [[nodiscard]] std::string_view operator[](std::string_view name) const {
    const auto begin = begin_of(name);
    if (begin == std::string_view::npos) return {};
    auto line = lines_.substr(begin + name.size());
    line = line.substr(0, line.find('\n'));
    return line.starts_with('=') ? line.substr(1) : std::string_view();
  }

 private:
  [[nodiscard]] std::size_t begin_of(std::string_view name) const {
    for (std::size_t at = lines_.find(name); at != std::string_view::npos; at = lines_.find(name, at + 1)) {
      const auto end = at + name.size();
      const bool whole = end == lines_.size() || lines_[end] == '=' || lines_[end] == '\n';
      if (whole && (at == 0 || lines_[at - 1] == '\n')) return at;
    }
    return std::string_view::npos;
  }
  std::string_view lines_;
};

class lightgbm_reader {
 public:
  static result<model_document> read(std::string_view file) {
    lightgbm_reader r;
    auto ok = r.read_file(file);
    return ok ? result<model_document>(std::move(r.document_)) : ok.error();
  }

 private:
  template <class... Part>
  static fault wrong(const Part&... part) {
    return fault::of(failure::data, "lightgbm: ", part...);
  }

  result<> read_file(std::string_view file) {
    const auto head_end = file.find("\n\n");
    if (!file.starts_with("tree\n") || head_end == file.npos) return wrong("the file does not begin with 'tree' and its header");
    const auto end = file.find("\nend of trees", head_end);
    if (end == file.npos) return wrong("the file ends before its 'end of trees'");
    if (auto ok = read_head(lightgbm_block(file.substr(0, head_end + 1))); !ok) return ok;

    auto rest = file.substr(head_end + 2, end + 1 - (head_end + 2));
    while (!rest.empty()) {
      const auto next = rest.find("\nTree=");
      const auto block = rest.substr(0, next == rest.npos ? next : next + 1);
      rest.remove_prefix(block.size());
      if (block.find_first_not_of('\n') == block.npos) continue;
      if (!block.starts_with("Tree=")) return wrong("there is something else among the trees; is the file whole?");
      if (auto ok = read_tree(lightgbm_block(block)); !ok) return ok;
    }
    return finish();
  }

  result<> read_head(const lightgbm_block& head) {
    std::uint32_t greatest_feature = 0;
    if (!parse_number(head["num_tree_per_iteration"], outputs_) || !parse_number(head["max_feature_idx"], greatest_feature))
      return wrong("num_tree_per_iteration and max_feature_idx are not whole numbers");
    if (outputs_ == 0 || outputs_ > most_outputs) return wrong(outputs_, " outputs; a model has 1 to ", most_outputs);
    if (greatest_feature >= most_features) return wrong("it has more than ", most_features, " features");
    features_ = greatest_feature + 1;
    averages_ = head.has("average_output");

    std::vector<std::string_view> names;
    each_word(head["feature_names"], ' ', [&](std::string_view name) { return names.push_back(document_.keep(name)), true; });
    if (!names.empty() && names.size() != features_) return wrong(names.size(), " feature names for ", features_, " features");
    document_.parts.feature_names = document_.keep(names);
    return read_objective(head["objective"]);
  }

  /// "binary sigmoid:1", "multiclass num_class:3", "regression sqrt".
  result<> read_objective(std::string_view objective) {
    const auto name = objective.substr(0, objective.find(' '));
    double sigmoid = 1;
    for (auto word : {"binary", "multiclassova", "cross_entropy", "xentropy"})
      if (name == word) link_ = link_function::logistic;
    for (auto word : {"poisson", "gamma", "tweedie"})
      if (name == word) link_ = link_function::exponential;
    if (name == "multiclass" || name == "softmax") link_ = link_function::softmax;
    bool known = link_ != link_function::identity || name.empty();  // without a name it was the trainer's own: raw scores
    for (auto word : {"regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg", "custom"})
      known = known || name == word;
    if (!known) return wrong("objective '", name, "' is not known, so neither is what becomes of its sums");

    fault trouble;
    const bool fine = each_word(objective.substr(name.size()), ' ', [&](std::string_view word) {
      if (word == "sqrt") return trouble = wrong("a regression of square roots (reg_sqrt) has no link function here"), false;
      if (!word.starts_with("sigmoid:")) return true;
      word.remove_prefix(8);
      return (parse_number(word, sigmoid) && sigmoid > 0) || (trouble = wrong("sigmoid is '", word, "', not above zero"), false);
    });
    if (!fine) return trouble;
    if (link_ == link_function::logistic) scale_ = sigmoid;
    return {};
  }

  result<> read_tree(const lightgbm_block& tree) {
    const auto number = forest_.trees.size();
    const auto bad = [&](std::string_view what) { return wrong("tree ", number, ": ", what); };
    std::size_t leaves = 0, categories = 0;
    if (!parse_number(tree["num_leaves"], leaves) || leaves == 0) return bad("num_leaves is not a number above zero");
    if (tree["is_linear"] == "1") return bad("it has linear models in its leaves (linear_tree), which are not supported");
    if (tree.has("num_cat") && (!parse_number(tree["num_cat"], categories) || categories != 0))
      return bad("it splits by category, which is not supported; encode categories before training");

    std::vector<std::int64_t> feature, left, right;
    std::vector<std::uint8_t> decision;
    std::vector<double> threshold, value, seen, seen_inside;
    if (!parse_numbers(tree["leaf_value"], ' ', value) || value.size() != leaves)
      return bad("leaf_value is not one for each leaf");
    const auto inside = leaves - 1;
    if (!parse_numbers(tree["split_feature"], ' ', feature) || !parse_numbers(tree["threshold"], ' ', threshold) ||
        !parse_numbers(tree["decision_type"], ' ', decision) || !parse_numbers(tree["left_child"], ' ', left) ||
        !parse_numbers(tree["right_child"], ' ', right))
      return bad("a column of its splits is not made of numbers");
    // A tree that never grew may have columns for the split that it has not.
    if (inside > 0 && (feature.size() != inside || threshold.size() != inside || decision.size() != inside ||
                       left.size() != inside || right.size() != inside))
      return bad("a column of its splits is missing, or of another length than num_leaves says");
    covered_ = parse_numbers(tree["leaf_count"], ' ', seen) && seen.size() == leaves &&
               parse_numbers(tree["internal_count"], ' ', seen_inside) && seen_inside.size() >= inside && covered_;

    // Nodes are the splits, and the leaves behind them.
    const auto child = [&](std::int64_t c) {
      return c >= 0 ? static_cast<std::size_t>(c) : inside + static_cast<std::size_t>(~c);
    };
    const auto at = [&](std::size_t i) -> result<read_node> {
      read_node to{.leaf = i >= inside};
      if (to.leaf) {
        to.node.threshold = rounded(value[i - inside]);
        if (i - inside < seen.size()) to.cover = rounded(seen[i - inside]);
        return to;
      }
      if (left[i] >= static_cast<std::int64_t>(inside) || right[i] >= static_cast<std::int64_t>(inside))
        return bad("a child does not exist");
      if (feature[i] < 0 || feature[i] >= features_) return bad("a node asks for a feature that does not exist");
      if ((decision[i] & 1u) != 0) return bad("it splits by category, which is not supported; encode categories before training");
      to.node.threshold = rounded_down(threshold[i]);
      to.node.feature = static_cast<std::uint16_t>(feature[i]);
      to.node.or_equal = true;
      if (i < seen_inside.size()) to.cover = rounded(seen_inside[i]);
      // What is missing: nothing, so that a NaN is taken for a zero; zeros and NaN; or NaN alone.
      const bool default_left = (decision[i] & 2u) != 0, zero_left = 0 <= threshold[i];
      const unsigned missing = (decision[i] >> 2) & 3u;
      if (missing == 3) return bad("a decision_type is not known");
      if (missing == 1 && (default_left != zero_left || std::abs(threshold[i]) <= 1e-35))
        return bad("it sends zeros another way than their neighbours (zero_as_missing); train with NaN for what is missing");
      to.node.missing_left = missing == 0 ? zero_left : default_left;
      to.left = child(left[i]);
      to.right = child(right[i]);
      return to;
    };
    return forest_.add("lightgbm", 0, inside + leaves, features_, at);
  }

  result<> finish() {
    const auto trees = forest_.trees.size();
    if (trees == 0 || trees % outputs_ != 0) return wrong(trees, " trees for ", outputs_, " outputs; is the file whole?");
    if (averages_) scale_ /= static_cast<double>(trees / outputs_);
    model_part step{.kind = model_part::kind_t::trees};
    step.trees = {.features = features_,
                  .outputs = outputs_,
                  .nodes = document_.keep(forest_.nodes),
                  .trees = document_.keep(forest_.trees),
                  .base = document_.keep(std::vector<float>(outputs_, 0.0f)),
                  .scale = rounded(scale_),
                  .link = link_};
    if (covered_) step.trees.covers = document_.keep(forest_.covers);
    document_.parts.steps = document_.keep(std::vector{step});
    return {};
  }

  model_document document_;
  std::uint32_t features_ = 0, outputs_ = 1;
  link_function link_ = link_function::identity;
  double scale_ = 1;
  bool averages_ = false, covered_ = true;
  read_trees forest_;
};

}  // namespace detail

/// Takes  the text of a model file of LightGBM 2 to 4: gbdt, dart, goss and rf, numerical splits, and the objectives whose link
///        is identity, logistic (sigmoid is folded into the scale), exponential or softmax.
/// Emits  one step of trees, whose splits are x <= threshold. A missing value goes where LightGBM sends it.
/// Fails  in words where the file is damaged, or splits by category, by zero_as_missing, or has linear leaves.
inline result<model_document> read_lightgbm(std::span<const std::byte> bytes) {
  return detail::lightgbm_reader::read({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace levada::inline v0
