// SPDX-License-Identifier: BSL-1.0
// histogram: quantiles of latencies in fixed memory. Log-linear buckets, as in Gil Tene's HdrHistogram: 32 for each power
// of two, so a quantile is at most 3 % above the truth at any magnitude.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// Takes  unsigned values, usually nanoseconds.
/// Holds  15 KiB.
/// Costs  an add is two shifts and an increment.
class histogram {
 public:
  void add(std::uint64_t value) {
    ++buckets_[index_of(value)];
    ++count_;
    if (value > max_) max_ = value;
  }
  void merge(const histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    if (other.max_ > max_) max_ = other.max_;
  }

  /// The smallest bucket's upper end that at least the fraction q of all values lie at or below; 0 without values.
  [[nodiscard]] std::uint64_t quantile(double q) const {
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count_) + 0.999999);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen != 0 && seen >= wanted) return upper_end(i) < max_ ? upper_end(i) : max_;
    }
    return max_;
  }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr unsigned fine = 5;  // log2 of the buckets for each power of two
  static constexpr std::size_t size = std::size_t{64 - fine + 1} << fine;

  static constexpr std::size_t index_of(std::uint64_t v) {
    if (v < (1u << fine)) return static_cast<std::size_t>(v);
    const unsigned magnitude = static_cast<unsigned>(std::bit_width(v)) - 1 - fine;
    return (std::size_t{magnitude + 1} << fine) + static_cast<std::size_t>((v >> magnitude) - (1u << fine));
  }
  static constexpr std::uint64_t upper_end(std::size_t i) {
    if (i < (1u << fine)) return i;
    const unsigned magnitude = static_cast<unsigned>(i >> fine) - 1;
    const std::uint64_t mantissa = (i & ((1u << fine) - 1)) + (1u << fine) + 1;
    return (mantissa << magnitude) - 1;
  }

  std::array<std::uint64_t, size> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace levada::inline v0
