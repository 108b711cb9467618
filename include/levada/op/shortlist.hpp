// SPDX-License-Identifier: BSL-1.0
// shortlist: at most N values in a value: what a row holds of the greatest and of the most frequent.
#pragma once

#include <levada/core/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// Holds  at most N values, in the order in which whoever made it put them.
template <class T, std::size_t N>
struct shortlist {
  std::array<T, N> values{};
  std::uint32_t length = 0;

  [[nodiscard]] constexpr const T* begin() const { return values.data(); }
  [[nodiscard]] constexpr const T* end() const { return values.data() + length; }
  [[nodiscard]] constexpr std::size_t size() const { return length; }
  [[nodiscard]] constexpr bool empty() const { return length == 0; }
  [[nodiscard]] constexpr const T& operator[](std::size_t i) const { return values[i]; }

  /// Puts v before the value at `at`; the last one makes place for it if all are taken.
  constexpr void insert(std::size_t at, const T& v) {
    if (at >= N) return;
    length += length < N ? 1 : 0;
    for (std::size_t i = length - 1; i > at; --i) values[i] = values[i - 1];
    values[at] = v;
  }
};

}  // namespace levada::inline v0
