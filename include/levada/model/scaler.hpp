// SPDX-License-Identifier: BSL-1.0
// scaler: brings features to the scale that a model was trained with: each by an offset and a factor, or a row by its norm.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

/// Takes  rows of `features` numbers.
/// Emits  as many: (value - offset) * scale; or value / norm, where the norm of the row is the sum of its magnitudes (l1),
///        the root of its squares (l2) or its greatest magnitude (max). A row of zeros has no norm and stays as it is. A NaN
///        stays in its place, or makes a row that is divided by its norm NaN.
/// Holds  an offset and a factor a feature.
/// Fails  in make, by a sentence, when parts are missing, too long or not finite.
/// Costs  a multiplication a feature; the norm is another pass.
class scaler {
 public:
  using kind_t = scaler_parts::kind_t;
  static constexpr std::size_t most_features = 65'536;

  static result<scaler> make(const scaler_parts& p) {
    if (auto ok = detail::check_length("scaler", "features", p.features, most_features); !ok) return ok.error();
    const std::size_t wanted = p.kind == kind_t::affine ? p.features : 0;
    if (auto ok = detail::check_numbers("scaler", "offsets", p.offset, wanted); !ok) return ok.error();
    if (auto ok = detail::check_numbers("scaler", "factors", p.scale, wanted); !ok) return ok.error();
    return scaler(p);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return features_; }
  /// Whether an output depends on the feature of its number alone, so that what explains the outputs explains the features.
  [[nodiscard]] bool keeps_features_apart() const { return kind_ == kind_t::affine; }

  void score(std::span<const float> row, std::span<float> out) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(out.size() >= outputs(), out.size());
    if (kind_ == kind_t::affine) {
      const float *offset = offset_.begin(), *scale = scale_.begin();
      for (std::size_t f = 0; f < features_; ++f) out[f] = (row[f] - offset[f]) * scale[f];
      return;
    }
    const double norm = norm_of(row.data());
    const double factor = norm == 0 ? 1 : 1 / norm;
    for (std::size_t f = 0; f < features_; ++f) out[f] = static_cast<float>(double{row[f]} * factor);
  }

 private:
  explicit scaler(const scaler_parts& p)
      : offset_(detail::copied_floats(p.offset)), scale_(detail::copied_floats(p.scale)), features_(p.features), kind_(p.kind) {}

  [[nodiscard]] double norm_of(const float* row) const {
    switch (kind_) {
      case kind_t::l1: return detail::sum_in_lanes(features_, [=](std::size_t f) { return std::fabs(double{row[f]}); });
      case kind_t::l2: return std::sqrt(detail::dot(row, row, features_));
      default: break;
    }
    double greatest = 0;
    for (std::size_t f = 0; f < features_; ++f) {
      const double magnitude = std::fabs(double{row[f]});
      if (magnitude != magnitude) return magnitude;
      greatest = magnitude > greatest ? magnitude : greatest;
    }
    return greatest;
  }

  slots<float> offset_, scale_;
  std::size_t features_;
  kind_t kind_;
};

}  // namespace levada::inline v0
