// SPDX-License-Identifier: BSL-1.0
// hann_power: the power spectrum that Hann's window would have given, out of a transform without one: the product with the window
// is a sum of three neighbouring bins. Who needs the plain transform anyway saves a second one.
#pragma once

#include <levada/simd/fft.hpp>
#include <levada/simd/kernels.hpp>

#include <cstddef>
#include <span>

namespace levada::inline v0 {

struct hann_power_kernels {
  /// out = samples - offset
  void (*centre)(const float* samples, float offset, std::size_t n, float* out) noexcept;
  /// out[k] = |X[k] / 2 - (X[k-1] + X[k+1]) / 4|^2 * scale for k = 1 ... n-2 of n bins
  void (*power)(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept;
  static const hann_power_kernels baseline;
};
LEVADA_KERNEL_SET(hann_power_kernels);

namespace detail {
inline void plain_centre(const float* samples, float offset, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = samples[i] - offset;
}
inline float hann_bin(float before, float here, float behind) { return 0.5f * here - 0.25f * (before + behind); }
/// The bins from `k` on.
inline void plain_hann_power(const float* re, const float* im, float scale, std::size_t n, float* out, std::size_t k) noexcept {
  for (; k + 1 < n; ++k) {
    const float r = hann_bin(re[k - 1], re[k], re[k + 1]), i = hann_bin(im[k - 1], im[k], im[k + 1]);
    out[k] = (r * r + i * i) * scale;
  }
}
}  // namespace detail

inline constexpr hann_power_kernels hann_power_kernels::baseline{
    detail::plain_centre, [](const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
      detail::plain_hann_power(re, im, scale, n, out, 1);
    }};

/// Takes  samples without their mean: it would leak.
inline void centre(std::span<const float> samples, float offset, std::span<float> out) {
  LEVADA_CHECK(out.size() >= samples.size(), out.size());
  kernels<hann_power_kernels>().centre(samples.data(), offset, samples.size(), out.data());
}

/// Takes  the n/2 + 1 bins of n real samples without weights, at least 4, and room for as many values.
/// Emits  mean squares by bin, one-sided: their sum is the mean square of the samples, weighted by the squares of the window.
/// Fails  never; beside a line of amplitude A there is noise of some 1e-7 A, as single precision has it.
inline void hann_power(spectrum_view transform, std::span<float> out) {
  const std::size_t count = transform.re.size(), last = count - 1;
  LEVADA_CHECK(count >= 3 && transform.im.size() == count && out.size() == count, out.size());
  const auto n = static_cast<double>(2 * last);
  constexpr double squares = 0.375;  // the mean of the squares of the weights
  const auto scale = static_cast<float>(2 / (n * n * squares));
  const auto *re = transform.re.data(), *im = transform.im.data();
  kernels<hann_power_kernels>().power(re, im, scale, count, out.data());
  // What lies beyond an end is the conjugate of what lies before it, and neither end has a negative twin.
  const float low = detail::hann_bin(re[1], re[0], re[1]), high = detail::hann_bin(re[last - 1], re[last], re[last - 1]);
  out[0] = low * low * scale / 2;
  out[last] = high * high * scale / 2;
}

}  // namespace levada::inline v0
