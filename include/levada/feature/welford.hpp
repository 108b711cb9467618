// SPDX-License-Identifier: BSL-1.0
// welford: mean, variance, skewness and kurtosis of all values so far, one at a time, and of two such sets together.
#pragma once

#include <cmath>
#include <cstdint>

namespace levada::inline v0 {

/// Takes  values one by one; those that are not finite are passed over. merge(other) adds what another one has seen.
/// Holds  40 bytes, trivially copyable: as the state of scan or process it is kept by key and in checkpoints. It does not
///        forget: see ewma for what does.
/// Costs  a division and some ten products a value. For a window of samples at hand moments_of (simd/moments.hpp) is tens of
///        times faster.
/// Sources: B. P. Welford, Technometrics 4 (1962); the third and fourth order and the merge: P. Pebay, Sandia report
///        SAND2008-6212.
class welford {
 public:
  void add(double x) {
    if (!std::isfinite(x)) return;
    const auto before = static_cast<double>(n_), n = static_cast<double>(++n_);
    const double d = x - mean_, step = d / n, square = step * step, product = d * step * before;
    fourth_ += product * square * (n * n - 3 * n + 3) + 6 * square * second_ - 4 * step * third_;
    third_ += product * step * (n - 2) - 3 * step * second_;
    second_ += product;
    mean_ += step;
  }
  void merge(const welford& other) {
    if (other.n_ == 0) return;
    const auto a = static_cast<double>(n_), b = static_cast<double>(other.n_);
    const double n = a + b, d = other.mean_ - mean_, step = d / n;
    fourth_ += other.fourth_ + d * step * step * step * a * b * (a * a - a * b + b * b) +
               6 * step * step * (a * a * other.second_ + b * b * second_) + 4 * step * (a * other.third_ - b * third_);
    third_ += other.third_ + d * step * step * a * b * (a - b) + 3 * step * (a * other.second_ - b * second_);
    second_ += other.second_ + d * step * a * b;
    mean_ += step * b;
    n_ += other.n_;
  }

  [[nodiscard]] std::uint64_t count() const { return n_; }
  /// 0 without values.
  [[nodiscard]] double mean() const { return mean_; }
  /// With n - 1 below the line, as a sample of something larger has it; 0 before the second value.
  [[nodiscard]] double variance() const { return n_ < 2 ? 0 : second_ / static_cast<double>(n_ - 1); }
  [[nodiscard]] double stddev() const { return std::sqrt(variance()); }
  /// The third and the fourth standardised moment with n below the line: 0 and 3 for a normal distribution; NaN where all values
  /// are equal.
  [[nodiscard]] double skewness() const { return std::sqrt(static_cast<double>(n_)) * third_ / (second_ * std::sqrt(second_)); }
  [[nodiscard]] double kurtosis() const { return static_cast<double>(n_) * fourth_ / (second_ * second_); }

 private:
  std::uint64_t n_ = 0;
  double mean_ = 0, second_ = 0, third_ = 0, fourth_ = 0;
};

}  // namespace levada::inline v0
