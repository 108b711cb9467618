// SPDX-License-Identifier: BSL-1.0
// onnx: models in ONNX (https://onnx.ai/onnx/operators/): what skl2onnx and onnxmltools make of scikit-learn's linear models,
// trees and scalers, and small networks of PyTorch. Of a graph it takes those that are a chain; nothing is left out unseen. This
// header needs protozero (CMake: levada::onnx) and exceptions, which do not leave it, and is empty without.
#pragma once

#include <levada/connect/detail/onnx_file.hpp>

#if LEVADA_EXCEPTIONS && __has_include(<protozero/pbf_reader.hpp>)

#include <levada/connect/detail/onnx_network.hpp>
#include <levada/connect/detail/onnx_trees.hpp>
#include <levada/connect/detail/tree_reader.hpp>
#include <levada/connect/model_document.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0 {

namespace detail {

class onnx_reader {
 public:
  static result<model_document> read(onnx_graph graph) {
    onnx_reader r(std::move(graph));
    auto ok = r.read_graph();
    return ok ? result<model_document>(std::move(r.document_)) : ok.error();
  }

 private:
  explicit onnx_reader(onnx_graph graph) : graph_(std::move(graph)) {}

  template <class... Part>
  static fault wrong(const Part&... part) {
    return fault::of(failure::data, "onnx: ", part...);
  }
  template <class... Part>
  static fault wrong_at(const onnx_node& node, const Part&... part) {
    return fault::of(failure::data, "onnx: node '", node.name, "' (", node.op, "): ", part...);
  }

  result<> read_graph() {
    // Old files list what is constant among the inputs, too.
    std::erase_if(graph_.inputs, [&](const onnx_value& v) { return graph_.constants.contains(v.name); });
    if (graph_.inputs.size() != 1)
      return wrong("the graph takes ", graph_.inputs.size(), " inputs; export it with one, of shape [None, features]");
    now_.push_back(graph_.inputs[0].name);
    if (auto ok = network_.begin(graph_.inputs[0].dims); !ok) return ok;

    for (const auto& node : graph_.nodes)
      if (auto ok = read_node(node); !ok) return ok;
    if (auto ok = end_network(); !ok) return ok;
    if (steps_.empty()) return wrong("there is no model in the graph");
    const auto given = [&](const onnx_value& v) { return is(now_, v.name); };
    if (std::none_of(graph_.outputs.begin(), graph_.outputs.end(), given))
      return wrong("the graph does not give what its last node '", graph_.nodes.back().name, "' does");
    document_.parts.steps = document_.keep(steps_);
    return {};
  }

