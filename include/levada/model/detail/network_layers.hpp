// SPDX-License-Identifier: BSL-1.0
// network_layers: the layers of a network, checked against each other, with weights as kernels take them. A convolution is a
// dense layer that slides over the steps: step by step, the values it looks at lie side by side. So flattening is nothing at all.
#pragma once

#include <levada/core/result.hpp>
#include <levada/simd/network.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0::detail {

inline constexpr std::size_t widest_layer = 16'384;

struct network_layer {
  enum class pool : std::uint8_t { none, greatest, mean } pools = pool::none;
  rectifier rectifies = rectifier::none;
  activation then = activation::none;  // besides
  std::size_t from_steps = 1, from_channels = 0, to_steps = 1, to_channels = 0, kernel = 1, stride = 1;
  std::size_t weights = 0, bias = 0;  // where they begin, in floats

  [[nodiscard]] constexpr std::size_t window() const { return kernel * from_channels; }
  [[nodiscard]] constexpr std::size_t from_width() const { return from_steps * from_channels; }
  [[nodiscard]] constexpr std::size_t to_width() const { return to_steps * to_channels; }
};
struct network_layers {
  slots<network_layer> all;
  slots<dense_layer::weight_lane> lanes;
  std::size_t widest = 1;  // values between two layers

  [[nodiscard]] const float* weights() const { return lanes.begin()->of; }
};

constexpr std::string_view name_of(layer_parts::kind_t k) {
  constexpr std::string_view names[] = {"dense", "conv1d", "max_pool", "mean_pool", "flatten"};
  return names[static_cast<std::size_t>(k)];
}

/// The shape of one layer, behind `steps` of `channels` values.
inline result<network_layer> shaped_layer(const layer_parts& p, std::size_t number, std::size_t steps, std::size_t channels) {
  using kind = layer_parts::kind_t;
  if (p.kind > kind::flatten || p.then > activation::leaky_relu)
    return fault::of(failure::data, "network: layer ", number, " is of a kind, or has an activation, that is not known here");
  const auto refuse = [&](const auto&... part) {
    return fault::of(failure::data, "network: layer ", number, " (", name_of(p.kind), ") ", part...);
  };
  network_layer l{.from_steps = steps, .from_channels = channels, .to_channels = p.outputs};
  if (p.kind == kind::dense || p.kind == kind::flatten) {
    l.from_channels = steps * channels;
    l.from_steps = 1;
  }
  if (p.kind == kind::flatten) {
    if (p.then != activation::none) return refuse("has an activation, which belongs to the layer before it");
    l.to_channels = l.from_channels;
    return l;
  }
  if (p.inputs != l.from_channels) return refuse("takes ", p.inputs, " values, but gets ", l.from_channels);
  if (p.kind != kind::dense) {
    if (p.kernel == 0 || p.stride == 0 || p.kernel > steps)
      return refuse("looks at ", p.kernel, " steps every ", p.stride, ", but there are ", steps);
    l.kernel = p.kernel;
    l.stride = p.stride;
    l.to_steps = (steps - l.kernel) / l.stride + 1;
  }
  if (p.kind == kind::max_pool || p.kind == kind::mean_pool) {
    if (p.outputs != p.inputs) return refuse("gives ", p.outputs, " channels of ", p.inputs);
    l.pools = p.kind == kind::max_pool ? network_layer::pool::greatest : network_layer::pool::mean;
  } else {
    if (p.weights.size() != l.window() * p.outputs)
      return refuse("has ", p.weights.size(), " weights, but should have ", l.window() * p.outputs);
    if (!p.bias.empty() && p.bias.size() != p.outputs)
      return refuse("has ", p.bias.size(), " biases for ", p.outputs, " outputs");
    for (const auto& values : {p.weights, p.bias})
      for (const float v : values)
        if (!std::isfinite(v)) return refuse("has a weight that is not finite");
  }
  if (p.outputs == 0 || p.outputs > widest_layer || l.to_width() > widest_layer)
    return refuse("gives ", l.to_width(), " values; it may be 1 to ", widest_layer);
  const bool rectifies = p.then == activation::relu || p.then == activation::leaky_relu;
  if (!rectifies)
    l.then = p.then;
  else if (l.pools != network_layer::pool::none)
    return refuse("has an activation that belongs to the layer before it");
  else
    l.rectifies = p.then == activation::relu ? rectifier::zero : rectifier::leaky;
  return l;
}

