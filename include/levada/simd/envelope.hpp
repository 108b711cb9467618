// SPDX-License-Identifier: BSL-1.0
// envelope: how strong a band of frequencies is at each moment. A damaged bearing rings at each impact: the band is where the
// machine rings, and the spectrum of its envelope shows how often.
#pragma once

#include <levada/simd/fft.hpp>
#include <levada/simd/spectrum.hpp>

#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// The magnitude of the analytic signal of a band (Gabor 1946; of all bins: the Hilbert envelope). The band is cut out of the
/// spectrum of n samples, as it is, and moved down to frequency 0, which a magnitude does not notice; so it needs no more
/// samples than twice its bins.
/// Takes  the transform of n samples without weights, n/2 + 1 bins; a band of them; room for m values, where m is a power of
///        two of at least twice as many as the band has bins, and at most n; a scratch of m values.
/// Emits  the envelope at m moments, every n/m samples. The samples count as periodic, so its ends know each other.
inline void band_envelope(spectrum_view transform, bin_range band, std::span<float> envelope, std::span<float> scratch) {
  const std::size_t n = 2 * (transform.re.size() - 1), m = envelope.size();
  LEVADA_CHECK(band.first + band.count <= transform.re.size(), band.first + band.count);
  LEVADA_CHECK(detail::is_power_of_two(m) && m <= n, m);
  LEVADA_CHECK(m >= 2 * band.count || m == n, m);
  LEVADA_CHECK(scratch.size() >= m, scratch.size());
  const auto re = envelope, im = scratch.first(m);
  for (std::size_t k = 0; k < band.count; ++k) {
    re[k] = transform.re[band.first + k];
    im[k] = transform.im[band.first + k];
  }
  for (std::size_t k = band.count; k < m; ++k) re[k] = im[k] = 0;
  const auto halve = [&](std::size_t bin) {  // it has no negative twin that would be added to it
    if (bin < band.first || bin - band.first >= band.count) return;
    re[bin - band.first] *= 0.5f;
    im[bin - band.first] *= 0.5f;
  };
  halve(0);
  halve(n / 2);
  complex_fft({im, re}, {im, re});  // exchanged: the way back
  kernels<spectrum_kernels>().magnitude(re.data(), im.data(), 2.0f / static_cast<float>(n), m, envelope.data());
}

/// How much scratch envelope_spectrum needs for an envelope of m values.
[[nodiscard]] constexpr std::size_t envelope_scratch(std::size_t m) { return 2 * m + 2; }

/// The amplitudes of what an envelope does beside its mean: bin k is the frequency k / duration of the window.
/// Takes  an envelope of m values, a window of as many weights, room for m/2 + 1 bins and envelope_scratch(m).
inline void envelope_spectrum(std::span<const float> envelope, const taper_view& window, std::span<float> out,
                              std::span<float> scratch) {
  const std::size_t m = envelope.size(), bins = m / 2 + 1;
  LEVADA_CHECK(scratch.size() >= envelope_scratch(m), scratch.size());
  const split_spectrum transform{scratch.subspan(m, bins), scratch.subspan(m + bins, bins)};
  double sum = 0;
  for (const float x : envelope) sum += static_cast<double>(x);
  tapered_fft(envelope, static_cast<float>(sum / static_cast<double>(m)), window, transform, scratch);
  amplitude_spectrum(transform, window.shape, out);
}

}  // namespace levada::inline v0
