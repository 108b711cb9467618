// SPDX-License-Identifier: BSL-1.0
// spectrum: how much of a signal lies at which frequency: density (for noise), power and amplitude (for tones), of one window or
// averaged over many. All are one-sided: what lies at negative frequencies is counted at the positive ones.
#pragma once

#include <levada/simd/fft.hpp>
#include <levada/simd/taper.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace levada::inline v0 {

struct spectrum_kernels {
  /// out = (samples - offset) * weights
  void (*weigh)(const float* samples, const float* weights, float offset, std::size_t n, float* out) noexcept;
  /// out = |X|^2 * scale
  void (*power)(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept;
  /// out = out + |X|^2 * scale
  void (*add_power)(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept;
  /// out = |X| * scale
  void (*magnitude)(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept;
  static const spectrum_kernels baseline;
};
LEVADA_KERNEL_SET(spectrum_kernels);

namespace detail {
inline void plain_weigh(const float* samples, const float* weights, float offset, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = (samples[i] - offset) * weights[i];
}
inline void plain_power(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = (re[i] * re[i] + im[i] * im[i]) * scale;
}
inline void plain_add_power(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] += (re[i] * re[i] + im[i] * im[i]) * scale;
}
inline void plain_magnitude(const float* re, const float* im, float scale, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = std::sqrt(re[i] * re[i] + im[i] * im[i]) * scale;
}
/// The first and the last bin have no negative twin.
inline void halve_ends(std::span<float> bins, float factor = 0.5f) {
  bins.front() *= factor;
  bins.back() *= factor;
}
constexpr float density_scale(taper s, std::size_t n, double rate) {
  const double gain = coherent_gain(s);
  return static_cast<float>(2 / (rate * static_cast<double>(n) * gain * gain * noise_bandwidth(s)));
}
}  // namespace detail

inline constexpr spectrum_kernels spectrum_kernels::baseline{detail::plain_weigh, detail::plain_power, detail::plain_add_power,
                                                             detail::plain_magnitude};

/// Some neighbouring bins.
struct bin_range {
  std::size_t first = 0, count = 0;
};
/// The bins of n samples, taken at `rate`, whose frequency k * rate / n lies in [low, high); those up to n/2.
[[nodiscard]] constexpr bin_range bins_between(double low, double high, double rate, std::size_t n) {
  const auto from = [&](double frequency) {  // the first bin that is not below
    const double bin = frequency * static_cast<double>(n) / rate;
    if (!(bin > 0)) return std::size_t{0};
    if (bin > static_cast<double>(n / 2)) return n / 2 + 1;
    const auto whole = static_cast<std::size_t>(bin);
    return whole + (static_cast<double>(whole) < bin ? 1 : 0);
  };
  const std::size_t first = from(low), end = from(high);
  return {first, end > first ? end - first : 0};
}

/// The transform of (samples - offset) * weights. The offset is the mean, where it is known and not wanted, or 0.
/// Takes  as many samples as the window has weights, a power of two n; a scratch of n values; room for n/2 + 1 bins.
inline void tapered_fft(std::span<const float> samples, float offset, const taper_view& window, split_spectrum out,
                        std::span<float> scratch) {
  const std::size_t n = samples.size();
  LEVADA_CHECK(window.weights.size() == n, window.weights.size());
  LEVADA_CHECK(scratch.size() >= n, scratch.size());
  kernels<spectrum_kernels>().weigh(samples.data(), window.weights.data(), offset, n, scratch.data());
  fft(scratch.first(n), out);
}

/// Power spectral density of a tapered transform, in units^2/Hz if `rate` is in samples a second: 2 |X|^2 / (rate * sum of w^2),
/// the first and last bin half of that. Its sum times rate/n is the mean square of the samples (where the window lets them pass).
/// Takes  the n/2 + 1 bins of the transform, and room for as many.
inline void power_density(spectrum_view transform, taper shape, double rate, std::span<float> out) {
  const std::size_t bins = transform.re.size(), n = 2 * (bins - 1);
  LEVADA_CHECK(bins >= 2 && out.size() == bins, out.size());
  kernels<spectrum_kernels>().power(transform.re.data(), transform.im.data(), detail::density_scale(shape, n, rate), bins,
                                    out.data());
  detail::halve_ends(out);
}

/// Power spectrum of a tapered transform, in units^2: a sine of amplitude A that meets a bin gives A^2/2 there.
inline void power_spectrum(spectrum_view transform, taper shape, std::span<float> out) {
  const std::size_t bins = transform.re.size();
  LEVADA_CHECK(bins >= 2 && out.size() == bins, out.size());
  const double sum = coherent_gain(shape) * static_cast<double>(2 * (bins - 1));
  kernels<spectrum_kernels>().power(transform.re.data(), transform.im.data(), static_cast<float>(2 / (sum * sum)), bins,
                                    out.data());
  detail::halve_ends(out);
}

/// Amplitude spectrum of a tapered transform: a sine of amplitude A that meets a bin gives A there.
inline void amplitude_spectrum(spectrum_view transform, taper shape, std::span<float> out) {
  const std::size_t bins = transform.re.size();
  LEVADA_CHECK(bins >= 2 && out.size() == bins, out.size());
  const double sum = coherent_gain(shape) * static_cast<double>(2 * (bins - 1));
  kernels<spectrum_kernels>().magnitude(transform.re.data(), transform.im.data(), static_cast<float>(2 / sum), bins, out.data());
  detail::halve_ends(out);
}

/// How much scratch welch_density needs for a window of n weights.
[[nodiscard]] constexpr std::size_t welch_scratch(std::size_t n) { return 2 * n + 2; }

/// Power spectral density averaged over windows that begin every `step` samples (Welch 1967), each without its own mean.
/// Takes  at least as many samples as the window has weights, a power of two n; half of n is the usual step; room for n/2 + 1
///        bins and welch_scratch(n). Samples behind the last whole window are not looked at.
/// Emits  how many windows there were.
inline std::size_t welch_density(std::span<const float> samples, std::size_t step, const taper_view& window, double rate,
                                 std::span<float> out, std::span<float> scratch) {
  const std::size_t n = window.weights.size(), bins = n / 2 + 1;
  LEVADA_CHECK(samples.size() >= n, samples.size());
  LEVADA_CHECK(step > 0, step);
  LEVADA_CHECK(out.size() == bins, out.size());
  LEVADA_CHECK(scratch.size() >= welch_scratch(n), scratch.size());
  const split_spectrum transform{scratch.subspan(n, bins), scratch.subspan(n + bins, bins)};
  const std::size_t windows = (samples.size() - n) / step + 1;
  const float scale = detail::density_scale(window.shape, n, rate) / static_cast<float>(windows);
  for (float& bin : out) bin = 0;
  for (std::size_t i = 0; i < windows; ++i) {
    const auto some = samples.subspan(i * step, n);
    double sum = 0;
    for (const float x : some) sum += static_cast<double>(x);
    tapered_fft(some, static_cast<float>(sum / static_cast<double>(n)), window, transform, scratch);
    kernels<spectrum_kernels>().add_power(transform.re.data(), transform.im.data(), scale, bins, out.data());
  }
  detail::halve_ends(out);
  return windows;
}

}  // namespace levada::inline v0
