// SPDX-License-Identifier: BSL-1.0
// page_hinkley: says when the mean of a series has changed, where nobody knows what it was: a cusum against the mean so far.
#pragma once

#include <levada/core/config.hpp>
#include <levada/feature/cusum.hpp>

#include <cmath>
#include <cstdint>

namespace levada::inline v0 {

/// Takes  values one by one; those that are not finite are passed over.
/// Holds  56 bytes, trivially copyable.
/// Fails  never. Nothing is said within the first `least` values after a change: the mean is not known yet.
/// Costs  a division.
///
///   up = sum of (x - mean - tolerance), a shift where it is more than `limit` above its least value; down likewise, with signs
///   turned.
///
/// Source: D. V. Hinkley, Biometrika 58 (1971); as a test on line: J. Gama et al., A survey on concept drift adaptation (2014).
class page_hinkley {
 public:
  page_hinkley() = default;
  page_hinkley(double tolerance, double limit, std::uint32_t least = 30) : tolerance_(tolerance), limit_(limit), least_(least) {
    LEVADA_CHECK(tolerance >= 0, tolerance);
    LEVADA_CHECK(limit > 0, limit);
  }
  /// Says that the mean has changed, and begins anew.
  level_shift add(double x) {
    if (!std::isfinite(x)) return level_shift::none;
    mean_ += (x - mean_) / static_cast<double>(++n_);
    const double d = x - mean_;
    up_ = up_ + d > tolerance_ ? up_ + d - tolerance_ : 0;
    down_ = down_ - d > tolerance_ ? down_ - d - tolerance_ : 0;
    const bool rose = up_ > limit_, fell = down_ > limit_;
    if (n_ <= least_ || (!rose && !fell)) return level_shift::none;
    *this = page_hinkley(tolerance_, limit_, least_);
    return rose ? level_shift::up : level_shift::down;
  }
  /// Of the values since the last change.
  [[nodiscard]] double mean() const { return mean_; }
  [[nodiscard]] std::uint64_t count() const { return n_; }

 private:
  double tolerance_ = 0.005, limit_ = 50, mean_ = 0, up_ = 0, down_ = 0;  // both are above their least value so far
  std::uint64_t n_ = 0;
  std::uint32_t least_ = 30;
};

}  // namespace levada::inline v0
