// SPDX-License-Identifier: BSL-1.0
// cusum: says when the level of a series has left its target, by small steps that a limit on single values would not see.
#pragma once

#include <levada/core/config.hpp>

#include <cmath>
#include <cstdint>

namespace levada::inline v0 {

enum class level_shift : std::int8_t { down = -1, none = 0, up = 1 };

/// Takes  values one by one, in units in which `target`, `slack` and `limit` are; those that are not finite are passed over.
/// Holds  40 bytes, trivially copyable.
/// Fails  never. Usual are a slack of half the shift that matters, and a limit of four to five deviations: with 0.5 and 5
///        deviations normal values raise a false alarm every 465 on the average, and a shift of one deviation is found after
///        10.4.
/// Costs  four additions.
///
/// high = max(0, high + x - target - slack), low = max(0, low - x + target - slack); a shift where one is above the limit.
///
/// Source: E. S. Page, Biometrika 41 (1954); the tabular form as in D. Montgomery, Introduction to Statistical Quality Control.
class cusum {
 public:
  cusum() = default;
  cusum(double target, double slack, double limit) : target_(target), slack_(slack), limit_(limit) {
    LEVADA_CHECK(slack >= 0, slack);
    LEVADA_CHECK(limit > 0, limit);
  }
  /// Says that the level has shifted, and begins anew.
  level_shift add(double x) {
    if (!std::isfinite(x)) return level_shift::none;
    high_ = positive(high_ + (x - target_) - slack_);
    low_ = positive(low_ - (x - target_) - slack_);
    if (high_ <= limit_ && low_ <= limit_) return level_shift::none;
    const level_shift found = high_ > limit_ ? level_shift::up : level_shift::down;
    high_ = low_ = 0;
    return found;
  }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] double low() const { return low_; }

 private:
  static double positive(double sum) { return sum > 0 ? sum : 0; }
  double target_ = 0, slack_ = 0.5, limit_ = 5, high_ = 0, low_ = 0;
};

}  // namespace levada::inline v0
