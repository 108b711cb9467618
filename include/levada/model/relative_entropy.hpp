// SPDX-License-Identifier: BSL-1.0
// relative_entropy: whether the distribution of the last values is one of those that were seen before.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// Wang, Viswanathan, Choudur, Talwar, Satterfield, Schwan, Statistical techniques for online anomaly detection in data
/// centers, IM 2011: values fall into bins; the histogram p of the last `Window` is compared with each remembered one q by the
/// multinomial test of goodness of fit, 2 Window D(p || q) = 2 sum n_i ln(p_i / q_i), which is chi-square distributed with one
/// degree of freedom less than there are bins. A histogram that fits none is remembered, and is an alarm; so is one that fits a
/// remembered one that was seen only once before. Here the bins are five of equal width over the range of the first `learning`
/// values, and one on either side of it; windows follow each other without a gap or an overlap, so that tests are independent;
/// a remembered bin that is empty counts half a value, so that the statistic is finite.
/// Holds  Remembered histograms of 7 numbers, the last values' and their bounds: 1.1 KB. The one that fitted longest ago makes
///        room.
/// Fails  it judges once a window: the values between have score 0. A slow change is a sequence of alarms.
/// Costs  an increment; once a window 7 * Remembered logarithms at most.
template <std::uint32_t Window = 52, std::size_t Remembered = 32>
class relative_entropy {
  static_assert(Window >= 8 && Remembered >= 2, "relative_entropy: a window of 8 values or more, and two histograms to remember");

 public:
  static constexpr std::size_t bins = 7;
  double limit = 16.812;         ///< chi-square with 6 degrees of freedom is beyond it once in a hundred
  std::uint32_t learning = 104;  ///< values that say where the bins are

  float score(timestamp, double x) {
    if (!detail::is_usable(x)) return 0;
    if (learnt_ < learning) {
      low_ = learnt_ == 0 || x < low_ ? x : low_;
      high_ = learnt_ == 0 || x > high_ ? x : high_;
      ++learnt_;
      return 0;
    }
    ++now_[bin_of(x)];
    if (++filled_ < Window) return 0;
    const float found = judge();
    now_ = {};
    filled_ = 0;
    return found;
  }

  /// 2 n D(p || q) of two histograms of n values.
  static double statistic(const std::array<std::uint32_t, bins>& p, const std::array<std::uint32_t, bins>& q) {
    double sum = 0, mass = 0;
    for (std::size_t i = 0; i < bins; ++i) mass += q[i] > 0 ? q[i] : 0.5;
    for (std::size_t i = 0; i < bins; ++i)
      if (p[i] > 0) sum += p[i] * std::log(p[i] / (q[i] > 0 ? q[i] : 0.5) * (mass / Window));
    return 2 * sum;
  }

 private:
  struct histogram {
    std::array<std::uint32_t, bins> counts{};
    std::uint32_t last = 0;  ///< window that fitted
    bool confirmed = false;
  };

  [[nodiscard]] std::size_t bin_of(double x) const {
    if (x < low_) return 0;
    if (x > high_) return bins - 1;
    if (!(high_ > low_)) return 1;
    const auto inner = static_cast<std::size_t>((x - low_) / (high_ - low_) * (bins - 2));
    return 1 + (inner < bins - 3 ? inner : bins - 3);
  }
  float judge() {
    ++window_;
    std::size_t best = 0, idle = 0;
    double least = INFINITY;
    for (std::size_t k = 0; k < size_; ++k) {
      const double s = statistic(now_, known_[k].counts);
      if (s < least) {
        least = s;
        best = k;
      }
      if (known_[k].last < known_[idle].last) idle = k;
    }
    const float found = detail::against(least, limit);
    if (least <= limit) {
      histogram& fits = known_[best];
      const bool is_confirmed = fits.confirmed;
      fits.confirmed = true;
      fits.last = window_;
      return is_confirmed ? (found < alarm_score ? found : 0) : alarm_score;
    }
    const bool is_first = size_ == 0;
    known_[size_ < Remembered ? size_++ : idle] = {now_, window_, is_first};  // the first one has nothing to be compared with
    return is_first ? 0 : found;
  }

  std::array<histogram, Remembered> known_{};
  std::array<std::uint32_t, bins> now_{};
  std::size_t size_ = 0;
  std::uint32_t learnt_ = 0, filled_ = 0, window_ = 0;
  double low_ = 0, high_ = 0;
};
static_assert(detector<relative_entropy<>>);

}  // namespace levada::inline v0
