// SPDX-License-Identifier: BSL-1.0
// onnx_network: the layers of a chain of ONNX nodes, until something else follows. ONNX keeps a series channel by channel, levada
// step by step, so weights behind a flattened series change places.
#pragma once

#include <levada/connect/detail/onnx_file.hpp>

#if LEVADA_EXCEPTIONS && __has_include(<protozero/pbf_reader.hpp>)

#include <levada/connect/model_document.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace levada::inline v0::detail {

class onnx_network {
 public:
  using constants = std::map<std::string_view, onnx_tensor>;

  /// The graph's input: [rows, features] or [rows, channels, steps]. What is not known is 0.
  result<> begin(std::span<const std::int64_t> dims) {
    for (const auto dim : dims)
      if (dim < 0 || dim > most) return fault::of(failure::data, "onnx: the input has a dimension of ", dim);
    if (dims.size() > 3)
      return fault::of(failure::data, "onnx: the input has ", dims.size(), " dimensions; rows and series are read");
    if (dims.size() == 3) {
      channels_ = static_cast<std::uint32_t>(dims[1]);
      steps_ = static_cast<std::uint32_t>(dims[2]);
      if (std::size_t{channels_} * steps_ > most) return fault::of(failure::data, "onnx: the input is too large");
      if (channels_ == 0 || steps_ == 0)
        return fault::of(failure::data, "onnx: the length of the series is not known; export it with fixed channels and steps");
      series_ = true;
    } else if (dims.size() == 2) {
      channels_ = static_cast<std::uint32_t>(dims[1]);
    }
    begun();
    return {};
  }
  /// A row of `width` comes from another step.
  void restart(std::uint32_t width) {
    channels_ = width;
    steps_ = 1;
    turned_ = 1;
    series_ = wants_bias_ = false;
    begun();
  }

  [[nodiscard]] bool empty() const { return layers_.empty(); }
  [[nodiscard]] bool flat() const { return !series_ && turned_ == 1; }
  /// Of a row; 0 where it is not known.
  [[nodiscard]] std::uint32_t width() const { return channels_ * steps_; }

