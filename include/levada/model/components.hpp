// SPDX-License-Identifier: BSL-1.0
// components: principal components: how far a row is from what was usual, along the directions in which the training data varied
// (T2) and across them (Q); or where it lies along each.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// Hotelling's T2 and the squared prediction error Q (Jackson and Mudholkar, Control procedures for residuals associated with
/// principal component analysis, Technometrics 1979).
/// Takes  rows of up to 1024 numbers. One that is NaN makes every output NaN.
/// Emits  two numbers. T2: the sum of each score's square over its component's variance. Q: the square of what is left when all
///        scores are taken away, in the square of the features' unit. Or, if the parts say so, the scores: a number a component.
/// Holds  the directions.
/// Fails  in make, by a sentence, when parts are missing, too long or not finite, a variance is not above zero, or the directions
///        are not of length one and at right angles to each other.
/// Costs  two multiplications for each component and feature; sums are in double.
class components {
 public:
  static constexpr std::size_t t2 = 0, q = 1;  ///< outputs, where it gives distances

  static result<components> make(const component_parts& p) {
    const std::size_t features = p.features;
    if (auto ok = detail::check_length("components", "features", features, detail::longest_row); !ok) return ok.error();
    if (auto ok = detail::check_length("components", "components", p.components, features); !ok) return ok.error();
    if (auto ok = detail::check_numbers("components", "means", p.mean, features); !ok) return ok.error();
    if (auto ok = detail::check_numbers("components", "directions", p.directions, features * p.components); !ok)
      return ok.error();
    if (auto ok = detail::check_numbers("components", "variances", p.variance, p.components); !ok) return ok.error();
    for (std::size_t c = 0; c < p.components; ++c) {
      if (!(p.variance[c] > 0))
        return fault::of(failure::data, "components: the variance of component ", c, " is not above zero: keep fewer components");
      for (std::size_t other = 0; other <= c; ++other) {
        const float *a = p.directions.data() + c * features, *b = p.directions.data() + other * features;
        const double off = detail::dot(a, b, features) - (c == other ? 1 : 0);
        if (off < 1e-3 && off > -1e-3) continue;
        if (c == other)
          return fault::of(failure::data, "components: direction ", c, " does not have length one: directions are eigenvectors");
        return fault::of(failure::data, "components: directions ", other, " and ", c,
                         " are not at right angles: directions are the eigenvectors of one matrix, row by row");
      }
    }
    return components(p);
  }

  [[nodiscard]] std::size_t features() const { return mean_.size(); }
  [[nodiscard]] std::size_t outputs() const { return gives_ == kind_t::distances ? 2 : variance_.size(); }

  void score(std::span<const float> row, std::span<float> out) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(out.size() >= outputs(), out.size());
    if (gives_ == kind_t::projection) return project(row, out);
    double rest[detail::longest_row];
    double distance = 0;
    centre(row, rest);
    for (std::size_t c = 0; c < variance_.size(); ++c) {
      const double along = take_away(c, rest);
      distance += along * along / double{variance_[c]};
    }
    out[t2] = static_cast<float>(distance);
    out[q] = static_cast<float>(detail::dot(rest, rest, features()));
  }

  /// Where the row lies along each component.
  void project(std::span<const float> row, std::span<float> scores) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(scores.size() >= variance_.size(), scores.size());
    double centred[detail::longest_row];
    centre(row, centred);
    for (std::size_t c = 0; c < variance_.size(); ++c)
      scores[c] = static_cast<float>(detail::dot(direction(c), centred, features()));
  }

  /// What each feature adds. To T2, which is a sum over pairs of features, each pair's part goes to both, half and half: some may
  /// be negative (complete decomposition: Alcala and Qin, Reconstruction-based contribution for process monitoring, Automatica
  /// 2009). To Q: the square of what is left of the feature. To a score: its part of that sum. The base value is 0.
  void explain(std::span<const float> row, std::size_t output, std::span<float> contributions) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(output < outputs() && contributions.size() > features(), output);
    double centred[detail::longest_row], other[detail::longest_row];
    centre(row, centred);
    contributions[features()] = 0;
    if (gives_ == kind_t::distances && output == q) {
      for (std::size_t c = 0; c < variance_.size(); ++c) take_away(c, centred);
      for (std::size_t f = 0; f < features(); ++f) contributions[f] = static_cast<float>(centred[f] * centred[f]);
      return;
    }
    for (std::size_t f = 0; f < features(); ++f) other[f] = 0;
    if (gives_ == kind_t::projection)
      add(1, output, other);
    else
      for (std::size_t c = 0; c < variance_.size(); ++c)
        add(detail::dot(direction(c), centred, features()) / double{variance_[c]}, c, other);
    for (std::size_t f = 0; f < features(); ++f) contributions[f] = static_cast<float>(centred[f] * other[f]);
  }

 private:
  using kind_t = component_parts::kind_t;

  explicit components(const component_parts& p)
      : mean_(detail::copied_floats(p.mean)),
        directions_(detail::copied_floats(p.directions)),
        variance_(detail::copied_floats(p.variance)),
        gives_(p.gives) {}

  [[nodiscard]] const float* direction(std::size_t c) const { return directions_.begin() + c * features(); }
  void centre(std::span<const float> row, double* centred) const {
    const float* mean = mean_.begin();
    for (std::size_t f = 0; f < features(); ++f) centred[f] = double{row[f]} - double{mean[f]};
  }
  void add(double times, std::size_t c, double* to) const {
    const float* along = direction(c);
    for (std::size_t f = 0; f < features(); ++f) to[f] += times * double{along[f]};
  }
  /// Takes what lies along a component away, and gives how much that was. Directions are at right angles, so what was taken away
  /// before makes no difference.
  double take_away(std::size_t c, double* rest) const {
    const double along = detail::dot(direction(c), rest, features());
    add(-along, c, rest);
    return along;
  }

  slots<float> mean_, directions_, variance_;
  kind_t gives_;
};

}  // namespace levada::inline v0
