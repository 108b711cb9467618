// SPDX-License-Identifier: BSL-1.0
// quantile: medians and percentiles of any number of values in fixed memory, right to a stated part of the value.
#pragma once

#include <levada/core/config.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/sketch.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

/// A part of a hundred, to four digits behind the point: a number that can be a template argument. 99 and 99.9 become one.
struct percentage {
  std::uint32_t millionths;

  constexpr percentage(int whole)
      : millionths(static_cast<std::uint32_t>(whole) * 10'000) {  // NOLINT: implicit, as in quantile<99>
    LEVADA_CHECK(whole >= 0 && whole <= 100, whole);
  }
  constexpr percentage(double p) : millionths(static_cast<std::uint32_t>(p * 10'000 + 0.5)) {  // NOLINT: implicit
    LEVADA_CHECK(p >= 0 && p <= 100, p);
  }
  friend constexpr bool operator==(percentage, percentage) = default;
};

/// DDSketch (Masson, Rim, Lee: DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees, PVLDB 12,
/// 2019), which merges without loss: two sketches make, bit for bit, the one of all values. A bin is a range of magnitudes; here
/// it is the first bits of a double, which makes 2^k bins of equal width of each power of two: a shift in place of a logarithm,
/// and the same bins on every machine, for 44 to 100 % more of them.
/// Takes  numbers, in any order. An infinity counts as a value; a NaN makes all quantiles NaN, as it does in moments.
/// Holds  Bins counters of 4 bytes, for the Bins bins of the greatest magnitudes; half of them for each sign, where both occur.
///        With an error of 1 % 2048 bins are 32 powers of two, or 16 for each sign. A counter that is full stays full.
/// Fails  never: magnitudes below those bins count as zero, so a quantile is wrong by Error of its value, or by the greatest
///        magnitude / 2^32 (2^16); the least and the greatest value are exact.
/// Costs  an add is a shift, a compare and an increment; a new greatest magnitude, a quantile and a merge: a pass over the
///        bins.
template <number V, percentage Error = 1, std::size_t Bins = 2048>
class ddsketch {
  static constexpr unsigned mantissa_bits = 52;
  static constexpr unsigned fine = [] {  // the middle of a bin is 2^-(fine + 1) away from its lower end, at most
    unsigned k = 0;
    while (k < 20 && 1'000'000u > std::uint64_t{Error.millionths} << (k + 1)) ++k;
    return k;
  }();
  static constexpr unsigned shift = mantissa_bits - fine;
  static_assert(Bins >= 64 && Bins % 2 == 0 && Bins <= 65536, "ddsketch: from 64 to 65536 bins, an even number");
  static_assert(Error.millionths >= 1 && Error.millionths <= 500'000, "ddsketch: an error from 0.0001 to 50 percent");

 public:
  using value_type = V;
  /// What is promised, as a part of the value.
  static constexpr double error = 1.0 / (2 << fine);

  LEVADA_INLINE void add(V v) {
    const auto raw = std::bit_cast<std::uint64_t>(static_cast<double>(v));
    const bool negative = raw >> 63 != 0;
    const auto magnitude = static_cast<std::uint32_t>(raw << 1 >> 1 >> shift);
    if (magnitude > reach_[negative]) [[unlikely]] {
      if (magnitude >= beyond) return add_odd(v);
      widen(negative, magnitude);
    }
    const std::uint32_t depth = greatest_ - magnitude;
    increase(depth < room_ ? bin(negative, depth) : zeros_, 1);
    least_ = count_ == 0 || v < least_ ? v : least_;
    most_ = count_ == 0 || v > most_ ? v : most_;
    ++count_;
  }

  void merge(const ddsketch& other) {
    if (other.count_ == 0) return;
    for (const bool negative : {false, true})
      if (other.reach_[negative] > reach_[negative]) widen(negative, other.reach_[negative]);
    const std::uint32_t distance = greatest_ - other.greatest_, lower = distance < room_ ? distance : room_;
    const std::uint32_t kept = room_ - lower < other.room_ ? room_ - lower : other.room_;
    const std::uint32_t *from = other.bins_.data(), *end = from + Bins;
    std::uint32_t* to = bins_.data();
    if (other.reach_[0] != 0) {
      increase(to + lower, from, kept);
      for (std::uint32_t depth = kept; depth < other.room_; ++depth) increase(zeros_, from[depth]);
    }
    if (other.reach_[1] != 0) {
      increase(to + (Bins - lower - kept), end - kept, kept);
      for (std::uint32_t depth = kept; depth < other.room_; ++depth) increase(zeros_, end[-1 - std::ptrdiff_t{depth}]);
    }
    increase(zeros_, other.zeros_);
    increase(infinite_[0], other.infinite_[0]);
    increase(infinite_[1], other.infinite_[1]);
    least_ = count_ == 0 || other.least_ < least_ ? other.least_ : least_;
    most_ = count_ == 0 || other.most_ > most_ ? other.most_ : most_;
    nan_ = nan_ || other.nan_;
    count_ += other.count_;
  }

  /// The least value that at least `p` of all values lie at or below; 0 without values.
  [[nodiscard]] V quantile(percentage p) const {
    if (nan_) return static_cast<V>(__builtin_nan(""));
    const auto parts = static_cast<detail::wide_sum>(count_) * p.millionths;
    const auto rank = static_cast<std::uint64_t>((parts + 999'999) / 1'000'000);
    if (rank <= 1) return least_;
    std::uint64_t seen = infinite_[1];
    if (seen >= rank) return least_;
    if (reach_[1] != 0)
      for (std::uint32_t depth = 0; depth < room_; ++depth)
        if ((seen += bin(true, depth)) >= rank) return within(-middle(greatest_ - depth));
    if ((seen += zeros_) >= rank) return within(0);
    if (reach_[0] != 0)
      for (std::uint32_t depth = room_; depth-- > 0;)
        if ((seen += bin(false, depth)) >= rank) return within(middle(greatest_ - depth));
    return most_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] V least() const { return least_; }
  [[nodiscard]] V greatest() const { return most_; }

 private:
  /// The bin of infinities and NaNs, behind all others.
  static constexpr std::uint32_t beyond = 0x7FFu << fine;

  /// The bins of the two signs grow towards each other: the greatest magnitudes lie at the ends.
  [[nodiscard]] LEVADA_INLINE std::uint32_t& bin(bool negative, std::uint32_t depth) {
    return bins_[negative ? Bins - 1 - depth : depth];
  }
  [[nodiscard]] LEVADA_INLINE std::uint32_t bin(bool negative, std::uint32_t depth) const {
    return bins_[negative ? Bins - 1 - depth : depth];
  }
  LEVADA_INLINE static void increase(std::uint32_t& counter, std::uint32_t by) {
    const std::uint32_t more = counter + by;
    counter = more < by ? UINT32_MAX : more;
  }
  static void increase(std::uint32_t* counters, const std::uint32_t* by, std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) increase(counters[i], by[i]);
  }
  [[nodiscard]] static double middle(std::uint32_t magnitude) {
    return std::bit_cast<double>((2 * std::uint64_t{magnitude} + 1) << (shift - 1));
  }
  [[nodiscard]] V within(double v) const {
    if (v <= static_cast<double>(least_)) return least_;
    if (v >= static_cast<double>(most_)) return most_;
    return static_cast<V>(v);
  }

  LEVADA_COLD void add_odd(V v) {
    if (v != v) {
      nan_ = true;
    } else {
      increase(infinite_[v < V{}], 1);
      least_ = count_ == 0 || v < least_ ? v : least_;
      most_ = count_ == 0 || v > most_ ? v : most_;
    }
    ++count_;
  }
  /// Makes room for a sign that was not there, or for a greater magnitude. What is then too small is put to the zeros: which
  /// values those are depends on all values together, not on their order.
  LEVADA_COLD void widen(bool negative, std::uint32_t magnitude) {
    const std::uint32_t rise = magnitude > greatest_ ? magnitude - greatest_ : 0;
    const std::uint32_t room = reach_[!negative] != 0 ? Bins / 2 : Bins;
    for (const bool side : {false, true}) {
      if (reach_[side] == 0) continue;
      for (std::uint32_t depth = room_; depth-- > 0;) {
        const std::uint32_t values = bin(side, depth);
        bin(side, depth) = 0;
        increase(depth + rise < room ? bin(side, depth + rise) : zeros_, values);
      }
    }
    greatest_ += rise;
    room_ = room;
    reach_[negative] = greatest_;
    if (reach_[!negative] != 0) reach_[!negative] = greatest_;
  }

  std::array<std::uint32_t, Bins> bins_{};
  std::uint32_t zeros_ = 0;  // and what is too small for a bin
  std::uint32_t infinite_[2]{};
  std::uint32_t greatest_ = Bins;  // the greatest magnitude; not less, so that zero itself never lies in a bin
  std::uint32_t room_ = Bins;      // bins of a sign
  std::uint32_t reach_[2]{};       // greatest_ for a sign that occurred, or 0
  bool nan_ = false;
  V least_{};
  V most_{};
  std::uint64_t count_ = 0;
};

/// aggregate<quantile<50>, quantile<99.9>>(&request::latency): the values of those ranks, from one ddsketch<V, Error, Bins> a
/// pane.
template <percentage P, percentage Error = 1, std::size_t Bins = 2048>
struct quantile {
  static constexpr std::string_view name = "quantile";
  template <class V>
  static constexpr bool computes = number<V>;
  template <class V>
  using sketch = ddsketch<V, Error, Bins>;
  static auto of(const auto& s) { return s.quantile(P); }
};

}  // namespace levada::inline v0
