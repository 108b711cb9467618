// SPDX-License-Identifier: BSL-1.0
// linear: weighted sums of features: linear regression, logistic regression, and softmax over several classes.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/links.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  rows of `features` numbers. One that is NaN makes every output NaN.
/// Emits  link(weights * row + bias), one number an output: values, probabilities (logistic, softmax) or rates (exponential).
/// Holds  the weights.
/// Fails  in make, by a sentence, when parts are missing, too long or not finite.
/// Costs  a multiplication a weight; sums are in double.
class linear {
 public:
  static result<linear> make(const linear_parts& p) {
    if (auto ok = detail::check_length("linear", "features", p.features, UINT32_MAX); !ok) return ok.error();
    if (auto ok = detail::check_length("linear", "outputs", p.outputs, UINT32_MAX); !ok) return ok.error();
    if (auto ok = detail::check_numbers("linear", "weights", p.weights, std::size_t{p.features} * p.outputs); !ok)
      return ok.error();
    if (auto ok = detail::check_numbers("linear", "biases", p.bias, p.outputs); !ok) return ok.error();
    return linear(p);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return bias_.size(); }

  void score(std::span<const float> row, std::span<float> out) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(out.size() >= outputs(), out.size());
    for (std::size_t o = 0; o < outputs(); ++o)
      out[o] = static_cast<float>(detail::dot(weights_of(o), row.data(), features_) + double{bias_[o]});
    detail::apply_link(link_, out.first(outputs()));
  }

  /// What each feature adds to the sum: its value times its weight; the base value is the bias. So a feature counts from zero on:
  /// behind a scaler that is its mean.
  void explain(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(output < outputs() && contributions.size() > features(), output);
    const float* weights = weights_of(output);
    for (std::size_t f = 0; f < features_; ++f) contributions[f] = weights[f] * row[f];
    contributions[features_] = bias_[output];
  }

 private:
  explicit linear(const linear_parts& p)
      : weights_(detail::copied_floats(p.weights)), bias_(detail::copied_floats(p.bias)), features_(p.features), link_(p.link) {}
  [[nodiscard]] const float* weights_of(std::size_t output) const { return weights_.begin() + output * features_; }

  slots<float> weights_, bias_;
  std::size_t features_;
  link_function link_;
};

}  // namespace levada::inline v0
