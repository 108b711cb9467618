// SPDX-License-Identifier: BSL-1.0
// naive_model: what the parts of a model mean, in the fewest words: the reference of the loaders' tests. And what all loaders
// must survive.
#pragma once

#include <levada/connect/model_document.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naive {

namespace lv = levada;
using row = std::vector<float>;

inline void apply(lv::link_function link, row& v) {
  if (link == lv::link_function::logistic)
    for (float& x : v) x = 1 / (1 + std::exp(-x));
  if (link == lv::link_function::exponential)
    for (float& x : v) x = std::exp(x);
  if (link == lv::link_function::softmax) {
    const float most = *std::max_element(v.begin(), v.end());
    float sum = 0;
    for (float& x : v) sum += x = std::exp(x - most);
    for (float& x : v) x /= sum;
  }
}

inline row score(const lv::tree_parts& p, const row& in) {
  row out(p.base.begin(), p.base.end());
  out.resize(p.outputs);
  for (std::size_t t = 0; t < p.trees.size(); ++t) {
    const auto* nodes = &p.nodes[p.trees[t]];
    std::size_t at = 0;
    while (nodes[at].left != 0) {
      const auto& n = nodes[at];
      const float x = in.at(n.feature);
      const bool left = std::isnan(x) ? n.missing_left : x < n.threshold || (n.or_equal && x == n.threshold);
      at = left ? n.left : n.right;
    }
    if (p.leaf_outputs == 1)
      out[t % p.outputs] += nodes[at].threshold * p.scale;
    else
      for (std::size_t o = 0; o < p.outputs; ++o)
        out[o] += p.leaf_values[static_cast<std::size_t>(nodes[at].threshold) + o] * p.scale;
  }
  apply(p.link, out);
  return out;
}

inline row score(const lv::linear_parts& p, const row& in) {
  row out(p.bias.begin(), p.bias.end());
  for (std::size_t o = 0; o < p.outputs; ++o)
    for (std::size_t f = 0; f < p.features; ++f) out[o] += p.weights[o * p.features + f] * in[f];
  apply(p.link, out);
  return out;
}

inline row score(const lv::scaler_parts& p, row x) {
  using kind = lv::scaler_parts::kind_t;
  float norm = 0;
  for (const float v : x)
    norm = p.kind == kind::l1 ? norm + std::abs(v) : p.kind == kind::l2 ? norm + v * v : std::max(norm, std::abs(v));
  if (p.kind == kind::l2) norm = std::sqrt(norm);
  for (std::size_t f = 0; f < x.size(); ++f) x[f] = p.kind == kind::affine ? (x[f] - p.offset[f]) * p.scale[f] : x[f] / norm;
  return x;
}

inline void apply(lv::activation then, row& v) {
  if (then == lv::activation::softmax) return apply(lv::link_function::softmax, v);
  if (then == lv::activation::sigmoid) return apply(lv::link_function::logistic, v);
  for (float& x : v) {
    if (then == lv::activation::relu) x = std::max(x, 0.0f);
    if (then == lv::activation::tanh) x = std::tanh(x);
    if (then == lv::activation::leaky_relu) x = x < 0 ? 0.01f * x : x;
  }
}

/// A row is steps * channels, step by step.
inline row score(const lv::network_parts& p, row x) {
  using kind = lv::layer_parts::kind_t;
  for (const auto& l : p.layers) {
    if (l.kind == kind::flatten) continue;
    const bool dense = l.kind == kind::dense;
    const std::size_t kernel = dense ? 1 : l.kernel, stride = dense ? 1 : l.stride;
    const std::size_t steps = dense ? 1 : (x.size() / l.inputs - kernel) / stride + 1;
    row y(steps * l.outputs);
    for (std::size_t s = 0; s < steps; ++s)
      for (std::size_t o = 0; o < l.outputs; ++o) {
        const float* from = &x[s * stride * l.inputs];
        float sum = l.bias.empty() ? 0 : l.bias[o], most = from[o % l.inputs];
        for (std::size_t k = 0; k < kernel; ++k) {
          if (l.weights.empty()) {
            most = std::max(most, from[k * l.inputs + o]);
            sum += from[k * l.inputs + o] / static_cast<float>(kernel);
          } else {
            for (std::size_t c = 0; c < l.inputs; ++c) sum += l.weights[(o * kernel + k) * l.inputs + c] * from[k * l.inputs + c];
          }
        }
        y[s * l.outputs + o] = l.kind == kind::max_pool ? most : sum;
      }
    x = y;
    apply(l.then, x);
  }
  return x;
}