  [[nodiscard]] bool takes(const onnx_node& node) const {
    if (node.op == "Add") return wants_bias_;
    for (auto op : {"Gemm", "MatMul", "Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "Relu", "Tanh", "Sigmoid",
                    "LeakyRelu", "Softmax", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose"})
      if (node.op == op) return true;
    return false;
  }

  /// `data`: which of the node's inputs is the row.
  result<> read(const onnx_node& node, std::size_t data, const constants& with, model_document& to) {
    const bool wanted = std::exchange(wants_bias_, false);
    if (node.op == "Add" && wanted) return read_bias(node, data, with, to);
    if (data != 0) return wrong(node, "its first input is a constant, which is not supported");
    if (node.op == "Gemm") return read_gemm(node, with, to);
    if (node.op == "MatMul") return read_matmul(node, with, to);
    if (node.op == "Conv") return read_conv(node, with, to);
    if (node.op == "MaxPool" || node.op == "AveragePool") return read_pool(node);
    if (node.op == "GlobalAveragePool") return add_pool(node, layer_parts::kind_t::mean_pool, steps_, 1);
    if (node.op == "Flatten" || node.op == "Reshape" || node.op == "Squeeze" || node.op == "Unsqueeze" || node.op == "Transpose")
      return read_shape(node, with);
    return read_activation(node);
  }

  /// The layers so far as a step, after which a row of its outputs comes.
  result<network_parts> end(model_document& to) {
    if (turned_ > 1 || (series_ && channels_ > 1 && steps_ > 1))
      return fault::of(failure::data, "onnx: the graph gives a series of several channels; end it with a dense layer or a pool");
    const network_parts made{.features = features_, .outputs = width(), .steps = first_steps_, .layers = to.keep(layers_)};
    layers_.clear();
    restart(made.outputs);
    return made;
  }

 private:
  using kind_t = layer_parts::kind_t;
  static constexpr std::int64_t most = 1 << 24;

  template <class... Part>
  static fault wrong(const onnx_node& node, const Part&... part) {
    return fault::of(failure::data, "onnx: node '", node.name, "' (", node.op, "): ", part...);
  }
  void begun() {
    features_ = width();
    first_steps_ = steps_;
  }

  /// A constant of these many dimensions, made of floats.
  static const onnx_tensor* tensor(const onnx_node& node, std::size_t input, std::size_t rank, const constants& with) {
    if (input >= node.inputs.size()) return nullptr;
    const auto at = with.find(node.inputs[input]);
    if (at == with.end() || at->second.outside || at->second.floats.empty() || !at->second.whole()) return nullptr;
    return rank == 0 || at->second.dims.size() == rank ? &at->second : nullptr;
  }

  /// weight(o, i) of a layer of `outputs` for an input in ONNX's order.
  template <class Weight>
  result<> add_dense(const onnx_node& node, std::size_t inputs, std::size_t outputs, std::vector<float> bias, Weight&& weight,
                     model_document& to) {
    if (series_) return wrong(node, "it takes a row, and a series comes; flatten it first");
    if (width() != 0 && width() != inputs) return wrong(node, "it takes ", inputs, " values, and ", width(), " come");
    if (layers_.empty()) restart(static_cast<std::uint32_t>(inputs));
    const std::size_t steps = turned_, channels = inputs / turned_;
    std::vector<float> weights(inputs * outputs);
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t s = 0; s < steps; ++s) weights[o * inputs + s * channels + c] = weight(o, c * steps + s);
    turned_ = 1;
    layers_.push_back({.kind = kind_t::dense,
                       .inputs = static_cast<std::uint32_t>(inputs),
                       .outputs = static_cast<std::uint32_t>(outputs),
                       .weights = to.keep(weights),
                       .bias = to.keep(bias)});
    channels_ = static_cast<std::uint32_t>(outputs);
    steps_ = 1;
    return {};
  }

  result<> read_gemm(const onnx_node& node, const constants& with, model_document& to) {
    const auto* b = tensor(node, 1, 2, with);
    if (b == nullptr || node.integer("transA", 0) != 0) return wrong(node, "its weights are not a constant matrix of floats");
    const bool turned = node.integer("transB", 0) != 0;
    const auto inputs = static_cast<std::size_t>(b->dims[turned ? 1 : 0]),
               outputs = static_cast<std::size_t>(b->dims[turned ? 0 : 1]);
    std::vector<float> bias(outputs, 0.0f);
    if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
      const auto* c = tensor(node, 2, 0, with);
      if (c == nullptr || !c->is_row() || (c->floats.size() != outputs && c->floats.size() != 1))
        return wrong(node, "its bias is not a constant for each of ", outputs, " outputs");
      for (std::size_t o = 0; o < outputs; ++o) bias[o] = node.number("beta", 1) * c->floats[c->floats.size() == 1 ? 0 : o];
    }
    const float alpha = node.number("alpha", 1);
    return add_dense(
        node, inputs, outputs, std::move(bias),
        [&](std::size_t o, std::size_t i) { return alpha * b->floats[turned ? o * inputs + i : i * outputs + o]; }, to);
  }

  result<> read_matmul(const onnx_node& node, const constants& with, model_document& to) {
    const auto* b = tensor(node, 1, 2, with);
    if (b == nullptr) return wrong(node, "its weights are not a constant matrix of floats");
    const auto inputs = static_cast<std::size_t>(b->dims[0]), outputs = static_cast<std::size_t>(b->dims[1]);
    auto ok = add_dense(
        node, inputs, outputs, std::vector<float>(outputs, 0.0f),
        [&](std::size_t o, std::size_t i) { return b->floats[i * outputs + o]; }, to);
    wants_bias_ = static_cast<bool>(ok);
    return ok;
  }
  /// An Add behind a MatMul.
  result<> read_bias(const onnx_node& node, std::size_t data, const constants& with, model_document& to) {
    const auto* c = node.inputs.size() == 2 ? tensor(node, 1 - data, 0, with) : nullptr;
    auto& layer = layers_.back();
    if (c == nullptr || !c->is_row() || (c->floats.size() != layer.outputs && c->floats.size() != 1))
      return wrong(node, "it does not add a constant to each output");
    layer.bias = to.keep(c->floats.size() == 1 ? std::vector(layer.outputs, c->floats[0]) : c->floats);
    return {};
  }