  static bool is(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  result<> read_node(const onnx_node& node) {
    if (node.outputs.empty()) return wrong_at(node, "it gives nothing");
    if (node.op == "Constant") {
      const auto* value = node.find("value");
      if (value == nullptr) return wrong_at(node, "its value is not a tensor");
      graph_.constants[node.outputs[0]] = value->tensor;
      return {};
    }
    const auto from = std::find_if(node.inputs.begin(), node.inputs.end(),
                                   [&](std::string_view name) { return !graph_.constants.contains(name); });
    if (from == node.inputs.end()) return wrong_at(node, "it takes constants only; export with constants folded");
    if (is(labels_, *from)) {  // what becomes of the chosen class is not asked for: there are its outputs
      labels_.insert(labels_.end(), node.outputs.begin(), node.outputs.end());
      return {};
    }
    if (take_both_classes(node)) return {};
    if (!is(now_, *from)) return wrong_at(node, "it takes '", *from, "', which is not what the node before it gives");
    if (node.op == "ArgMax") {
      labels_.push_back(node.outputs[0]);
      return {};
    }
    if (node.op == "Cast") {
      const auto to = node.integer("to", float_type);
      if (to != float_type && to != double_type) return wrong_at(node, "it makes other numbers than floats of them, type ", to);
    }
    if (node.op == "ZipMap")
      if (auto ok = name_outputs(node, network_.width(), classes_of(node)); !ok) return ok;
    for (auto same : {"Identity", "Cast", "ZipMap", "Dropout"})
      if (node.op == same) return now_.push_back(node.outputs[0]), result<>{};

    auto ok = read_step(node, static_cast<std::size_t>(from - node.inputs.begin()));
    if (!ok) return ok;
    const bool labelled = node.op == "LinearClassifier" || node.op == "TreeEnsembleClassifier";
    if (labelled && node.outputs.size() < 2) return wrong_at(node, "it gives a label without the scores");
    if (labelled) labels_.push_back(node.outputs[0]);
    now_.assign(1, node.outputs[labelled ? 1 : 0]);
    return {};
  }

  /// The probability of the second of two classes, and 1 less it, side by side: it stands for both from here on.
  bool take_both_classes(const onnx_node& node) {
    if (second_alone_ || network_.width() != 1 || node.inputs.size() != 2) return false;
    const auto axis = node.integer("axis", 1);
    if (node.op == "Concat" && is(first_, node.inputs[0]) && is(now_, node.inputs[1]) && (axis == 1 || axis == -1)) {
      second_alone_ = true;
      now_.assign(1, node.outputs[0]);
      return true;
    }
    const auto one = graph_.constants.find(node.inputs[0]);
    if (node.op != "Sub" || !is(now_, node.inputs[1]) || one == graph_.constants.end() || !one->second.is_row() ||
        one->second.floats != std::vector{1.0f})
      return false;
    first_.push_back(node.outputs[0]);
    return true;
  }

  result<> read_step(const onnx_node& node, std::size_t data) {
    bool alone = node.op == "Sigmoid";
    for (auto op : {"Add", "Sub", "Mul", "Div"}) alone = alone || node.op == op;
    if (second_alone_ && !alone)
      return wrong_at(node, "it takes the scores of both classes, and that of the second is here alone");
    if (node.op == "Scaler") return read_scaler(node);
    if (node.op == "Normalizer") return read_normalizer(node);
    if (node.op == "LinearRegressor" || node.op == "LinearClassifier") return read_linear(node);
    if (node.op == "TreeEnsembleRegressor" || node.op == "TreeEnsembleClassifier") return read_trees(node);
    if (network_.empty() && take_link(node)) return {};
    if (network_.takes(node)) return network_.read(node, data, graph_.constants, document_);
    for (auto op : {"Add", "Sub", "Mul", "Div"})
      if (node.op == op) return read_arithmetic(node, data);
    return wrong_at(node, "this operator is not supported");
  }

  /// A logistic, exponential or softmax behind a model that has a link function to set.
  bool take_link(const onnx_node& node) {
    const auto axis = node.integer("axis", 1);
    const bool softmax = node.op == "Softmax" && (axis == 1 || axis == -1);
    if (steps_.empty() || !(softmax || node.op == "Sigmoid" || node.op == "Exp")) return false;
    auto& last = steps_.back();
    auto* link = last.kind == model_part::kind_t::linear  ? &last.linear.link
                 : last.kind == model_part::kind_t::trees ? &last.trees.link
                                                          : nullptr;
    if (link == nullptr || *link != link_function::identity) return false;
    *link = softmax ? link_function::softmax : node.op == "Exp" ? link_function::exponential : link_function::logistic;
    return true;
  }

  result<> end_network() {
    if (network_.empty()) return {};
    auto made = network_.end(document_);
    if (!made) return made.error();
    steps_.push_back({.kind = model_part::kind_t::network});
    steps_.back().network = *made;
    return {};
  }

  /// Closes what came before, and agrees on how long the row is that the step takes: what is known, or what it says itself.
  result<std::uint32_t> row_for(const onnx_node& node, std::size_t said) {
    if (auto ok = end_network(); !ok) return ok.error();
    if (!network_.flat()) return wrong_at(node, "it takes rows, not a series of steps");
    const std::size_t width = network_.width() != 0 ? network_.width() : said;
    if (width == 0 || width > most_features || (said != 0 && said != width))
      return wrong_at(node, "its row has ", said, " features, and what comes has ", width);
    network_.restart(static_cast<std::uint32_t>(width));
    return static_cast<std::uint32_t>(width);
  }

  result<> add_scaler(std::uint32_t features, const std::vector<float>& offset, const std::vector<float>& scale) {
    steps_.push_back({.kind = model_part::kind_t::scaler});
    steps_.back().scaler = {.features = features, .offset = document_.keep(offset), .scale = document_.keep(scale)};
    return {};
  }
  static std::vector<float> spread(std::span<const float> values, std::size_t n, float otherwise) {
    if (values.size() <= 1) return std::vector<float>(n, values.empty() ? otherwise : values[0]);
    return {values.begin(), values.end()};
  }

  result<> read_scaler(const onnx_node& node) {
    const auto offset = node.numbers("offset"), scale = node.numbers("scale");
    const auto longer = std::max(offset.size(), scale.size());
    const auto row = row_for(node, longer > 1 ? longer : 0);
    if (!row) return row.error();
    if ((offset.size() > 1 && offset.size() != *row) || (scale.size() > 1 && scale.size() != *row))
      return wrong_at(node, offset.size(), " offsets and ", scale.size(), " scales for ", *row, " features");
    return add_scaler(*row, spread(offset, *row, 0), spread(scale, *row, 1));
  }

  result<> read_normalizer(const onnx_node& node) {
    const auto row = row_for(node, 0);
    if (!row) return row.error();
    using kind = scaler_parts::kind_t;
    const auto norm = node.words("norm");  // MAX: of magnitudes, as scikit-learn means it and onnxruntime does not
    steps_.push_back({.kind = model_part::kind_t::scaler});
    steps_.back().scaler.features = *row;
    steps_.back().scaler.kind = norm == "L1" ? kind::l1 : norm == "L2" ? kind::l2 : kind::max;
    if (norm != "L1" && norm != "L2" && norm != "MAX" && !norm.empty()) return wrong_at(node, "norm ", norm, " is not known");
    return {};
  }

  /// x - c, x + c, x * c and x / c: scalers, too.
  result<> read_arithmetic(const onnx_node& node, std::size_t data) {
    if (node.inputs.size() != 2) return wrong_at(node, "it does not take two inputs");
    const auto constant = graph_.constants.find(node.inputs[1 - data]);
    if (constant == graph_.constants.end()) return wrong_at(node, "it takes no constant");
    const auto& values = constant->second.floats;
    if (!constant->second.is_row()) return wrong_at(node, "its constant is not a float, or a row of them");
    if (data == 1 && (node.op == "Sub" || node.op == "Div")) return wrong_at(node, "its constant must be on the right");
    const auto row = row_for(node, values.size() > 1 ? values.size() : 0);
    if (!row) return row.error();
    auto offset = spread({}, *row, 0), scale = spread({}, *row, 1);
    const auto c = spread(values, *row, 0);
    for (std::size_t f = 0; f < *row; ++f) {
      if (node.op == "Sub") offset[f] = c[f];
      if (node.op == "Add") offset[f] = -c[f];
      if (node.op == "Mul") scale[f] = c[f];
      if (node.op == "Div") scale[f] = 1 / c[f];
    }
    return add_scaler(*row, offset, scale);
  }

  result<link_function> link_of(const onnx_node& node) {
    const auto name = node.words("post_transform");
    if (name.empty() || name == "NONE") return link_function::identity;
    if (name == "LOGISTIC") return link_function::logistic;
    if (name == "SOFTMAX") return link_function::softmax;
    return wrong_at(node, "post_transform ", name, " is not supported; NONE, LOGISTIC and SOFTMAX are");
  }

  /// The classes of a classifier, as words.
  std::vector<std::string_view> classes_of(const onnx_node& node) {
    std::vector<std::string_view> classes;
    for (const auto name : node.strings("classlabels_strings")) classes.push_back(document_.keep(name));
    if (classes.empty()) {
      const bool linear = node.op == "LinearClassifier";
      for (const auto label : node.integers(linear ? "classlabels_ints" : "classlabels_int64s"))
        classes.push_back(document_.keep(std::string_view(std::to_string(label))));
    }
    return classes;
  }
  /// A step that gives this many outputs is the last one so far.
  result<> gives(const onnx_node& node, std::uint32_t outputs, link_function link, std::vector<std::string_view> classes) {
    if (outputs == 1 && link == link_function::softmax) return wrong_at(node, "SOFTMAX of one output is not supported");
    second_alone_ = outputs == 1 && classes.size() == 2;
    network_.restart(outputs);
    document_.parts.output_names = {};
    return name_outputs(node, outputs, std::move(classes));
  }
  result<> name_outputs(const onnx_node& node, std::size_t outputs, std::vector<std::string_view> classes) {
    if (classes.empty()) return {};
    if (second_alone_ && classes.size() == 2) classes.erase(classes.begin());
    if (classes.size() != outputs) return wrong_at(node, classes.size(), " classes for ", outputs, " outputs");
    document_.parts.output_names = document_.keep(classes);
    return {};
  }

  result<> read_linear(const onnx_node& node) {
    const auto weights = node.numbers("coefficients"), bias = node.numbers("intercepts");
    auto classes = classes_of(node);
    std::size_t outputs = bias.size();
    if (outputs == 0)
      outputs = node.op == "LinearRegressor" ? static_cast<std::size_t>(node.integer("targets", 1)) : classes.size();
    if (outputs == 0 || outputs > most_outputs || weights.empty() || weights.size() % outputs != 0)
      return wrong_at(node, weights.size(), " coefficients for ", outputs, " outputs");
    const auto row = row_for(node, weights.size() / outputs);
    if (!row) return row.error();
    const auto link = link_of(node);
    if (!link) return link.error();
    model_part step{.kind = model_part::kind_t::linear};
    step.linear = {.features = *row,
                   .outputs = static_cast<std::uint32_t>(outputs),
                   .weights = document_.keep(std::vector(weights.begin(), weights.end())),
                   .bias = document_.keep(spread(bias, outputs, 0)),
                   .link = *link};
    steps_.push_back(step);
    return gives(node, step.linear.outputs, *link, std::move(classes));
  }

  result<> read_trees(const onnx_node& node) {
    if (auto ok = end_network(); !ok) return ok;
    if (!network_.flat()) return wrong_at(node, "it takes rows, not a series of steps");
    const auto link = link_of(node);
    if (!link) return link.error();
    auto classes = node.op == "TreeEnsembleClassifier" ? classes_of(node) : std::vector<std::string_view>();
    if (node.op == "TreeEnsembleClassifier" && classes.size() < 2)
      return wrong_at(node, "it has ", classes.size(), " classes; there is something to learn from two on");
    const auto trees = onnx_tree_reader::read(node, network_.width(), classes.size(), *link, document_);
    if (!trees) return trees.error();
    steps_.push_back({.kind = model_part::kind_t::trees});
    steps_.back().trees = *trees;
    return gives(node, trees->outputs, *link, std::move(classes));
  }

  static constexpr std::int64_t float_type = 1, double_type = 11;

  onnx_graph graph_;
  model_document document_;
  std::vector<model_part> steps_;
  onnx_network network_;  // the layers since the last step
  // Names of what the last step gives; of classes chosen; of the probability of the first class, where the second's is here.
  std::vector<std::string_view> now_, labels_, first_;
  bool second_alone_ = false;  // what comes now stands for the scores of two classes
};

}  // namespace detail

/// Takes  the bytes of an .onnx file whose graph is a chain from one input: Scaler, Normalizer, arithmetic with constants,
///        LinearRegressor and LinearClassifier, TreeEnsembleRegressor and TreeEnsembleClassifier in float, Gemm, MatMul, Conv and
///        pooling over one dimension, and their activations. Opset and domain are not asked for.
/// Emits  a step for each model, a network for layers in a row. A classifier gives its scores; of two classes with one
///        score, or with p and 1 - p, that of the second. Convolutions over several channels take a row step by step, where ONNX
///        has it channel by channel: see docs/models.md.
/// Fails  in words that name the node which is not supported, or damaged.
inline result<model_document> read_onnx(std::span<const std::byte> bytes) {
  auto graph = detail::onnx_graph_of(bytes);
  return graph ? detail::onnx_reader::read(std::move(*graph)) : result<model_document>(graph.error());
}

}  // namespace levada::inline v0

#endif