inline row score(const lv::model_document& document, row x) {
  using kind = lv::model_part::kind_t;
  for (const auto& step : document.parts.steps) {
    if (step.kind == kind::trees) x = score(step.trees, x);
    if (step.kind == kind::linear) x = score(step.linear, x);
    if (step.kind == kind::scaler) x = score(step.scaler, x);
    if (step.kind == kind::network) x = score(step.network, x);
  }
  return x;
}

inline std::span<const std::byte> bytes_of(std::string_view words) { return std::as_bytes(std::span(words)); }

/// The sentence; empty where there is none.
inline std::string refusal(const lv::result<lv::model_document>& read) {
  return read ? std::string() : std::string(read.error().sentence.view());
}
#define CHECK_REFUSED(read, words) \
  CHECK_MESSAGE(naive::refusal(read).find(words) != std::string::npos, "it said '", naive::refusal(read), "'")

/// What is wrong with a document whose views or trees could lead anybody astray; empty: nothing.
inline std::string flaw(const lv::model_document& document) {
  for (const auto& step : document.parts.steps) {
    const auto& p = step.trees;
    for (std::size_t t = 0; t < p.trees.size(); ++t) {
      const std::size_t begin = p.trees[t], end = t + 1 < p.trees.size() ? p.trees[t + 1] : p.nodes.size();
      for (std::size_t i = begin; i < end; ++i) {
        const auto& n = p.nodes[i];
        if (n.left == 0) continue;
        if (n.left <= i - begin || n.right <= i - begin) return "a child is not behind its parent";
        if (n.left >= end - begin || n.right >= end - begin) return "a child is outside";
        if (n.feature >= p.features) return "a feature is outside";
      }
    }
    if (p.outputs == 0 || (!p.trees.empty() && p.base.size() != p.outputs)) return "the outputs are not what they should be";
    const auto& l = step.linear;
    if (l.weights.size() != std::size_t{l.features} * l.outputs * (step.kind == lv::model_part::kind_t::linear))
      return "weights are missing";
  }
  return {};
}

/// Every beginning of a file, and files of which some bytes or bits are others: a sentence or a sound model, never a crash.
template <class Read>
void survives(std::string_view file, Read&& read, std::size_t rounds = 2000) {
  const auto judge = [&](std::string_view bytes) {
    const std::string copy(bytes);  // its own allocation, so that a sanitizer sees whoever reads behind it
    const auto got = read(bytes_of(copy));
    const auto said = got ? flaw(*got) : std::string(got.error().sentence.empty() ? "a refusal without words" : "");
    CHECK_MESSAGE(said.empty(), said);
  };
  for (std::size_t n = 0; n < file.size(); ++n) judge(file.substr(0, n));
  std::mt19937 random(7);
  for (std::size_t round = 0; round < rounds; ++round) {
    std::string bytes(file);
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      auto& byte = bytes[random() % bytes.size()];
      switch (random() % 3) {
        case 0: byte = static_cast<char>(random()); break;
        case 1: byte = static_cast<char>(byte ^ static_cast<char>(1 << random() % 8)); break;
        default: byte = bytes[random() % bytes.size()]; break;
      }
    }
    judge(bytes);
  }
}

}  // namespace naive
