// SPDX-License-Identifier: BSL-1.0
// goertzel: how strong one tone is in a signal, sample by sample: for a handful of frequencies, which need not be bins of a
// transform. Plain C++: a step needs the two before it.
#pragma once

#include <levada/core/config.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// Takes  a frequency in cycles a sample (hertz over the rate), in [0, 1/2], and samples; those that are not finite count as 0.
/// Emits  at any time X = the sum of x[i] exp(-2 pi j frequency i) over the samples since reset().
/// Holds  48 bytes, trivially copyable.
/// Costs  one product, 2.5 ns, a sample: it waits for the one before it.
/// Source: G. Goertzel, American Mathematical Monthly 65 (1958); between bins: P. Sysel, P. Rajmic, Goertzel algorithm
/// generalized to non-integer multiples of fundamental frequency (2012). In double, since its error grows with the number of
/// samples.
class goertzel {
 public:
  goertzel() = default;
  explicit goertzel(double frequency) : angle_(2 * 3.14159265358979323846 * frequency), twice_cosine_(2 * std::cos(angle_)) {
    LEVADA_CHECK(frequency >= 0 && frequency <= 0.5, frequency * 1000);
  }
  void add(double x) {
    const double next = (std::isfinite(x) ? x : 0) + twice_cosine_ * last_ - before_;
    before_ = last_;
    last_ = next;
    ++n_;
  }
  void add(std::span<const float> samples) {
    goertzel local = *this;
    for (const float x : samples) local.add(static_cast<double>(x));
    *this = local;
  }
  void reset() {
    last_ = before_ = 0;
    n_ = 0;
  }

  [[nodiscard]] std::size_t count() const { return n_; }
  [[nodiscard]] double re() const { return sum().re; }
  [[nodiscard]] double im() const { return sum().im; }
  /// Of the tone: 2 |X| / n. A whole number of its periods, or a few, should have passed; 0 without samples.
  [[nodiscard]] double amplitude() const {
    if (n_ == 0) return 0;
    const double square = last_ * last_ + before_ * before_ - twice_cosine_ * last_ * before_;
    return 2 * std::sqrt(square > 0 ? square : 0) / static_cast<double>(n_);
  }

 private:
  struct value {
    double re, im;
  };
  /// last - exp(-j angle) before is X, turned ahead by the angle of the last sample.
  [[nodiscard]] value sum() const {
    const double re = last_ - std::cos(angle_) * before_, im = std::sin(angle_) * before_,
                 back = angle_ * (static_cast<double>(n_) - 1), c = std::cos(back), s = std::sin(back);
    return {re * c + im * s, im * c - re * s};
  }
  double angle_ = 0, twice_cosine_ = 2, last_ = 0, before_ = 0;
  std::size_t n_ = 0;
};

}  // namespace levada::inline v0
