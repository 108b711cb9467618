// SPDX-License-Identifier: BSL-1.0
// sorted_values: the samples of a window in order, by a radix sort: three passes over digits of 11 bits.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace levada::inline v0::detail {

/// Takes  at most Capacity values, none of them NaN.
template <std::size_t Capacity>
class sorted_values {
 public:
  explicit sorted_values(std::span<const float> samples) : n_(samples.size()) {
    constexpr std::uint32_t digits = 1u << 11;
    std::array<std::array<std::uint32_t, digits>, 3> starts{};
    std::array<std::uint32_t, Capacity> keys, others;  // NOLINT: written before they are read
    for (std::size_t i = 0; i < n_; ++i) {
      keys[i] = key_of(samples[i]);
      for (unsigned pass = 0; pass < 3; ++pass) ++starts[pass][keys[i] >> (11 * pass) & (digits - 1)];
    }
    std::uint32_t *from = keys.data(), *to = others.data();
    for (unsigned pass = 0; pass < 3; ++pass, std::swap(from, to)) {
      std::uint32_t before = 0;
      for (std::uint32_t& s : starts[pass]) before += std::exchange(s, before);
      for (std::size_t i = 0; i < n_; ++i) to[starts[pass][from[i] >> (11 * pass) & (digits - 1)]++] = from[i];
    }
    for (std::size_t i = 0; i < n_; ++i) values_[i] = value_of(from[i]);
  }

  [[nodiscard]] std::span<const float> all() const { return {values_, n_}; }
  /// At q (n - 1), between two values by a straight line.
  [[nodiscard]] double quantile(double q) const {
    if (n_ == 0) return 0;
    const double at = q * static_cast<double>(n_ - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = below + 1 < n_ ? below + 1 : below;
    const double low = static_cast<double>(values_[below]), high = static_cast<double>(values_[above]);
    return low + (high - low) * (at - static_cast<double>(below));
  }

 private:
  static constexpr std::uint32_t sign = 1u << 31;
  /// As unsigned numbers they lie in the order of the values: negative ones are turned around.
  static std::uint32_t key_of(float v) {
    const auto bits = std::bit_cast<std::uint32_t>(v);
    return (bits & sign) != 0 ? ~bits : bits | sign;
  }
  static float value_of(std::uint32_t key) { return std::bit_cast<float>((key & sign) != 0 ? key & ~sign : ~key); }

  std::size_t n_;
  float values_[Capacity];
};

}  // namespace levada::inline v0::detail
