// SPDX-License-Identifier: BSL-1.0
// network: what a layer of a neural network does to rows of floats.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// What is done to sums below zero: nothing, zero instead, or a hundredth of them.
enum class rectifier : std::uint8_t { none, zero, leaky };
inline constexpr float leak = 0.01f;

/// y = rectified(weights * x + bias). Weights lie in tiles of 64 outputs, the last one of a multiple of 16; in a tile, those of
/// one input are side by side. What is missing to whole tiles is zero, also in the bias. Both are aligned as a lane is. In a
/// *narrow* layer, as the last one often is, most of a lane would be such zeros: there those of one output are.
struct dense_layer {
  static constexpr std::size_t tile = 64, lane = 16, narrow = 4;
  struct alignas(64) weight_lane {
    float of[lane];
  };

  const float* weights = nullptr;
  const float* bias = nullptr;
  std::size_t inputs = 0, outputs = 0;
  rectifier then = rectifier::none;

  [[nodiscard]] constexpr bool is_narrow() const { return outputs <= narrow; }
  [[nodiscard]] constexpr std::size_t whole_outputs() const { return whole(outputs); }
  [[nodiscard]] constexpr std::size_t whole_weights() const {
    return is_narrow() ? whole(outputs * inputs) : whole_outputs() * inputs;
  }
  /// How many outputs the tile that begins at `first` has.
  [[nodiscard]] constexpr std::size_t width(std::size_t first) const {
    return whole_outputs() - first < tile ? whole_outputs() - first : tile;
  }
  [[nodiscard]] constexpr std::size_t place(std::size_t output, std::size_t input) const {
    if (is_narrow()) return output * inputs + input;
    const std::size_t first = output / tile * tile;
    return first * inputs + input * width(first) + (output - first);
  }

 private:
  static constexpr std::size_t whole(std::size_t n) { return (n + lane - 1) / lane * lane; }
};

struct network_kernels {
  /// For n rows, `from_pitch` and `to_pitch` floats apart. A row gives the same, whatever else is asked for with it.
  void (*dense)(const dense_layer& layer, const float* from, std::size_t from_pitch, std::size_t n, float* to,
                std::size_t to_pitch) noexcept;
  void (*logistic)(float* values, std::size_t n) noexcept;  ///< 1 / (1 + exp(-value)), in place
  void (*tanh)(float* values, std::size_t n) noexcept;
  static const network_kernels baseline;
};
LEVADA_KERNEL_SET(network_kernels);

namespace detail {

/// NaN stays NaN.
LEVADA_INLINE float plain_rectified(float y, rectifier r) {
  if (r == rectifier::none) return y;
  return y < 0 ? (r == rectifier::zero ? 0 : leak * y) : y;
}
inline float plain_product(const float* a, const float* b, std::size_t n) {
  constexpr std::size_t lane = dense_layer::lane;
  float sums[lane]{}, sum = 0;
  std::size_t i = 0;
  for (; i + lane <= n; i += lane)
    for (std::size_t l = 0; l < lane; ++l) sums[l] += a[i + l] * b[i + l];
  for (; i < n; ++i) sum += a[i] * b[i];
  for (const float s : sums) sum += s;
  return sum;
}
inline void plain_dense(const dense_layer& layer, const float* from, std::size_t from_pitch, std::size_t n, float* to,
                        std::size_t to_pitch) noexcept {
  if (layer.is_narrow()) {
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t o = 0; o < layer.outputs; ++o)
        to[r * to_pitch + o] = plain_rectified(
            layer.bias[o] + plain_product(from + r * from_pitch, layer.weights + layer.place(o, 0), layer.inputs), layer.then);
    return;
  }
  constexpr std::size_t lane = dense_layer::lane;
  for (std::size_t o = 0; o < layer.outputs; o += lane) {
    const float* const weights = layer.weights + layer.place(o, 0);
    const std::size_t width = layer.width(o / dense_layer::tile * dense_layer::tile);
    for (std::size_t r = 0; r < n; ++r) {
      float sums[lane];
      for (std::size_t i = 0; i < lane; ++i) sums[i] = layer.bias[o + i];
      for (std::size_t k = 0; k < layer.inputs; ++k) {
        const float x = from[r * from_pitch + k];
        for (std::size_t i = 0; i < lane; ++i) sums[i] += x * weights[k * width + i];
      }
      for (std::size_t i = 0; i < lane && o + i < layer.outputs; ++i)
        to[r * to_pitch + o + i] = plain_rectified(sums[i], layer.then);
    }
  }
}
inline void plain_logistic(float* values, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) values[i] = 1 / (1 + std::exp(-values[i]));
}
inline void plain_tanh(float* values, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) values[i] = std::tanh(values[i]);
}

}  // namespace detail

inline constexpr network_kernels network_kernels::baseline{detail::plain_dense, detail::plain_logistic, detail::plain_tanh};

}  // namespace levada::inline v0