/// Weights as a kernel takes them. The lanes are all zero.
inline void place_weights(const layer_parts& p, const network_layer& l, dense_layer::weight_lane* lanes) {
  const auto at = [&](std::size_t i) -> float& { return lanes[i / dense_layer::lane].of[i % dense_layer::lane]; };
  const dense_layer dense{nullptr, nullptr, l.window(), l.to_channels, rectifier::none};
  for (std::size_t o = 0; o < p.outputs; ++o) {
    for (std::size_t i = 0; i < l.window(); ++i) at(l.weights + dense.place(o, i)) = p.weights[o * l.window() + i];
    if (!p.bias.empty()) at(l.bias + o) = p.bias[o];
  }
}

inline result<network_layers> laid_out_layers(const network_parts& p) {
  const auto refuse = [](const auto&... part) { return fault::of(failure::data, "network: ", part...); };
  if (p.features == 0 || p.steps == 0 || p.features % p.steps != 0)
    return refuse(p.features, " features are not ", p.steps, " steps of some channels");
  std::size_t steps = p.steps, channels = p.features / p.steps, count = 0, floats = 0;
  network_layers laid;
  laid.all.resize(p.layers.size());
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    auto l = shaped_layer(p.layers[i], i, steps, channels);
    if (!l) return l.error();
    steps = l->to_steps;
    channels = l->to_channels;
    if (p.layers[i].kind == layer_parts::kind_t::flatten) continue;
    if (l->pools == network_layer::pool::none) {
      const dense_layer dense{nullptr, nullptr, l->window(), l->to_channels, rectifier::none};
      l->weights = floats;
      l->bias = floats += dense.whole_weights();
      floats += dense.whole_outputs();
    }
    laid.all[count++] = *l;
    laid.widest = l->to_width() > laid.widest ? l->to_width() : laid.widest;
  }
  if (count == 0) return refuse("there is no layer");
  if (steps * channels != p.outputs)
    return refuse("the last layer gives ", steps * channels, " values for ", p.outputs, " outputs");
  slots<network_layer> whole;  // without those that do nothing
  whole.resize(count);
  for (std::size_t i = 0; i < count; ++i) whole[i] = laid.all[i];
  laid.all = std::move(whole);
  laid.lanes.resize(floats / dense_layer::lane);
  count = 0;
  for (const layer_parts& l : p.layers) {
    if (l.kind == layer_parts::kind_t::flatten) continue;
    if (laid.all[count].pools == network_layer::pool::none) place_weights(l, laid.all[count], laid.lanes.begin());
    ++count;
  }
  return laid;
}

/// A step of `to` is the greatest or the mean of a window of steps, channel by channel. NaN wins over numbers.
inline void pool_steps(const network_layer& l, const float* from, float* to) {
  for (std::size_t s = 0; s < l.to_steps; ++s, to += l.to_channels) {
    const float* window = from + s * l.stride * l.from_channels;
    for (std::size_t c = 0; c < l.to_channels; ++c) to[c] = window[c];
    for (std::size_t k = 1; k < l.kernel; ++k)
      for (std::size_t c = 0; c < l.to_channels; ++c) {
        const float x = window[k * l.from_channels + c];
        if (l.pools == network_layer::pool::mean)
          to[c] += x;
        else
          to[c] = x > to[c] || x != x ? x : to[c];
      }
    if (l.pools == network_layer::pool::mean)
      for (std::size_t c = 0; c < l.to_channels; ++c) to[c] /= static_cast<float>(l.kernel);
  }
}

}  // namespace levada::inline v0::detail
