// SPDX-License-Identifier: BSL-1.0
// matrix_profile: whether the shape of the last values has been seen before.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>
#include <levada/model/shingled.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// The left matrix profile over a bounded past: the least distance of the last `Length` values to all stretches of that length
/// that lie before them, both brought to mean 0 and deviation 1 (Yeh et al., Matrix profile I, ICDM 2016; on line with the
/// products of the step before, as STAMPI and STOMP do: Zhu et al., Matrix profile II, ICDM 2016). It is between 0 and sqrt(2
/// Length) for what is not opposite; a stretch that does not move is at distance 0 from another such one and sqrt(Length) from
/// others.
/// Gives  a score: an alarm is a distance more than `width` deviations above its usual mean.
/// Holds  four numbers for each of Past values: 16 KB with a past of 512.
/// Fails  Length * 2 values come before the first distance, 100 distances teach. A shape is compared, not a level.
/// Costs  a multiplication or two and a division for each value of the past.
template <std::size_t Length = 32, std::size_t Past = 512>
class matrix_profile {
  static_assert(Length >= 4 && Past >= 4 * Length, "matrix_profile: a length of 4 or more, and a past four times as long");

 public:
  double width = 4;

  float score(timestamp, double x) {
    if (!detail::is_usable(x)) return 0;
    const double distance = learn(x);
    return distance < 0 ? 0 : usual_.judge(distance, width);
  }
  /// The last value's distance; below 0 while there is none.
  double learn(double x) {
    if (values_ == 0) origin_ = x;
    if (values_ == Past) {
      for (std::size_t i = 1; i < Past; ++i) {
        past_[i - 1] = past_[i];
        means_[i - 1] = means_[i];
        deviations_[i - 1] = deviations_[i];
        products_[i - 1] = products_[i];
      }
      --values_;
    }
    past_[values_++] = x - origin_;
    if (values_ < Length) return -1;
    const std::size_t last = values_ - Length;
    describe(last);
    // products_[i]: of stretch i with the last one but one; stretch i + 1 with the last one shares all but the ends.
    const bool shares = last > 0 && fresh_ < 1024;
    fresh_ = shares ? fresh_ + 1 : 0;  // anew at times, so that rounding does not grow
    const double gone = last > 0 ? past_[last - 1] : 0, come = past_[values_ - 1];
    for (std::size_t i = last; i > 0; --i)
      products_[i] = shares ? products_[i - 1] - past_[i - 1] * gone + past_[i + Length - 1] * come : product(i, last);
    products_[0] = product(0, last);
    double best = -1;
    for (std::size_t i = 0; i + Length <= last; ++i) {
      const double d = squared(i, last);
      if (best < 0 || d < best) best = d;
    }
    return best < 0 ? -1 : std::sqrt(best);
  }

 private:
  void describe(std::size_t i) {
    double mean = 0, squares = 0;
    for (std::size_t k = 0; k < Length; ++k) mean += past_[i + k] / Length;
    for (std::size_t k = 0; k < Length; ++k) squares += (past_[i + k] - mean) * (past_[i + k] - mean);
    const double deviation = std::sqrt(squares / Length), least = 1e-9 * std::fabs(mean);
    means_[i] = mean;
    deviations_[i] = deviation > least ? deviation : 0;
  }
  [[nodiscard]] double product(std::size_t a, std::size_t b) const {
    double sum = 0;
    for (std::size_t k = 0; k < Length; ++k) sum += past_[a + k] * past_[b + k];
    return sum;
  }
  [[nodiscard]] double squared(std::size_t a, std::size_t b) const {
    if (deviations_[a] == 0 || deviations_[b] == 0) return deviations_[a] == deviations_[b] ? 0 : Length;
    const double correlation = (products_[a] / Length - means_[a] * means_[b]) / (deviations_[a] * deviations_[b]);
    return 2 * Length * (correlation < 1 ? 1 - correlation : 0);
  }

  std::array<double, Past> past_{}, means_{}, deviations_{}, products_{};
  detail::usual_level usual_{};
  double origin_ = 0;
  std::size_t values_ = 0;
  std::uint32_t fresh_ = 0;
};
static_assert(detector<matrix_profile<>>);

}  // namespace levada::inline v0
