// SPDX-License-Identifier: BSL-1.0
// taper: weights (a window function) that let a stretch of samples fade in and out, so that what does not fit into it a whole
// number of times does not leak over the spectrum; and what they take away from it.
#pragma once

#include <levada/core/config.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

/// Sums of cosines, in the periodic form that spectra want: weight i of n is a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n) - ...
///   rectangular  no weights: for transients that fade by themselves
///   hann         the default: leaks little, resolves two bins
///   hamming      lower first side lobe, higher far ones
///   blackman     side lobes below -58 dB
///   flat_top     reads amplitudes to 0.01 dB between bins, and resolves five bins
/// Sources: Harris, Proc. IEEE 66 (1978); flat top: D'Antona and Ferrero, Digital Signal Processing for Measurement Systems
/// (2006).
enum class taper : std::uint8_t { rectangular, hann, hamming, blackman, flat_top };

namespace detail {
struct cosine_sum {
  double a[5]{};
};
constexpr cosine_sum cosines_of(taper s) {
  switch (s) {
    case taper::hann: return {{0.5, 0.5}};
    case taper::hamming: return {{0.54, 0.46}};
    case taper::blackman: return {{0.42, 0.5, 0.08}};
    case taper::flat_top: return {{0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}};
    default: return {{1}};
  }
}
}  // namespace detail

/// The mean of the weights: by how much a sine looks smaller. Exact from 16 samples on.
[[nodiscard]] constexpr double coherent_gain(taper s) { return detail::cosines_of(s).a[0]; }

/// How many bins of a flat spectrum one bin gathers: n * sum of w^2 / (sum of w)^2. Exact from 16 samples on.
[[nodiscard]] constexpr double noise_bandwidth(taper s) {
  const auto c = detail::cosines_of(s);
  double squares = 0;
  for (std::size_t k = 1; k < 5; ++k) squares += c.a[k] * c.a[k] / 2;
  return 1 + squares / (c.a[0] * c.a[0]);
}

/// Weights that somebody else holds, and what they are.
struct taper_view {
  taper shape = taper::rectangular;
  std::span<const float> weights;
};

/// Takes  room for n weights, at least 16.
/// Emits  a view of them, which the functions of spectrum.hpp take. Make it once: it asks for cosines.
inline taper_view fill_taper(taper s, std::span<float> weights) {
  LEVADA_CHECK(weights.size() >= 16, weights.size());
  const auto c = detail::cosines_of(s);
  const double step = 6.283185307179586476925 / static_cast<double>(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double x = std::cos(step * static_cast<double>(i)), two = 2 * x;
    double t0 = 1, t1 = x, w = c.a[0] - c.a[1] * x, sign = 1;
    for (std::size_t k = 2; k < 5; ++k, sign = -sign) {  // cos(k angle) by Chebyshev's recurrence
      const double t = two * t1 - t0;
      t0 = t1;
      t1 = t;
      w += sign * c.a[k] * t;
    }
    weights[i] = static_cast<float>(w);
  }
  return {s, weights};
}

}  // namespace levada::inline v0
