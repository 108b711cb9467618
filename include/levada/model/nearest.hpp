// SPDX-License-Identifier: BSL-1.0
// nearest: what known points lie closest to a row: the centre of a cluster and how far it is (k-means), or the votes of the
// nearest neighbours.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/model/detail/rows.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  rows of `features` numbers. One with a NaN is near nothing: every output is NaN.
/// Emits  where centres have no labels, two numbers: which is nearest, and its Euclidean distance. Where they have, a number a
///        label: the share of the `neighbours` nearest centres that have it. Of centres equally far the first is nearer.
/// Holds  the centres.
/// Fails  in make, by a sentence, when parts are missing, too long or not finite, or a label is none.
/// Costs  a subtraction and a multiplication for each centre and feature; sums are in double.
class nearest {
 public:
  static constexpr std::size_t centre = 0, distance = 1;  ///< outputs, where centres have no labels
  static constexpr std::size_t most_neighbours = 64;

  static result<nearest> make(const centre_parts& p) {
    if (auto ok = detail::check_length("nearest", "features", p.features, UINT32_MAX); !ok) return ok.error();
    if (auto ok = detail::check_length("nearest", "centres", p.centres, most_centres); !ok) return ok.error();
    if (auto ok = detail::check_numbers("nearest", "coordinates", p.positions, std::size_t{p.features} * p.centres); !ok)
      return ok.error();
    if (p.labels_count == 0) return nearest(p);
    const std::size_t most = p.centres < most_neighbours ? p.centres : most_neighbours;
    if (auto ok = detail::check_length("nearest", "neighbours", p.neighbours, most); !ok) return ok.error();
    if (auto ok = detail::check_length("nearest", "labels", p.labels_count, most_centres); !ok) return ok.error();
    if (p.labels.size() != p.centres)
      return fault::of(failure::data, "nearest: ", p.centres, " centres have ", p.labels.size(),
                       " labels: give each centre one, or say that there are none");
    for (std::size_t k = 0; k < p.centres; ++k)
      if (p.labels[k] >= p.labels_count)
        return fault::of(failure::data, "nearest: centre ", k, " has label ", p.labels[k], ", and they end before ",
                         p.labels_count, ": number them from 0 on");
    return nearest(p);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  [[nodiscard]] std::size_t outputs() const { return labels_count_ == 0 ? 2 : labels_count_; }

  void score(std::span<const float> row, std::span<float> out) const {
    LEVADA_CHECK(row.size() >= features(), row.size());
    LEVADA_CHECK(out.size() >= outputs(), out.size());
    neighbour found[most_neighbours];
    const bool known = find(row.data(), std::span(found).first(neighbours_));
    if (!known) {
      for (std::size_t o = 0; o < outputs(); ++o) out[o] = std::numeric_limits<float>::quiet_NaN();
    } else if (labels_count_ == 0) {
      out[centre] = static_cast<float>(found[0].centre);
      out[distance] = static_cast<float>(std::sqrt(found[0].squared));
    } else {
      for (std::size_t o = 0; o < outputs(); ++o) out[o] = 0;
      for (std::size_t n = 0; n < neighbours_; ++n) out[labels_[found[n].centre]] += 1;
      for (std::size_t o = 0; o < outputs(); ++o) out[o] /= static_cast<float>(neighbours_);
    }
  }

 private:
  static constexpr std::size_t most_centres = 1 << 24;  // so that a float holds which
  struct neighbour {
    double squared;
    std::uint32_t centre;
  };

  explicit nearest(const centre_parts& p)
      : positions_(detail::copied_floats(p.positions)),
        features_(p.features),
        centres_(p.centres),
        labels_count_(p.labels_count),
        neighbours_(p.labels_count == 0 ? 1 : p.neighbours) {
    labels_.resize(p.labels.size());
    for (std::size_t k = 0; k < p.labels.size(); ++k) labels_[k] = p.labels[k];
  }

  /// The nearest, in order. False where the row has a NaN.
  bool find(const float* row, std::span<neighbour> found) const {
    std::size_t n = 0;
    for (std::uint32_t k = 0; k < centres_; ++k) {
      const double squared = detail::squared_distance(row, positions_.begin() + k * features_, features_);
      if (squared != squared) return false;
      if (n == found.size()) {
        if (!(squared < found[n - 1].squared)) continue;
        --n;
      }
      std::size_t at = n++;
      for (; at > 0 && squared < found[at - 1].squared; --at) found[at] = found[at - 1];
      found[at] = {squared, k};
    }
    return true;
  }

  slots<float> positions_;
  slots<std::uint32_t> labels_;
  std::size_t features_;
  std::uint32_t centres_, labels_count_, neighbours_;
};

}  // namespace levada::inline v0
