// SPDX-License-Identifier: BSL-1.0
// model_parts: models as data. Loaders (connect/) fill them from files of other tools, the container keeps them, and models
// (model/) are made from them: so no loader knows a model, and no model a format. All are views: whoever filled them keeps the
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

/// What is done with the sum of a model's parts.
enum class link_function : std::uint8_t { identity, logistic, softmax, exponential };

/// A node of a tree. A row goes left when its feature is less than the threshold (or equal, where `or_equal`), and by
/// `missing_left` when the feature is NaN. A leaf has left == 0 and gives `value`.
struct tree_node {
  float threshold = 0;  // of a leaf: its value
  std::uint16_t feature = 0;
  bool or_equal = false;
  bool missing_left = false;
  std::uint32_t left = 0, right = 0;  // within the tree; 0: this is a leaf
};
static_assert(sizeof(tree_node) == 16);

/// Boosted or random trees. Tree t adds to output t % outputs where `outputs` > 1 and `leaf_outputs` is 1 (XGBoost's order). A
/// leaf of a forest whose leaves are vectors (leaf_outputs == outputs) has in `threshold` the index of its first value in
/// leaf_values.
struct tree_parts {
  std::uint32_t features = 0, outputs = 1, leaf_outputs = 1;
  std::span<const tree_node> nodes{};
  std::span<const std::uint32_t> trees{};  // where each begins in nodes
  std::span<const float> leaf_values{};    // only of leaves that are vectors
  std::span<const float> base{};           // what each output begins with, before the link function
  std::span<const float> covers{};         // one a node: how much of the training data came by. Empty: not known
  float scale = 1;                         // sums are multiplied by it: 1 / number of trees where a forest averages
  link_function link = link_function::identity;
};

enum class activation : std::uint8_t { none, relu, tanh, sigmoid, softmax, leaky_relu };

/// A dense layer: weights[o * inputs + i], bias[o]. As a convolution over time: inputs = channels, weights[(o * kernel + k) *
/// channels + c], without padding.
struct layer_parts {
  enum class kind_t : std::uint8_t { dense, conv1d, max_pool, mean_pool, flatten } kind = kind_t::dense;
  std::uint32_t inputs = 0, outputs = 0, kernel = 1, stride = 1;
  std::span<const float> weights{}, bias{};
  activation then = activation::none;
};
struct network_parts {
  std::uint32_t features = 0, outputs = 0;
  std::uint32_t steps = 1;  // of a 1-D convolution: the row is steps * channels, step by step
  std::span<const layer_parts> layers{};
};

/// outputs = link(weights * row + bias); weights[o * features + f].
struct linear_parts {
  std::uint32_t features = 0, outputs = 1;
  std::span<const float> weights{}, bias{};
  link_function link = link_function::identity;
};
/// (row - offset) * scale, feature by feature; or a row divided by its norm.
struct scaler_parts {
  enum class kind_t : std::uint8_t { affine, l1, l2, max } kind = kind_t::affine;
  std::uint32_t features = 0;
  std::span<const float> offset{}, scale{};
};
/// Principal components: directions[c * features + f] of rows less their mean, and the variance of each. They give how far a row
/// is (T2 and Q), or where it lies along each: what a model behind them wants.
struct component_parts {
  enum class kind_t : std::uint8_t { distances, projection } gives = kind_t::distances;
  std::uint32_t features = 0, components = 0;
  std::span<const float> mean{}, directions{}, variance{};
};
/// positions[k * features + f]; `labels` says which output a centre stands for, where the nearest `neighbours` vote. Without
/// labels it is the nearest one itself that is asked for.
struct centre_parts {
  std::uint32_t features = 0, centres = 0, labels_count = 0, neighbours = 1;
  std::span<const float> positions{};
  std::span<const std::uint32_t> labels{};
};
/// Gaussians: weight, mean[k * features + f], and a triangular factor F of each inverse covariance F * F', row by row (features *
/// features values), or its diagonal alone (features values): 1 / standard deviation.
struct mixture_parts {
  std::uint32_t features = 0, parts = 0;
  bool diagonal = true;
  std::span<const float> weights{}, means{}, precisions{};
};

/// One step of a model. A model is a row of steps, each fed with what the one before it gives: a scaler, then a network.
struct model_part {
  enum class kind_t : std::uint8_t { none, scaler, linear, trees, network, components, centres, mixture } kind = kind_t::none;
  scaler_parts scaler{};
  linear_parts linear{};
  tree_parts trees{};
  network_parts network{};
  component_parts components{};
  centre_parts centres{};
  mixture_parts mixture{};
};
[[nodiscard]] constexpr std::string_view name_of(model_part::kind_t k) {
  constexpr std::string_view names[] = {"nothing", "scaler", "linear", "trees", "network", "components", "centres", "mixture"};
  return names[static_cast<std::size_t>(k)];
}

/// How the values of each feature were spread in training: edges[f * (bins - 1) + i] between its bins, ascending, and how many
/// lay in each, counts[f * (bins + 1) + i]. A value on an edge lies above it; behind the bins stands how often it was NaN.
struct histogram_parts {
  std::uint32_t features = 0, bins = 0;
  std::span<const float> edges{}, counts{};
};

/// A whole model, and what it says of itself.
struct model_parts {
  std::span<const model_part> steps{};
  std::span<const std::string_view> feature_names{};  // empty: without names
  std::span<const std::string_view> output_names{};
  histogram_parts training{};  // without features: not known
};

}  // namespace levada::inline v0