  /// Padding, dilation, groups and rounding up are not what layer_parts can say.
  static bool plain(const onnx_node& node) {
    const auto all = [&](std::string_view name, std::int64_t value) {
      for (const auto v : node.integers(name))
        if (v != value) return false;
      return true;
    };
    const auto padding = node.words("auto_pad");
    return all("pads", 0) && all("dilations", 1) && node.integer("group", 1) == 1 && node.integer("ceil_mode", 0) == 0 &&
           (padding.empty() || padding == "NOTSET" || padding == "VALID");
  }
  /// Of the one dimension there is; 0 where it is something else.
  static std::uint32_t one(std::span<const std::int64_t> values, std::uint32_t otherwise) {
    if (values.empty()) return otherwise;
    return values.size() == 1 && values[0] > 0 && values[0] <= most ? static_cast<std::uint32_t>(values[0]) : 0;
  }

  result<> read_conv(const onnx_node& node, const constants& with, model_document& to) {
    const auto* w = tensor(node, 1, 3, with);
    if (w == nullptr) return wrong(node, "its weights are not constant floats for one dimension");
    const auto outputs = static_cast<std::size_t>(w->dims[0]), channels = static_cast<std::size_t>(w->dims[1]),
               kernel = static_cast<std::size_t>(w->dims[2]);
    const auto stride = one(node.integers("strides"), 1);
    if (!plain(node) || stride == 0) return wrong(node, "padding, dilation and groups are not supported");
    if (!series_ || channels != channels_ || kernel > steps_)
      return wrong(node, "it takes ", channels, " channels and ", kernel, " steps or more, which do not come");
    std::vector<float> bias(outputs, 0.0f), weights(w->floats.size());
    if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
      const auto* b = tensor(node, 2, 1, with);
      if (b == nullptr || b->floats.size() != outputs)
        return wrong(node, "its bias is not a constant for each of ", outputs, " outputs");
      bias = b->floats;
    }
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t k = 0; k < kernel; ++k)
          weights[(o * kernel + k) * channels + c] = w->floats[(o * channels + c) * kernel + k];
    layers_.push_back({.kind = kind_t::conv1d,
                       .inputs = channels_,
                       .outputs = static_cast<std::uint32_t>(outputs),
                       .kernel = static_cast<std::uint32_t>(kernel),
                       .stride = stride,
                       .weights = to.keep(weights),
                       .bias = to.keep(bias)});
    return resized(node, outputs, (steps_ - kernel) / stride + 1);
  }
  result<> resized(const onnx_node& node, std::size_t channels, std::size_t steps) {
    if (channels * steps > most) return wrong(node, "it gives more than ", most, " values");
    channels_ = static_cast<std::uint32_t>(channels);
    steps_ = static_cast<std::uint32_t>(steps);
    return {};
  }

  result<> read_pool(const onnx_node& node) {
    const auto kernel = one(node.integers("kernel_shape"), 0), stride = one(node.integers("strides"), 1);
    if (!plain(node) || kernel == 0 || stride == 0)
      return wrong(node, "only pools over one dimension are supported, without padding and dilation");
    return add_pool(node, node.op == "MaxPool" ? kind_t::max_pool : kind_t::mean_pool, kernel, stride);
  }
  result<> add_pool(const onnx_node& node, kind_t kind, std::uint32_t kernel, std::uint32_t stride) {
    if (!series_ || kernel > steps_) return wrong(node, "it takes a series of ", kernel, " steps or more, which does not come");
    layers_.push_back({.kind = kind, .inputs = channels_, .outputs = channels_, .kernel = kernel, .stride = stride});
    return resized(node, channels_, (steps_ - kernel) / stride + 1);
  }

  /// From a row to a series of one channel, from a series to a row, or nothing at all.
  result<> read_shape(const onnx_node& node, const constants& with) {
    const auto no = [&] { return wrong(node, "it changes the shape in a way that is not supported"); };
    if (node.op == "Flatten") return node.integer("axis", 1) == 1 ? flattened() : no();
    if (node.op == "Transpose") {  // [rows, steps, channels], as levada has it, before the first convolution
      const auto order = node.integers("perm");
      if (!series_ || !layers_.empty() || order.size() != 3 || order[0] != 0 || order[1] != 2 || order[2] != 1) return no();
      std::swap(channels_, steps_);
      first_steps_ = steps_;
      return {};
    }
    std::span<const std::int64_t> wanted = node.integers(node.op == "Reshape" ? "shape" : "axes");
    if (node.inputs.size() > 1)
      if (const auto at = with.find(node.inputs[1]); at != with.end()) wanted = at->second.integers;
    if (node.op == "Unsqueeze") {  // [rows, steps] to [rows, 1, steps]
      if (series_ || turned_ > 1 || wanted.size() != 1 || wanted[0] != 1) return no();
      return as_series(node);
    }
    if (node.op == "Squeeze") {
      const bool last = wanted.size() == 1 && (wanted[0] == 2 || wanted[0] == -1) && steps_ == 1;
      return series_ && last ? flattened() : no();
    }
    const auto fits = [&](std::int64_t dim, std::uint32_t here) { return dim == -1 || dim == static_cast<std::int64_t>(here); };
    if (wanted.size() == 2 && fits(wanted[1], width())) return flattened();
    if (wanted.size() == 3 && !series_ && turned_ == 1 && wanted[1] == 1 && fits(wanted[2], width())) return as_series(node);
    if (wanted.size() == 3 && series_ && fits(wanted[1], channels_) && fits(wanted[2], steps_)) return {};
    return no();
  }
  result<> flattened() {
    if (!series_) return {};
    layers_.push_back({.kind = kind_t::flatten, .inputs = channels_, .outputs = width()});
    if (channels_ > 1) turned_ = steps_;
    channels_ = width();
    steps_ = 1;
    series_ = false;
    return {};
  }
  result<> as_series(const onnx_node& node) {
    if (width() == 0) return wrong(node, "the length of the row is not known; export it with a fixed one");
    if (!layers_.empty()) return wrong(node, "a series must be what the network begins with");
    steps_ = width();
    channels_ = 1;
    series_ = true;
    begun();
    return {};
  }

  result<> read_activation(const onnx_node& node) {
    // What rises with its value, value by value, does the same before a flattening or the greatest of a pool.
    auto layer = layers_.end();
    while (layer != layers_.begin()) {
      --layer;
      const bool passes = layer->kind == kind_t::flatten || layer->kind == kind_t::max_pool;
      if (!passes || node.op == "Softmax") break;
    }
    if (layer == layers_.end() || layer->weights.empty() || layer->then != activation::none)
      return wrong(node, "it does not follow a dense layer or a convolution");
    auto& then = layer->then;
    if (node.op == "Relu") then = activation::relu;
    if (node.op == "Tanh") then = activation::tanh;
    if (node.op == "Sigmoid") then = activation::sigmoid;
    if (node.op == "LeakyRelu") {
      if (node.number("alpha", 0.01f) != 0.01f) return wrong(node, "its alpha is not 0.01");
      then = activation::leaky_relu;
    }
    if (node.op == "Softmax") {
      const auto axis = node.integer("axis", 1);
      if (!flat() || (axis != 1 && axis != -1)) return wrong(node, "it is not over the outputs of a row");
      then = activation::softmax;
    }
    return {};
  }

  std::vector<layer_parts> layers_;
  std::uint32_t features_ = 0, first_steps_ = 1;  // of what the network takes
  std::uint32_t channels_ = 0, steps_ = 1;        // of what comes now; a row has one step
  bool series_ = false;
  std::size_t turned_ = 1;  // steps of a flattened series of several channels: not yet in levada's order
  bool wants_bias_ = false;
};

}  // namespace levada::inline v0::detail

#endif
