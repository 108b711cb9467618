// SPDX-License-Identifier: BSL-1.0
// p2_quantile: one quantile of all values so far, by five markers that wander, without keeping the values.
#pragma once

#include <levada/core/config.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace levada::inline v0 {

/// Takes  the share q in (0, 1), and values one by one; those that are not finite are passed over.
/// Emits  about the value below which the share q lies: exact up to five values, for smooth distributions within a percent or
///        so of their spread after some hundred, without a bound. Where a bound is needed take quantile (op/quantile.hpp).
/// Holds  96 bytes, trivially copyable. It does not forget.
/// Costs  five additions, and a division for each marker that moves.
/// Source: R. Jain, I. Chlamtac, The P2 algorithm for dynamic calculation of quantiles, Communications of the ACM 28 (1985).
class p2_quantile {
 public:
  p2_quantile() = default;
  explicit p2_quantile(double q) : q_(q) { LEVADA_CHECK(q > 0 && q < 1, q * 1000); }

  void add(double x) {
    if (!std::isfinite(x)) return;
    if (n_ < 5) return begin(x);
    if (x < height_[0]) height_[0] = x;
    if (x > height_[4]) height_[4] = x;
    ++n_;
    // Places of the inner markers, from 0; the outer ones are at 0 and n - 1.
    for (std::size_t i = 1; i < 4; ++i) place_[i] += x < height_[i] ? 1 : 0;
    place_[4] += 1;
    for (std::size_t i = 1; i < 4; ++i) {
      const double away = wanted(i) - place_[i];
      if (away >= 1 && place_[i + 1] - place_[i] > 1)
        move(i, 1);
      else if (away <= -1 && place_[i - 1] - place_[i] < -1)
        move(i, -1);
    }
  }
  [[nodiscard]] std::uint64_t count() const { return n_; }
  /// NaN before the first value.
  [[nodiscard]] double value() const {
    if (n_ == 0) return std::numeric_limits<double>::quiet_NaN();
    if (n_ > 5) return height_[2];
    const double at = q_ * static_cast<double>(n_ - 1);
    const auto below = static_cast<std::size_t>(at);
    if (below + 1 >= n_) return height_[n_ - 1];
    return height_[below] + (at - static_cast<double>(below)) * (height_[below + 1] - height_[below]);
  }

 private:
  void begin(double x) {
    std::size_t i = static_cast<std::size_t>(n_);
    for (; i > 0 && height_[i - 1] > x; --i) height_[i] = height_[i - 1];
    height_[i] = x;
    place_[n_] = static_cast<double>(n_);
    ++n_;
  }
  /// Markers stand at the least, at q/2, q and (1 + q)/2 of the way, and at the greatest.
  [[nodiscard]] double wanted(std::size_t i) const {
    const double share = i == 1 ? q_ / 2 : i == 2 ? q_ : (1 + q_) / 2;
    return share * static_cast<double>(n_ - 1);
  }
  /// By the parabola through the marker and its neighbours; by a straight line where that would pass one of them.
  void move(std::size_t i, int way) {
    const double d = way, below = place_[i] - place_[i - 1], above = place_[i + 1] - place_[i];
    const double up = (height_[i + 1] - height_[i]) / above, down = (height_[i] - height_[i - 1]) / below;
    const double bent = height_[i] + d / (above + below) * ((below + d) * up + (above - d) * down);
    if (height_[i - 1] < bent && bent < height_[i + 1])
      height_[i] = bent;
    else
      height_[i] += d * (way > 0 ? up : down);
    place_[i] += d;
  }
  double height_[5]{}, place_[5]{}, q_ = 0.5;
  std::uint64_t n_ = 0;
};

}  // namespace levada::inline v0
