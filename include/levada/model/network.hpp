// SPDX-License-Identifier: BSL-1.0
// network: small neural networks: dense layers, and convolution and pooling over time.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/model.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/links.hpp>
#include <levada/model/detail/network_layers.hpp>
#include <levada/simd/network.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  rows of floats: features, or steps * channels, step by step. NaN and infinities go through as arithmetic has it.
/// Emits  what the last layer gives, in single precision. Activations are within 1e-6 of the exact ones, relatively, but a
///        sigmoid below 1e-38 may be zero; leaky_relu leaks a hundredth; softmax is over the channels of a step. A row gives
///        the same bits alone and in a batch; another instruction set sums in another order.
/// Holds  the weights, of more than four outputs rounded up to 16. What is between layers is on the stack: no layer may give
///        more than 16384 values, and from 1024 on 128 KB of it are used.
/// Fails  make: with a sentence about the layer that does not fit the one before it.
/// Costs  32-64-32-1 with AVX2: 0.13 us a row, 0.09 in batches. Beyond some ten thousand weights a library for large ones pays.
class network {
 public:
  static result<network> make(const network_parts& parts) {
    auto laid = detail::laid_out_layers(parts);
    if (!laid) return laid.error();
    return network(parts, std::move(*laid));
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return outputs_; }

  void score(std::span<const float> row, std::span<float> out) const { score_batch(row, 1, out); }
  /// As many rows at once as fit on the stack: a layer's weights are loaded once for all of them.
  void score_batch(std::span<const float> rows, std::size_t n, std::span<float> out) const {
    LEVADA_CHECK(rows.size() >= n * features_, rows.size());
    LEVADA_CHECK(out.size() >= n * outputs_, out.size());
    if (layers_.widest <= small)
      pass_all<small>(rows.data(), n, out.data());
    else
      pass_all<detail::widest_layer>(rows.data(), n, out.data());
  }

 private:
  static constexpr std::size_t small = 1024;

  network(const network_parts& p, detail::network_layers layers)
      : layers_(std::move(layers)), features_(p.features), outputs_(p.outputs) {}

  template <std::size_t Floats>
  void pass_all(const float* rows, std::size_t n, float* out) const {
    alignas(64) float between[2][Floats];
    const std::size_t at_once = n == 1 ? 1 : Floats / layers_.widest;  // a division costs a row a twentieth
    const network_kernels& kernels = levada::kernels<network_kernels>();
    for (std::size_t r = 0; r < n; r += at_once) {
      const std::size_t some = n - r < at_once ? n - r : at_once;
      const float* from = rows + r * features_;
      for (std::size_t l = 0; l < layers_.all.size(); ++l) {
        float* const to = l + 1 == layers_.all.size() ? out + r * outputs_ : between[l % 2];
        pass(kernels, layers_.all[l], from, some, to);
        from = to;
      }
    }
  }
  LEVADA_INLINE void pass(const network_kernels& kernels, const detail::network_layer& l, const float* from, std::size_t n,
                          float* to) const {
    if (l.pools != detail::network_layer::pool::none) {
      for (std::size_t r = 0; r < n; ++r) detail::pool_steps(l, from + r * l.from_width(), to + r * l.to_width());
    } else {
      const dense_layer dense{layers_.weights() + l.weights, layers_.weights() + l.bias, l.window(), l.to_channels, l.rectifies};
      if (l.to_steps == 1)
        kernels.dense(dense, from, l.from_width(), n, to, l.to_channels);
      else
        for (std::size_t r = 0; r < n; ++r)
          kernels.dense(dense, from + r * l.from_width(), l.stride * l.from_channels, l.to_steps, to + r * l.to_width(),
                        l.to_channels);
    }
    if (l.then == activation::none) return;
    const std::size_t values = n * l.to_width();
    switch (l.then) {
      case activation::tanh: return kernels.tanh(to, values);
      case activation::sigmoid: return kernels.logistic(to, values);
      case activation::softmax:
        for (std::size_t v = 0; v < values; v += l.to_channels) detail::to_softmax({to + v, l.to_channels});
        return;
      default: return;  // done with the sums
    }
  }

  detail::network_layers layers_;
  std::size_t features_, outputs_;
};
static_assert(batch_model<network>);

}  // namespace levada::inline v0
