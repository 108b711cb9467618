// SPDX-License-Identifier: BSL-1.0
// normal_range: learns on line what is normal for one series, without a number given by anybody: quantiles, median and
// median absolute deviation of a sample of its own past.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// Bounds of what is normal; not known before enough values were learned.
struct range {
  double low = 0;
  double high = 0;
  bool known = false;

  [[nodiscard]] constexpr bool holds(double v) const { return v >= low && v <= high; }
};

/// Takes  values one at a time: finite ones; others are ignored.
/// Holds  Size values, sorted: a sample in which old values make place at random, so that its memory fades with an
///        exponential (Aggarwal, On biased reservoir sampling, VLDB 2006). Memory: about Size * dilution values. The random
///        numbers are its own: the same values give the same ranges, always.
/// Costs  a value: a search and a move of at most Size doubles when it is taken into the sample; a range: Size steps.
template <std::size_t Size = 128>
class normal_range {
 public:
  static constexpr std::size_t enough = 16;  ///< values before a range is known
  static constexpr std::uint32_t dilution = 8;

  /// Learns one value. Once the sample is full, one of eight takes the place of an old one. `reluctance` makes it one of so
  /// many times more, from the beginning on: for values that are not trusted.
  constexpr void learn(double v, std::uint32_t reluctance = 1) {
    if (!(v - v == 0)) return;  // NaN or infinite
    const std::uint32_t one_of = count_ == Size ? dilution * reluctance : reluctance;
    if (one_of > 1 && next_random() % one_of != 0) return;
    if (count_ == Size) remove(next_random() % Size);
    insert(v);
  }

  /// The 5 to 95 % quantiles of the sample, widened on both sides by `width` robust standard deviations. The deviation is
  /// 1.4826 times the median absolute deviation (which makes it sigma for a normal distribution), but no less than `floor`;
  /// a small sample gets a wider margin, twice as wide as a large one at first.
  [[nodiscard]] constexpr range bounds(double width, double floor) const {
    if (count_ < enough) return {};
    const double robust = 1.4826 * deviation();
    const double caution = 1.0 + static_cast<double>(enough) / static_cast<double>(count_);
    const double margin = caution * width * (robust > floor ? robust : floor);
    return {sample_[count_ / 20] - margin, sample_[count_ - 1 - count_ / 20] + margin, true};
  }
  [[nodiscard]] constexpr double median() const { return count_ == 0 ? 0 : sample_[count_ / 2]; }
  /// Median of the distances to the median: walks outward from the middle of the sorted sample.
  [[nodiscard]] constexpr double deviation() const {
    if (count_ == 0) return 0;
    const double middle = median();
    std::size_t left = count_ / 2, right = count_ / 2;
    double distance = 0;
    for (std::size_t seen = 0; seen <= count_ / 2; ++seen) {
      const bool go_left = right == count_ || (left > 0 && middle - sample_[left - 1] <= sample_[right] - middle);
      distance = go_left ? middle - sample_[--left] : sample_[right++] - middle;
    }
    return distance;
  }
  [[nodiscard]] constexpr std::size_t size() const { return count_; }

 private:
  constexpr void insert(double v) {
    std::size_t at = count_++;
    for (; at > 0 && sample_[at - 1] > v; --at) sample_[at] = sample_[at - 1];
    sample_[at] = v;
  }
  constexpr void remove(std::size_t at) {
    for (--count_; at < count_; ++at) sample_[at] = sample_[at + 1];
  }
  /// Marsaglia's xorshift32: the quality is ample for picking a victim.
  constexpr std::uint32_t next_random() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    return random_;
  }

  std::array<double, Size> sample_{};  // the first count_, ascending
  std::uint32_t count_ = 0;
  std::uint32_t random_ = 2463534242u;
};

}  // namespace levada::inline v0
