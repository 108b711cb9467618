// SPDX-License-Identifier: BSL-1.0
// period_finder: after how many values a series repeats itself, found on line.
#pragma once

#include <levada/core/config.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0::detail {

/// The average magnitude difference function (Ross, Shaffer, Cohen, Freudberg, Manley: Average magnitude difference function
/// pitch extractor, IEEE TASSP 22, 1974), which is small where autocorrelation is great and needs no mean: for each lag the
/// mean of |x(t) - x(t - lag)|, with exponential forgetting.
/// Holds  the last 1024 values, twice, and a mean for each lag up to 512: 10 KB.
/// Costs  a value: 64 lags of the 512, in turn, which are one loop over neighbours; every eighth, a pass over the lags.
class period_finder {
  static constexpr std::size_t kept = 1024, lags = 512, block = 64, blocks = lags / block;
  static constexpr float rate = 0.05f;

 public:
  LEVADA_INLINE void add(double value) {
    if (values_ == 0) origin_ = value;
    const double moved = value - origin_;  // near zero floats are fine; an infinite one would stay in the means for good
    const auto x = static_cast<float>(moved > 1e30 ? 1e30 : moved < -1e30 ? -1e30 : moved);
    if (values_ > (block_ + 1) * block) {
      float* mean = differences_.data() + block_ * block;
      const float* past = ring_.data() + head_ + block_ * block;
      if (updates_[block_] < 1000) ++updates_[block_];
      const float plain = 1 / static_cast<float>(updates_[block_]), r = plain > rate ? plain : rate;
      for (std::size_t i = 0; i < block; ++i) mean[i] += r * (std::fabs(x - past[i]) - mean[i]);
    }
    if (++block_ == blocks) {
      block_ = 0;
      choose();
    }
    head_ = (head_ - 1) % kept;
    ring_[head_] = ring_[head_ + kept] = x;
    ++values_;
  }

  /// In values; 0: none found. It is the shortest lag, beyond those at which the series merely has not moved yet, whose mean
  /// difference is less than half of that of all lags.
  [[nodiscard]] std::size_t period() const { return period_; }
  /// The value that will be `lag` values old when the next one comes.
  [[nodiscard]] double before(std::size_t lag) const { return origin_ + static_cast<double>(ring_[head_ + lag - 1]); }
  [[nodiscard]] std::uint64_t values() const { return values_; }

 private:
  void choose() {
    std::size_t known = 0;
    while (known < blocks && updates_[known] >= 16) ++known;
    known *= block;
    std::array<float, 16> sums{};  // side by side, so that they are added in registers
    for (std::size_t lag = 0; lag < known; lag += sums.size())
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += differences_[lag + i];
    float mean = 0;
    for (const float s : sums) mean += s / static_cast<float>(known > 0 ? known : 1);
    std::size_t lag = 0;
    while (lag < known && differences_[lag] <= 0.9f * mean) ++lag;
    float least = 0.5f * mean;
    const float worth_it = least;
    for (std::size_t i = lag; i < known; ++i) least = differences_[i] < least ? differences_[i] : least;
    period_ = 0;
    if (least >= worth_it) return;
    // Twice a period is as good as one: the first valley that is about as deep, and its deepest place.
    const float deep = least + 0.15f * (mean - least);
    while (differences_[lag] > deep) ++lag;
    std::size_t found = lag;
    for (; lag < known && differences_[lag] <= deep; ++lag)
      if (differences_[lag] < differences_[found]) found = lag;
    period_ = found + 1;
  }

  std::array<float, 2 * kept> ring_{};     // from head_ on: the last value, the one before, ...
  std::array<float, lags> differences_{};  // at i: of lag i + 1
  std::array<std::uint32_t, blocks> updates_{};
  std::size_t head_ = 0, block_ = 0, period_ = 0;
  std::uint64_t values_ = 0;
  double origin_ = 0;
};

}  // namespace levada::inline v0::detail
