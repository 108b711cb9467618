// SPDX-License-Identifier: BSL-1.0
// onnx_trees: a TreeEnsembleRegressor or TreeEnsembleClassifier of ONNX-ML (https://onnx.ai/onnx/operators/) as tree_parts. What
// the two differ in is what they call the entries of leaves: target_weights or class_weights.
#pragma once

#include <levada/connect/detail/onnx_file.hpp>

#if LEVADA_EXCEPTIONS && __has_include(<protozero/pbf_reader.hpp>)

#include <levada/connect/detail/tree_reader.hpp>
#include <levada/connect/model_document.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0::detail {

class onnx_tree_reader {
 public:
  /// `features`: of the row that the node takes; 0 where nobody knows. `labels`: the classes, 0 for a regressor.
  static result<tree_parts> read(const onnx_node& node, std::uint32_t features, std::size_t labels, link_function link,
                                 model_document& to) {
    onnx_tree_reader r(node, labels > 0);
    r.parts_.features = features;
    r.parts_.link = link;
    if (features > most_features) return r.wrong(features, " features; a model has ", most_features, " at most");
    if (auto ok = r.read_leaves(labels); !ok) return ok.error();
    if (auto ok = r.read_nodes(); !ok) return ok.error();
    if (auto ok = r.read_base(labels); !ok) return ok.error();
    r.parts_.nodes = to.keep(r.forest_.nodes);
    r.parts_.trees = to.keep(r.forest_.trees);
    r.parts_.leaf_values = to.keep(r.leaf_values_);
    r.parts_.base = to.keep(r.base_);
    if (r.covers_.size() == r.ids_.size() && !r.covers_.empty()) r.parts_.covers = to.keep(r.forest_.covers);
    return r.parts_;
  }

 private:
  /// A node by the tree and the number that the file gives it.
  using node_id = std::pair<std::int64_t, std::int64_t>;
  struct entry {
    node_id node;
    std::int64_t output;
    float weight;
  };

  onnx_tree_reader(const onnx_node& node, bool classifies)
      : node_(node),
        classifies_(classifies),
        trees_(node.integers("nodes_treeids")),
        ids_(node.integers("nodes_nodeids")),
        features_(node.integers("nodes_featureids")),
        lower_(node.integers("nodes_truenodeids")),
        upper_(node.integers("nodes_falsenodeids")),
        missing_(node.integers("nodes_missing_value_tracks_true")),
        values_(node.numbers("nodes_values")),
        covers_(node.numbers("nodes_hitrates")),
        modes_(node.strings("nodes_modes")) {}

  template <class... Part>
  [[nodiscard]] fault wrong(const Part&... part) const {
    return fault::of(failure::data, "onnx: node '", node_.name, "' (", node_.op, "): ", part...);
  }

  /// What the leaves add to which output, sorted by node.
  result<> read_leaves(std::size_t labels) {
    const bool c = classifies_;
    const auto trees = node_.integers(c ? "class_treeids" : "target_treeids");
    const auto nodes = node_.integers(c ? "class_nodeids" : "target_nodeids");
    const auto outputs = node_.integers(c ? "class_ids" : "target_ids");
    const auto weights = node_.numbers(c ? "class_weights" : "target_weights");
    if (trees.size() != weights.size() || nodes.size() != weights.size() || outputs.size() != weights.size() || weights.empty())
      return wrong("its leaves have no weights in float, or columns of unequal length; export it with float, not double");
    for (std::size_t i = 0; i < weights.size(); ++i) leaves_.push_back({{trees[i], nodes[i]}, outputs[i], weights[i]});
    std::sort(leaves_.begin(), leaves_.end(),
              [](const entry& a, const entry& b) { return std::pair(a.node, a.output) < std::pair(b.node, b.output); });

    std::int64_t count = c ? static_cast<std::int64_t>(labels) : node_.integer("n_targets", 1);
    if (count < 1 || count > static_cast<std::int64_t>(most_outputs)) return wrong(count, " outputs");
    // Two classes and entries for one of them alone: a score for the second class.
    const auto same = [&](std::int64_t o) { return o == outputs[0]; };
    if (c && count == 2 && std::all_of(outputs.begin(), outputs.end(), same)) {
      count = 1;
      first_class_ = outputs[0] == 0;
      for (auto& leaf : leaves_) leaf.output = 0;
    }
    for (const auto& leaf : leaves_)
      if (leaf.output < 0 || leaf.output >= count) return wrong("a leaf adds to output ", leaf.output, " of ", count);
    parts_.outputs = static_cast<std::uint32_t>(count);
    return {};
  }

  result<> read_nodes() {
    const auto n = ids_.size();
    if (n == 0 || trees_.size() != n || features_.size() != n || lower_.size() != n || upper_.size() != n ||
        values_.size() != n || modes_.size() != n || (!missing_.empty() && missing_.size() != n))
      return wrong("its nodes have no thresholds in float, or columns of unequal length; export it with float, not double");
    if (parts_.features == 0)
      for (std::size_t i = 0; i < n; ++i)
        if (features_[i] >= 0 && features_[i] < static_cast<std::int64_t>(most_features))
          parts_.features = std::max(parts_.features, static_cast<std::uint32_t>(features_[i]) + 1);

    for (std::size_t i = 0; i < n; ++i)
      if (!places_.emplace(node_id{trees_[i], ids_[i]}, i).second)
        return wrong("tree ", trees_[i], " has node ", ids_[i], " twice");
    find_roots();

    const auto aggregate = node_.words("aggregate_function");
    if (aggregate == "AVERAGE")
      parts_.scale = 1 / static_cast<float>(std::max<std::size_t>(roots_.size(), 1));
    else if (!aggregate.empty() && aggregate != "SUM")
      return wrong("aggregate_function ", aggregate, " is not supported; SUM and AVERAGE are");

    // The leaves of a booster add one value, to the outputs in turn. Others are vectors.
    if (!in_turn()) parts_.leaf_outputs = parts_.outputs;
    for (const auto root : roots_)
      if (auto ok = forest_.add("onnx", root, n, parts_.features, [&](std::size_t i) { return read_one(i); }); !ok) return ok;
    if (forest_.nodes.size() != n) return wrong("some of its nodes are reached twice, or not at all");
    return {};
  }

