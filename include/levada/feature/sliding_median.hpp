// SPDX-License-Identifier: BSL-1.0
// sliding_median: the median of the last N values, and how far they are from it, which no single outlier can move.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace levada::inline v0 {

/// Takes  values one by one; those that are not finite are passed over.
/// Holds  8 bytes for each of the N, trivially copyable: the values in the order of coming, and in that of size.
/// Costs  add: two binary searches and a move of what lies between, about N / 3 floats; mad(): a walk over N / 2. Meant for N
///        up to some hundred.
template <std::size_t N>
  requires(N > 1 && N <= 65'536)
class sliding_median {
 public:
  void add(float x) {
    if (!std::isfinite(x)) return;
    if (size_ < N) {
      const std::size_t to = first_not_below(x);
      for (std::size_t i = size_; i > to; --i) sorted_[i] = sorted_[i - 1];
      sorted_[to] = x;
      ++size_;
    } else {
      std::size_t from = first_not_below(recent_[next_]), to = first_not_below(x);
      for (; from + 1 < to; ++from) sorted_[from] = sorted_[from + 1];
      for (; from > to; --from) sorted_[from] = sorted_[from - 1];
      sorted_[from] = x;
    }
    recent_[next_] = x;
    next_ = next_ + 1 == N ? 0 : next_ + 1;
  }

  [[nodiscard]] std::size_t count() const { return size_; }
  /// The middle one, or the mean of the two in the middle; NaN before the first value.
  [[nodiscard]] float median() const {
    if (size_ == 0) return std::numeric_limits<float>::quiet_NaN();
    return middle(sorted_[(size_ - 1) / 2], sorted_[size_ / 2]);
  }
  /// The median of the distances to the median. Times 1.4826 it estimates the standard deviation of normal values.
  [[nodiscard]] float mad() const {
    if (size_ == 0) return std::numeric_limits<float>::quiet_NaN();
    const float centre = median();
    // Distances grow to both sides of the middle: the two rows are merged up to the middle one.
    std::size_t above = size_ / 2, below = above;
    float distance = 0, before = 0;
    for (std::size_t i = 0; i <= size_ / 2; ++i) {
      before = distance;
      const bool up = below == 0 || (above < size_ && sorted_[above] - centre <= centre - sorted_[below - 1]);
      distance = up ? sorted_[above++] - centre : centre - sorted_[--below];
    }
    return size_ % 2 == 1 ? distance : middle(before, distance);
  }

 private:
  static float middle(float a, float b) { return a + (b - a) / 2; }
  [[nodiscard]] std::size_t first_not_below(float x) const {
    std::size_t begin = 0, end = size_;
    while (begin < end) {
      const std::size_t half = (begin + end) / 2;
      if (sorted_[half] < x)
        begin = half + 1;
      else
        end = half;
    }
    return begin;
  }
  float recent_[N]{}, sorted_[N]{};
  std::size_t size_ = 0, next_ = 0;
};

}  // namespace levada::inline v0
