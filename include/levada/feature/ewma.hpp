// SPDX-License-Identifier: BSL-1.0
// ewma: mean and variance that forget, each value counting less the longer ago it came: by number, or by time.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/time.hpp>

#include <cmath>

namespace levada::inline v0 {

namespace detail {
/// With weights w of the values: mean = sum(w x) / sum(w), variance = sum(w (x - mean)^2) / sum(w), after each value.
struct fading_moments {
  double weight = 0, mean = 0, second = 0;

  /// All weights so far are multiplied by `kept`; the new value has the weight 1.
  void add(double x, double kept) {
    weight = weight * kept + 1;
    const double d = x - mean;
    mean += d / weight;
    second = second * kept + d * (x - mean);
  }
  [[nodiscard]] double variance() const { return weight > 0 ? second / weight : 0; }
};
}  // namespace detail

/// Takes  values one by one; those that are not finite are passed over.
/// Holds  32 bytes, trivially copyable: as the state of scan it is kept by key and in checkpoints.
/// Costs  a division.
///
/// The value that came k values ago has the weight (1 - alpha)^k. So it begins as the plain mean, and becomes mean += alpha (x -
/// mean). Source: T. Finch, Incremental calculation of weighted mean and variance (2009).
class ewma {
 public:
  ewma() = default;
  explicit ewma(double alpha) : kept_(1 - alpha) { LEVADA_CHECK(alpha > 0 && alpha <= 1, alpha); }
  /// The one whose values are on the average as old as those of a window of n: alpha = 2 / (n + 1).
  [[nodiscard]] static ewma of_last(double n) { return ewma(2 / (n + 1)); }

  void add(double x) {
    if (std::isfinite(x)) sums_.add(x, kept_);
  }
  /// 0 before the first value.
  [[nodiscard]] double mean() const { return sums_.mean; }
  [[nodiscard]] double variance() const { return sums_.variance(); }
  [[nodiscard]] double stddev() const { return std::sqrt(variance()); }
  /// The sum of all weights, 1 / alpha after a while: how many values it is worth.
  [[nodiscard]] double weight() const { return sums_.weight; }

 private:
  double kept_ = 0.9;
  detail::fading_moments sums_{};
};

/// The same for values that do not come evenly: one that is t old has the weight exp(-t / constant).
/// Takes  values with their times; one that is older than the last one counts as of its time.
/// Holds  40 bytes, trivially copyable.
/// Costs  an exp and a division.
class timed_ewma {
 public:
  timed_ewma() = default;
  explicit timed_ewma(duration constant) : constant_(constant) { LEVADA_CHECK(constant.ns > 0, constant.ns); }

  void add(double x, timestamp at) {
    if (!std::isfinite(x)) return;
    const double passed = at > last_ ? static_cast<double>(at.ns) - static_cast<double>(last_.ns) : 0;
    sums_.add(x, std::exp(-passed / static_cast<double>(constant_.ns)));
    if (at > last_) last_ = at;
  }
  /// 0 before the first value.
  [[nodiscard]] double mean() const { return sums_.mean; }
  [[nodiscard]] double variance() const { return sums_.variance(); }
  [[nodiscard]] double stddev() const { return std::sqrt(variance()); }
  [[nodiscard]] double weight() const { return sums_.weight; }

 private:
  duration constant_{1'000'000'000};
  timestamp last_ = long_ago;
  detail::fading_moments sums_{};
};

}  // namespace levada::inline v0
