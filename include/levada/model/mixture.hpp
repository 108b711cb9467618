// SPDX-License-Identifier: BSL-1.0
// mixture: how likely a row is where data come from several normal distributions, and from which of them it came.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  rows of up to 1024 numbers. One that is NaN makes every output NaN.
/// Emits  the natural logarithm of the density at the row (a small one is an anomaly), then for each distribution the probability
///        that the row came from it.
/// Holds  means and factors of the precision matrices: f or f^2 numbers a distribution of f features.
/// Fails  in make, by a sentence, when parts are missing, too long or not finite, a factor is not triangular or its diagonal not
///        above zero, or weights are negative or not one together.
/// Costs  a multiplication for each factor and an exponential for each distribution; sums are in double.
///
/// With the precision matrix F F' the density's logarithm is log|F| - f/2 log(2 pi) - |F'(row - mean)|^2 / 2, and log|F| the sum
/// of the logarithms on F's diagonal.
class mixture {
 public:
  static constexpr std::size_t log_likelihood = 0;  ///< the output before the probabilities
  static constexpr std::size_t most_parts = 256;

  static result<mixture> make(const mixture_parts& p) {
    const std::size_t features = p.features, a_factor = p.diagonal ? features : features * features;
    if (auto ok = detail::check_length("mixture", "features", features, detail::longest_row); !ok) return ok.error();
    if (auto ok = detail::check_length("mixture", "distributions", p.parts, most_parts); !ok) return ok.error();
    if (auto ok = detail::check_numbers("mixture", "weights", p.weights, p.parts); !ok) return ok.error();
    if (auto ok = detail::check_numbers("mixture", "means", p.means, p.parts * features); !ok) return ok.error();
    if (auto ok = detail::check_numbers("mixture", "factors", p.precisions, p.parts * a_factor); !ok) return ok.error();
    double sum = 0;
    for (std::size_t k = 0; k < p.parts; ++k) {
      if (p.weights[k] < 0) return fault::of(failure::data, "mixture: the weight of distribution ", k, " is negative");
      sum += double{p.weights[k]};
      if (!is_factor(p.precisions.subspan(k * a_factor, a_factor), features))
        return fault::of(failure::data, "mixture: the precision factor of distribution ", k,
                         " is not triangular with a diagonal above zero: give the Cholesky factor of its inverse covariance");
    }
    if (!(sum > 0.999 && sum < 1.001))
      return fault::of(failure::data, "mixture: the weights should be 1 together, and are ",
                       static_cast<std::int64_t>(std::fmin(sum, 1e6) * 1000), " thousandths");
    return mixture(p);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return 1 + constants_.size(); }

  void score(std::span<const float> row, std::span<float> out) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(out.size() >= outputs(), out.size());
    double logs[most_parts];
    const std::size_t parts = constants_.size();
    double greatest = logs[0] = log_density(0, row.data());
    for (std::size_t k = 1; k < parts; ++k) {
      logs[k] = log_density(k, row.data());
      greatest = logs[k] > greatest ? logs[k] : greatest;
    }
    double sum = 0;
    for (std::size_t k = 0; k < parts; ++k) sum += logs[k] = std::exp(logs[k] - greatest);
    out[log_likelihood] = static_cast<float>(greatest + std::log(sum));
    for (std::size_t k = 0; k < parts; ++k) out[1 + k] = static_cast<float>(logs[k] / sum);
  }

 private:
  explicit mixture(const mixture_parts& p)
      : means_(detail::copied_floats(p.means)),
        factors_(detail::copied_floats(p.precisions)),
        features_(p.features),
        diagonal_(p.diagonal) {
    constants_.resize(p.parts);
    for (std::size_t k = 0; k < p.parts; ++k) {
      double log_determinant = 0;
      for (std::size_t f = 0; f < features_; ++f)
        log_determinant += std::log(double{factor(k)[diagonal_ ? f : f * features_ + f]});
      constants_[k] =
          std::log(double{p.weights[k]}) + log_determinant - static_cast<double>(features_) / 2 * std::log(2 * std::numbers::pi);
    }
  }

  /// A diagonal alone, or a matrix with zeros on one side of it.
  static bool is_factor(std::span<const float> values, std::size_t features) {
    const bool full = values.size() != features;
    bool below = false, above = false;
    for (std::size_t i = 0; i < features; ++i) {
      if (!(values[full ? i * features + i : i] > 0)) return false;
      for (std::size_t j = 0; full && j < features; ++j)
        if (values[i * features + j] != 0) (j < i ? below : above) |= j != i;
    }
    return !(below && above);
  }

  [[nodiscard]] const float* factor(std::size_t k) const {
    return factors_.begin() + k * (diagonal_ ? features_ : features_ * features_);
  }
  /// Of a part, with its weight.
  [[nodiscard]] double log_density(std::size_t k, const float* row) const {
    const float *mean = means_.begin() + k * features_, *along = factor(k);
    if (diagonal_)
      return constants_[k] - detail::sum_in_lanes(features_, [=](std::size_t f) {
                               const double d = (double{row[f]} - double{mean[f]}) * double{along[f]};
                               return d * d;
                             }) / 2;
    double turned[detail::longest_row];  // F'(row - mean)
    for (std::size_t f = 0; f < features_; ++f) turned[f] = 0;
    for (std::size_t i = 0; i < features_; ++i, along += features_) {
      const double d = double{row[i]} - double{mean[i]};
      for (std::size_t j = 0; j < features_; ++j) turned[j] += d * double{along[j]};
    }
    return constants_[k] - detail::dot(turned, turned, features_) / 2;
  }

  slots<float> means_, factors_;
  slots<double> constants_;  // what does not depend on the row
  std::size_t features_;
  bool diagonal_;
};

}  // namespace levada::inline v0
