// SPDX-License-Identifier: BSL-1.0
// magnitude_sketch: quantiles of positive numbers of any size, of the recent past: a histogram of logarithms that forgets.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0::detail {

/// Takes  positive numbers; what is below 2^-64 counts as zero, what is above 2^64 as that.
/// Holds  1024 bins of 4 bytes, 8 an octave: a quantile is right to 7 %. A number that came n numbers ago counts exp(-n /
///        memory).
/// Costs  an add: an increment of two counters; quantiles: a pass over 32 sums and 32 bins for each.
class magnitude_sketch {
  static constexpr std::size_t bins = 1024, block = 32;
  static constexpr std::uint32_t first = (127 - 64) * 8;  // the first bits of a float: exponent and 3 of the mantissa
  static constexpr float growth = 1 + 1.0f / 4000;

 public:
  constexpr void add(float magnitude) {
    const std::size_t k = bin_of(magnitude);
    counts_[k] += weight_;
    sums_[k / block] += weight_;
    weight_ *= growth;  // the new counts more, rather than all others less
    if (weight_ < 1e6f) return;
    for (float& c : counts_) c *= 1e-6f;
    for (float& s : sums_) s *= 1e-6f;
    weight_ *= 1e-6f;
  }

  /// The numbers at these shares of all, which ascend.
  template <std::size_t N>
  [[nodiscard]] constexpr std::array<float, N> quantiles(const std::array<float, N>& shares) const {
    float total = 0;
    for (const float s : sums_) total += s;
    std::array<float, N> found{};
    float below = 0;
    std::size_t b = 0;
    for (std::size_t q = 0; q < N; ++q) {
      const float wanted = shares[q] * total;
      while (b + 1 < bins / block && below + sums_[b] < wanted) below += sums_[b++];
      float seen = below;
      std::size_t k = b * block;
      for (const std::size_t last = k + block - 1; k < last && (seen += counts_[k]) < wanted;) ++k;
      found[q] = middle_of(k);
    }
    return found;
  }

  /// As wide as the numbers are: sigma if they are distances of a normal distribution to its mean, more if their tail is heavier.
  [[nodiscard]] constexpr float deviation() const {
    const auto q = quantiles<3>({0.5f, 0.9f, 0.99f});
    const float middle = q[0] / 0.6745f, broad = q[1] / 1.645f, tail = 0.5f * q[2] / 2.576f;
    const float most = middle > broad ? middle : broad;
    return most > tail ? most : tail;
  }

 private:
  static constexpr std::size_t bin_of(float magnitude) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(magnitude) >> 20;
    return bits < first ? 0 : bits - first < bins ? bits - first : bins - 1;
  }
  static constexpr float middle_of(std::size_t k) {
    return k == 0 ? 0 : std::bit_cast<float>((static_cast<std::uint32_t>(k) + first) << 20 | 1u << 19);
  }

  std::array<float, bins> counts_{};
  std::array<float, bins / block> sums_{};
  float weight_ = 1;
};

}  // namespace levada::inline v0::detail
