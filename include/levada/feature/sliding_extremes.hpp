// SPDX-License-Identifier: BSL-1.0
// sliding_extremes: the least and the greatest of the last N values, after each value.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace levada::inline v0 {

/// Takes  values one by one; those that are not finite are passed over.
/// Holds  16 bytes for each of the N, trivially copyable.
/// Costs  a value is put down once and taken away once: constant on the average, N at the worst.
/// Source: D. Lemire, Streaming maximum-minimum filter using no more than three comparisons per element (2006): of the values
/// that may still become the greatest, each is less than the one before it, so the first is the greatest.
template <std::size_t N>
  requires(N > 0 && N <= 65'536)
class sliding_extremes {
 public:
  void add(float x) {
    if (!std::isfinite(x)) return;
    least_.add(x, next_, [](float kept, float later) { return kept < later; });
    greatest_.add(x, next_, [](float kept, float later) { return kept > later; });
    ++next_;
  }
  /// How many values they are of: N, once that many came.
  [[nodiscard]] std::size_t count() const { return next_ < N ? static_cast<std::size_t>(next_) : N; }
  /// NaN before the first value.
  [[nodiscard]] float least() const { return least_.front(); }
  [[nodiscard]] float greatest() const { return greatest_.front(); }
  [[nodiscard]] float range() const { return greatest() - least(); }

 private:
  struct candidates {
    float values[N]{};
    std::uint32_t born[N]{};  // modulo 2^32: differences are below N
    std::uint32_t head = 0, size = 0;

    void add(float x, std::uint64_t now, auto stays) {
      const auto time = static_cast<std::uint32_t>(now);
      if (size > 0 && time - born[head] >= N) {
        head = head + 1 == N ? 0 : head + 1;
        --size;
      }
      while (size > 0 && !stays(values[at(size - 1)], x)) --size;
      values[at(size)] = x;
      born[at(size)] = time;
      ++size;
    }
    [[nodiscard]] std::size_t at(std::uint32_t i) const { return (std::size_t{head} + i) % N; }
    [[nodiscard]] float front() const { return size > 0 ? values[head] : std::numeric_limits<float>::quiet_NaN(); }
  };
  candidates least_{}, greatest_{};
  std::uint64_t next_ = 0;
};

}  // namespace levada::inline v0
