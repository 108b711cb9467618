// SPDX-License-Identifier: BSL-1.0
// fir: filters with a finite response: weighted sums of the last samples, and the weights of a low pass.
#pragma once

#include <levada/core/config.hpp>
#include <levada/simd/kernels.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0 {

struct fir_kernels {
  /// out[i] = the sum of weights[k] samples[i + k], for i < n; it reads n + count - 1 samples.
  void (*slide)(const float* samples, std::size_t n, const float* weights, std::size_t count, float* out) noexcept;
  /// The sum of weights[k] samples[k].
  float (*dot)(const float* samples, const float* weights, std::size_t count) noexcept;
  static const fir_kernels baseline;
};
LEVADA_KERNEL_SET(fir_kernels);

namespace detail {
inline float plain_dot(const float* samples, const float* weights, std::size_t count) noexcept {
  float sum = 0;
  for (std::size_t k = 0; k < count; ++k) sum += weights[k] * samples[k];
  return sum;
}
inline void plain_slide(const float* samples, std::size_t n, const float* weights, std::size_t count, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = plain_dot(samples + i, weights, count);
}

/// The modified Bessel function of order 0, by its series.
inline double bessel_i0(double x) {
  double term = 1, sum = 1;
  for (int k = 1; term > sum * 1e-17; ++k) {
    term *= x * x / 4 / (k * k);
    sum += term;
  }
  return sum;
}
}  // namespace detail

inline constexpr fir_kernels fir_kernels::baseline{detail::plain_slide, detail::plain_dot};

/// The weights of a low pass: a sinc that Kaiser's window ends. Their sum is 1.
/// Takes  `cutoff` in cycles a sample, in (0, 1/2): there the gain is 1/2. `beta` trades steepness for silence: 8 makes
///        everything beyond the transition, which is 5 / weights.size() wide, 80 dB less.
/// Source: J. Kaiser, R. Schafer, On the use of the I0-sinh window (1980).
inline void lowpass_weights(std::span<float> weights, double cutoff, double beta = 8) {
  LEVADA_CHECK(cutoff > 0 && cutoff < 0.5, cutoff * 1000);
  constexpr double pi = 3.14159265358979323846;
  const double centre = (static_cast<double>(weights.size()) - 1) / 2, reach = centre + 0.5;
  const auto weight = [&](std::size_t i) {
    const double t = static_cast<double>(i) - centre, angle = 2 * pi * cutoff * t, edge = t / reach;
    return (t == 0 ? 1 : std::sin(angle) / angle) * detail::bessel_i0(beta * std::sqrt(1 - edge * edge));
  };
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weight(i);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(weight(i) / sum);
}

/// Takes  samples, span by span: out[i] = the sum of weights[k] x[i - k], where x goes on from one call to the next; before the
///        first sample there was silence. The output may be the input. A sample that is not finite spoils the next Weights - 1.
/// Holds  8 bytes a weight, and a block of 256 samples: trivially copyable.
/// Costs  with AVX2 some 0.03 ns a weight and sample.
template <std::size_t Weights>
  requires(Weights > 0)
class fir_filter {
 public:
  fir_filter() = default;
  explicit fir_filter(std::span<const float, Weights> weights) {
    for (std::size_t k = 0; k < Weights; ++k) reversed_[k] = weights[Weights - 1 - k];
  }

  void filter(std::span<const float> samples, std::span<float> out) {
    LEVADA_CHECK(samples.size() == out.size(), out.size());
    constexpr std::size_t past = Weights - 1;
    for (std::size_t begin = 0; begin < samples.size(); begin += block) {
      const std::size_t n = samples.size() - begin < block ? samples.size() - begin : block;
      for (std::size_t i = 0; i < n; ++i) recent_[past + i] = samples[begin + i];
      kernels<fir_kernels>().slide(recent_.data(), n, reversed_.data(), Weights, out.data() + begin);
      for (std::size_t i = 0; i < past; ++i) recent_[i] = recent_[n + i];
    }
  }

 private:
  static constexpr std::size_t block = 256;
  std::array<float, Weights> reversed_{};
  std::array<float, Weights - 1 + block> recent_{};  // the past, and a block
};

}  // namespace levada::inline v0
