// SPDX-License-Identifier: BSL-1.0
// biquad: recursive filters of second order, designed by frequency, and rows of them. Plain C++: each output waits for the one
// before it, so a register would stay empty.
#pragma once

#include <levada/core/config.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// y[i] = b0 x[i] + b1 x[i-1] + b2 x[i-2] - a1 y[i-1] - a2 y[i-2]. Frequencies are in cycles a sample (hertz over the rate), in
/// (0, 1/2); q is the quality: at a low or high pass the gain at its frequency, at the others frequency over bandwidth.
/// Source: R. Bristow-Johnson, Cookbook formulae for audio equalizer biquad filter coefficients.
struct biquad {
  double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;

  [[nodiscard]] static biquad lowpass(double frequency, double q) {
    const design d(frequency, q);
    return d.of((1 - d.cosine) / 2, 1 - d.cosine, (1 - d.cosine) / 2);
  }
  [[nodiscard]] static biquad highpass(double frequency, double q) {
    const design d(frequency, q);
    return d.of((1 + d.cosine) / 2, -1 - d.cosine, (1 + d.cosine) / 2);
  }
  /// 1 at its frequency, less to both sides.
  [[nodiscard]] static biquad bandpass(double frequency, double q) {
    const design d(frequency, q);
    return d.of(d.alpha, 0, -d.alpha);
  }
  /// 0 at its frequency, 1 far away: against mains hum.
  [[nodiscard]] static biquad notch(double frequency, double q) {
    const design d(frequency, q);
    return d.of(1, -2 * d.cosine, 1);
  }
  /// Of first order.
  [[nodiscard]] static biquad first_order_lowpass(double frequency) {
    const double k = prewarped(frequency);
    return {k / (k + 1), k / (k + 1), 0, (k - 1) / (k + 1), 0};
  }
  [[nodiscard]] static biquad first_order_highpass(double frequency) {
    const double k = prewarped(frequency);
    return {1 / (k + 1), -1 / (k + 1), 0, (k - 1) / (k + 1), 0};
  }

  /// The factor by which it multiplies the amplitude of a sine.
  [[nodiscard]] double gain(double frequency) const {
    const double w = 2 * pi * frequency, c = std::cos(w), c2 = std::cos(2 * w), s = std::sin(w), s2 = std::sin(2 * w);
    return std::hypot(b0 + b1 * c + b2 * c2, b1 * s + b2 * s2) / std::hypot(1 + a1 * c + a2 * c2, a1 * s + a2 * s2);
  }

 private:
  static constexpr double pi = 3.14159265358979323846;
  static double prewarped(double frequency) {
    LEVADA_CHECK(frequency > 0 && frequency < 0.5, frequency * 1000);
    return std::tan(pi * frequency);
  }
  struct design {
    double cosine, alpha;
    design(double frequency, double q) : cosine(std::cos(2 * pi * frequency)), alpha(std::sin(2 * pi * frequency) / (2 * q)) {
      LEVADA_CHECK(frequency > 0 && frequency < 0.5, frequency * 1000);
      LEVADA_CHECK(q > 0, q * 1000);
    }
    [[nodiscard]] biquad of(double p, double q, double r) const {
      const double a0 = 1 + alpha;
      return {p / a0, q / a0, r / a0, -2 * cosine / a0, (1 - alpha) / a0};
    }
  };
};

/// Takes  samples, one by one or span by span; the output may be the input. One that is not finite is taken as 0: it would never
///        leave the memory.
/// Holds  56 bytes a section, trivially copyable.
/// Costs  five products a section and sample, in double: near a frequency of 0 floats would lose the difference of a2 to 1.
/// The transposed second direct form (A. Oppenheim, R. Schafer, Discrete-Time Signal Processing).
template <std::size_t Sections>
  requires(Sections > 0)
class biquad_cascade {
 public:
  biquad_cascade() = default;
  explicit biquad_cascade(const std::array<biquad, Sections>& sections) : sections_(sections) {}

  double filter(double x) {
    if (!std::isfinite(x)) x = 0;
    for (std::size_t i = 0; i < Sections; ++i) {
      const biquad& s = sections_[i];
      memory& m = memories_[i];
      const double y = s.b0 * x + m.first;
      m.first = s.b1 * x - s.a1 * y + m.second;
      m.second = s.b2 * x - s.a2 * y;
      x = y;
    }
    return x;
  }
  void filter(std::span<const float> samples, std::span<float> out) {
    LEVADA_CHECK(samples.size() == out.size(), out.size());
    biquad_cascade local = *this;  // which `out` cannot alias
    for (std::size_t i = 0; i < samples.size(); ++i) out[i] = static_cast<float>(local.filter(static_cast<double>(samples[i])));
    *this = local;
  }
  [[nodiscard]] double gain(double frequency) const {
    double product = 1;
    for (const biquad& s : sections_) product *= s.gain(frequency);
    return product;
  }

 private:
  struct memory {
    double first = 0, second = 0;
  };
  std::array<biquad, Sections> sections_{};
  std::array<memory, Sections> memories_{};
};

namespace detail {
/// The poles of Butterworth's filter lie evenly on a half circle; each pair of them makes a section, the one on the axis one of
/// first order.
template <std::size_t Order>
  requires(Order > 0)
auto butterworth(double frequency, biquad (*of_two)(double, double), biquad (*of_one)(double)) {
  constexpr std::size_t sections = (Order + 1) / 2;
  std::array<biquad, sections> all{};
  for (std::size_t i = 0; i < Order / 2; ++i) {
    const double angle = 3.14159265358979323846 * static_cast<double>(2 * i + 1) / static_cast<double>(2 * Order);
    all[i] = of_two(frequency, 1 / (2 * std::sin(angle)));
  }
  if constexpr (Order % 2 == 1) all[sections - 1] = of_one(frequency);
  return biquad_cascade<sections>(all);
}
}  // namespace detail

/// Butterworth's filters: as flat as can be, and 1/sqrt(2) at their frequency. (S. Butterworth, Wireless Engineer 7 (1930).) A
/// band pass is one behind the other.
template <std::size_t Order>
[[nodiscard]] auto butterworth_lowpass(double frequency) {
  return detail::butterworth<Order>(frequency, biquad::lowpass, biquad::first_order_lowpass);
}
template <std::size_t Order>
[[nodiscard]] auto butterworth_highpass(double frequency) {
  return detail::butterworth<Order>(frequency, biquad::highpass, biquad::first_order_highpass);
}

}  // namespace levada::inline v0
