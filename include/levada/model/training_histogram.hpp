// SPDX-License-Identifier: BSL-1.0
// training_histogram: how the features of a model were spread in training, and how far they are from that now.
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
#include <utility>

namespace levada::inline v0 {

/// How far two histograms are apart.
struct histogram_distance {
  float psi = 0;  ///< population stability index: the sum of (a - b) ln(a / b) over the shares a and b of each cell
  float ks = 0;   ///< Kolmogorov and Smirnov: the greatest difference between the shares below an edge
};

/// Takes  parts with 2 to 256 bins a feature.
/// Holds  edges and shares: 8 bytes for each bin.
/// Fails  in make, by a sentence, when parts are missing, too long or not finite, edges do not rise, or counts are negative or
///        all zero.
/// Costs  cell_of: a comparison an edge. distance: a logarithm a cell.
///
/// PSI is the symmetrised divergence of Kullback and Leibler, and 0.1 and 0.25 are where it is usually called a small and a great
/// change (N. Siddiqi, Credit risk scorecards, 2006). Half a value is added to each cell, so that an empty one says no more than
/// the number of values can bear. Without any change it is some (cells - 1) (1 / n + 1 / n in training): ask for windows that are
/// long enough.
class training_histogram {
 public:
  static result<training_histogram> make(const histogram_parts& p) {
    const std::size_t features = p.features, bins = p.bins;
    if (auto ok = detail::check_length("training histogram", "features", features, UINT16_MAX); !ok) return ok.error();
    if (bins < 2 || bins > 256)
      return fault::of(failure::data, "training histogram: ", bins, " bins, where 2 to 256 are possible: ten are usual");
    if (auto ok = detail::check_numbers("training histogram", "edges", p.edges, features * (bins - 1)); !ok) return ok.error();
    if (auto ok = detail::check_numbers("training histogram", "counts", p.counts, features * (bins + 1)); !ok) return ok.error();
    for (std::size_t f = 0; f < features; ++f) {
      for (std::size_t i = 1; i + 1 < bins; ++i)
        if (!(p.edges[f * (bins - 1) + i] > p.edges[f * (bins - 1) + i - 1]))
          return fault::of(failure::data, "training histogram: edge ", i, " of feature ", f,
                           " is not above the one before it: join bins that are one value");
      double sum = 0;
      for (const float n : p.counts.subspan(f * (bins + 1), bins + 1)) {
        if (n < 0) return fault::of(failure::data, "training histogram: a count of feature ", f, " is negative");
        sum += double{n};
      }
      if (!(sum > 0)) return fault::of(failure::data, "training histogram: feature ", f, " has no counts: it was never seen");
    }
    return training_histogram(p);
  }

  [[nodiscard]] std::size_t features() const { return features_; }
  /// The bins of a feature, and behind them the cell of what is NaN.
  [[nodiscard]] std::size_t cells() const { return edges_each_ + 2; }
  [[nodiscard]] std::size_t cell_of(std::size_t feature, float value) const {
    if (value != value) return edges_each_ + 1;
    const float* edges = edges_.begin() + feature * edges_each_;
    std::size_t below = 0;
    for (std::size_t i = 0; i < edges_each_; ++i) below += edges[i] <= value ? 1 : 0;
    return below;
  }
  /// Between the feature in training, and counts of its cells now.
  [[nodiscard]] histogram_distance distance(std::size_t feature, std::span<const std::uint32_t> counts) const {
    const float* then = shares_.begin() + feature * cells();
    double total = 0, psi = 0, ahead = 0, ks = 0;
    for (std::size_t i = 0; i < cells(); ++i) total += smooth(counts[i]);
    for (std::size_t i = 0; i < cells(); ++i) {
      const double now = smooth(counts[i]) / total, before = double{then[i]};
      psi += (now - before) * std::log(now / before);
      ahead += now - before;
      ks = std::fabs(ahead) > ks ? std::fabs(ahead) : ks;
    }
    return {static_cast<float>(psi), static_cast<float>(ks)};
  }

 private:
  explicit training_histogram(const histogram_parts& p)
      : edges_(detail::copied_floats(p.edges)), features_(p.features), edges_each_(p.bins - 1) {
    shares_.resize(p.counts.size());
    for (std::size_t first = 0; first < p.counts.size(); first += cells()) {
      double total = 0;
      for (std::size_t i = 0; i < cells(); ++i) total += smooth(p.counts[first + i]);
      for (std::size_t i = 0; i < cells(); ++i) shares_[first + i] = static_cast<float>(smooth(p.counts[first + i]) / total);
    }
  }
  static double smooth(auto count) { return static_cast<double>(count) + 0.5; }

  slots<float> edges_, shares_;
  std::size_t features_, edges_each_;
};

}  // namespace levada::inline v0