  /// A tree begins with the node that is nobody's child; where there is none, with its first.
  void find_roots() {
    std::vector<bool> child(ids_.size());
    for (std::size_t i = 0; i < ids_.size(); ++i)
      if (modes_[i] != "LEAF")
        for (const auto id : {lower_[i], upper_[i]})
          if (const auto at = places_.find({trees_[i], id}); at != places_.end()) child[at->second] = true;
    std::map<std::int64_t, std::size_t> root;
    std::vector<std::int64_t> order;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const auto [at, first] = root.emplace(trees_[i], i);
      if (first) order.push_back(trees_[i]);
      if (child[at->second] && !child[i]) at->second = i;
    }
    for (const auto tree : order) roots_.push_back(root[tree]);
  }

  [[nodiscard]] std::span<const entry> entries_of(std::size_t i) const {
    const node_id id{trees_[i], ids_[i]};
    const auto less = [](const entry& a, const node_id& b) { return a.node < b; };
    const auto begin = std::lower_bound(leaves_.begin(), leaves_.end(), id, less);
    auto end = begin;
    while (end != leaves_.end() && end->node == id) ++end;
    return {begin, end};
  }

  [[nodiscard]] bool in_turn() const {
    if (parts_.outputs == 1) return true;
    std::map<std::int64_t, std::size_t> number;
    for (std::size_t t = 0; t < roots_.size(); ++t) number[trees_[roots_[t]]] = t;
    for (const auto& leaf : leaves_) {
      const auto at = number.find(leaf.node.first);
      if (at == number.end() || static_cast<std::int64_t>(at->second % parts_.outputs) != leaf.output) return false;
    }
    return true;
  }

  result<read_node> read_one(std::size_t i) {
    read_node to{.leaf = modes_[i] == "LEAF"};
    if (covers_.size() == ids_.size()) to.cover = covers_[i];
    if (to.leaf) {
      if (parts_.leaf_outputs == 1) {
        for (const auto& e : entries_of(i)) to.node.threshold += e.weight;
        return to;
      }
      // The index lies in a float, which counts up to 2^24.
      if (leaf_values_.size() + parts_.outputs > (std::size_t{1} << 24)) return wrong("it has too many leaves that are vectors");
      to.node.threshold = static_cast<float>(leaf_values_.size());
      leaf_values_.resize(leaf_values_.size() + parts_.outputs);
      float* values = leaf_values_.data() + leaf_values_.size() - parts_.outputs;
      for (const auto& e : entries_of(i)) values[e.output] += e.weight;
      return to;
    }
    to.node.or_equal = modes_[i] == "BRANCH_LEQ";
    if (!to.node.or_equal && modes_[i] != "BRANCH_LT")
      return wrong("a node compares with ", modes_[i], ", which is not supported; BRANCH_LT and BRANCH_LEQ are");
    if (features_[i] < 0 || features_[i] >= parts_.features) return wrong("a node asks for feature ", features_[i]);
    const auto lower = places_.find({trees_[i], lower_[i]}), upper = places_.find({trees_[i], upper_[i]});
    if (lower == places_.end() || upper == places_.end()) return wrong("a child does not exist");
    to.node.threshold = values_[i];
    to.node.feature = static_cast<std::uint16_t>(features_[i]);
    to.node.missing_left = !missing_.empty() && missing_[i] != 0;
    to.left = lower->second;
    to.right = upper->second;
    return to;
  }

  /// Nothing, or a value for each output. Of two classes ONNX does not say what they mean; exporters that write one write a
  /// single value, and entries for class 0.
  result<> read_base(std::size_t labels) {
    const auto base = node_.numbers("base_values");
    const std::size_t outputs = parts_.outputs;
    base_.assign(outputs, 0.0f);
    if (base.empty()) return {};
    if (labels == 2 && !(first_class_ && base.size() == 1))
      return wrong(base.size(), " base_values for two classes, which runtimes do not agree on; export the raw scores");
    if (base.size() != outputs) return wrong(base.size(), " base_values for ", outputs, " outputs");
    std::copy(base.begin(), base.end(), base_.begin());
    return {};
  }

  const onnx_node& node_;
  bool classifies_;
  bool first_class_ = false;  // of two classes, one score, whose entries are for class 0
  std::span<const std::int64_t> trees_, ids_, features_, lower_, upper_, missing_;
  std::span<const float> values_, covers_;
  std::span<const std::string_view> modes_;
  std::vector<entry> leaves_;
  std::map<node_id, std::size_t> places_;
  std::vector<std::size_t> roots_;  // indices of nodes, a tree each
  tree_parts parts_;
  read_trees forest_;
  std::vector<float> leaf_values_, base_;
};

}  // namespace levada::inline v0::detail

#endif
