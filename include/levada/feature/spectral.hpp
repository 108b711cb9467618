// SPDX-License-Identifier: BSL-1.0
// spectral: features of the power spectrum of a window: how much lies in a band, at a multiple of the shaft's speed, where most
// of it lies, and how it is spread. Powers are mean squares, in the unit of the samples squared; frequencies are in Hz.
#pragma once

#include <levada/core/config.hpp>
#include <levada/feature/detail/decimal.hpp>
#include <levada/feature/detail/window_parts.hpp>
#include <levada/simd/fft.hpp>
#include <levada/simd/hann_power.hpp>
#include <levada/simd/moments.hpp>
#include <levada/simd/spectrum.hpp>
#include <levada/simd/spectrum_sums.hpp>
#include <levada/simd/taper.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

namespace detail {

inline void fill_hann(std::span<float> weights) {
  rotation angle(whole_turn / static_cast<double>(weights.size()));
  for (float& w : weights) {
    w = static_cast<float>(0.5 - 0.5 * angle.re());
    angle.step();
  }
}
/// The weights of a full window, which are made once.
template <std::size_t N>
struct hann_weights {
  alignas(64) float values[N];
  hann_weights() { fill_hann(values); }
  static const float* once() {
    static const hann_weights all;
    return all.values;
  }
};

}  // namespace detail

/// The one-sided power spectrum of a window of at most Capacity samples, weighted by Hann's window, padded with zeros to a power
/// of two, without its mean. The sum of some bins is the mean square of what the signal has there, and of all its variance, but
/// for chance: the weights look more at the middle.
template <std::size_t Capacity>
struct power_of_window {
  static constexpr std::size_t length = std::bit_ceil(Capacity < 16 ? std::size_t{16} : Capacity), count = length / 2 + 1;
  alignas(64) float power[count + 15];  // of bin k, from k * rate / length Hz; bin 0 is 0

  /// Of samples of that mean. Fewer than 16 have no spectrum: its bins are 0.
  power_of_window(std::span<const float> samples, float mean) {
    const std::size_t n = samples.size();
    if (n < 16) {
      for (float& p : power) p = 0;
      return;
    }
    alignas(64) float weighted[length], re[count + 15], im[count + 15];
    const float* weights = weighted;
    if (n == Capacity)
      weights = detail::hann_weights<Capacity>::once();
    else
      detail::fill_hann({weighted, n});
    kernels<spectrum_kernels>().weigh(samples.data(), weights, mean, n, weighted);
    for (std::size_t i = n; i < length; ++i) weighted[i] = 0;
    fft(weighted, {{re, count}, {im, count}});
    constexpr double squares = 0.375;  // the mean of the squares of the weights
    const double scale = 2 / (static_cast<double>(length) * static_cast<double>(n) * squares);
    kernels<spectrum_kernels>().power(re, im, static_cast<float>(scale), count, power);
    power[0] = 0;
    power[count - 1] *= 0.5f;
  }
  /// Of as many samples as the length, from their transform.
  explicit power_of_window(spectrum_view transform) {
    hann_power(transform, {power, count});
    power[0] = 0;
  }

  [[nodiscard]] std::span<const float> bins() const { return {power, count}; }
  /// From low to high Hz, the lower end included.
  [[nodiscard]] double between(double low, double high, double rate) const {
    const bin_range r = bins_between(low, high, rate, length);
    return static_cast<double>(total_power({power + r.first, r.count}));
  }
  /// Of a tone: what Hann's window makes of it lies in the nearest bin and two on each side.
  [[nodiscard]] double near(double frequency, double rate) const {
    const double at = frequency * static_cast<double>(length) / rate;
    if (!(at >= 0 && at <= static_cast<double>(count - 1))) return 0;
    const auto middle = static_cast<std::size_t>(at + 0.5);
    const std::size_t first = middle < 3 ? 1 : middle - 2, end = middle + 3 < count ? middle + 3 : count;
    double sum = 0;
    for (std::size_t k = first; k < end; ++k) sum += static_cast<double>(power[k]);
    return sum;
  }
};

/// The part of a window that is the transform of its samples without their mean, padded with zeros to a power of two.
struct window_transform {
  using needs = sharing<window_moments>;
  template <std::size_t Length>
  struct transformed {
    static constexpr std::size_t count = Length / 2 + 1;
    alignas(64) float re[count + 15], im[count + 15];
    [[nodiscard]] spectrum_view bins() const { return {{re, count}, {im, count}}; }

    transformed(std::span<const float> samples, float mean) {
      alignas(64) float centred[Length];
      centre(samples, mean, centred);
      for (std::size_t i = samples.size(); i < Length; ++i) centred[i] = 0;
      fft(centred, {{re, count}, {im, count}});
    }
  };
  template <class W>
  static transformed<power_of_window<W::capacity>::length> of(const W& w) {
    return {w.samples(), static_cast<float>(w[window_moments{}].mean)};
  }
};
/// The part of a window that is its power spectrum: a power_of_window.
struct window_spectrum {
  using needs = sharing<window_moments, window_transform>;
  template <class W>
  static power_of_window<W::capacity> of(const W& w) {
    using power = power_of_window<W::capacity>;
    if (w.samples().size() == power::length) return power(w[window_transform{}].bins());
    return power(w.samples(), static_cast<float>(w[window_moments{}].mean));
  }
};
/// What its bins are together, bin 0 left out: a spectrum_sums, whose numbers of bins begin at 1.
struct window_spectrum_sums {
  using needs = sharing<window_spectrum>;
  static spectrum_sums of(const auto& w) { return spectrum_sums_of(w[window_spectrum{}].bins()); }
};

namespace detail {
struct of_spectrum {
  using needs = sharing<window_spectrum>;
  static constexpr bool of_rate = true;
};
struct of_spectrum_sums {
  using needs = sharing<window_spectrum, window_spectrum_sums>;
  static constexpr bool of_rate = true;
};
template <class W>
constexpr double bin_width = W::rate / static_cast<double>(power_of_window<W::capacity>::length);
}  // namespace detail

/// The mean square of what lies in [Low, High) Hz. Above half of the sample rate is nothing: 0.
template <detail::decimal Low, detail::decimal High>
struct band_energy : detail::of_spectrum, detail::band<Low, High> {
  static constexpr auto built = detail::name_with("band_energy", Low, High);
  static constexpr std::string_view name = built.view();
  template <class W>
  static double of(const W& w) {
    return w[window_spectrum{}].between(Low.value(), High.value(), W::rate);
  }
};
/// The same of Bands equal bands from 0 to half of the sample rate.
template <std::size_t Bands = 16>
  requires(Bands >= 1 && Bands <= 1024)
struct band_energies : detail::of_spectrum {
  static constexpr std::string_view name = "band_energies";
  template <class W>
  static std::array<double, Bands> of(const W& w) {
    std::array<double, Bands> bands;
    for (std::size_t b = 0; b < Bands; ++b) {
      // The last one takes the bin at the half itself.
      const double high = b + 1 < Bands ? static_cast<double>(b + 1) : static_cast<double>(Bands) + 0.5;
      constexpr double width = W::rate / 2 / static_cast<double>(Bands);
      bands[b] = w[window_spectrum{}].between(static_cast<double>(b) * width, high * width, W::rate);
    }
    return bands;
  }
};
/// The frequency of the strongest bin, and between bins where a parabola through the logarithms of it and its neighbours has its
/// top: for a tone to a tenth of a bin (Smith and Serra 1987). 0 where there is no power at all.
struct dominant_frequency : detail::of_spectrum_sums {
  static constexpr std::string_view name = "dominant_frequency";
  template <class W>
  static double of(const W& w) {
    const spectrum_sums& s = w[window_spectrum_sums{}];
    if (!(s.greatest > 0)) return 0;
    const auto bins = w[window_spectrum{}].bins();
    const std::size_t k = s.greatest_at;
    auto at = static_cast<double>(k);
    if (k > 1 && k + 1 < bins.size()) {
      const auto log = [&](std::size_t i) { return std::log(bins[i] < 1e-30f ? 1e-30 : static_cast<double>(bins[i])); };
      const double left = log(k - 1), middle = log(k), right = log(k + 1), bend = left - 2 * middle + right;
      if (bend < 0) at += 0.5 * (left - right) / bend;
    }
    return at * detail::bin_width<W>;
  }
};
/// The mean frequency, weighted by power.
struct spectral_centroid : detail::of_spectrum_sums {
  static constexpr std::string_view name = "spectral_centroid";
  template <class W>
  static double of(const W& w) {
    const spectrum_sums& s = w[window_spectrum_sums{}];
    return s.total > 0 ? s.first / s.total * detail::bin_width<W> : 0;
  }
};
/// The deviation from it, weighted by power.
struct spectral_spread : detail::of_spectrum_sums {
  static constexpr std::string_view name = "spectral_spread";
  template <class W>
  static double of(const W& w) {
    const spectrum_sums& s = w[window_spectrum_sums{}];
    if (!(s.total > 0)) return 0;
    const double mean = s.first / s.total, square = s.second / s.total - mean * mean;
    return square > 0 ? std::sqrt(square) * detail::bin_width<W> : 0;
  }
};
/// The frequency of the first bin with which Percent of the power is reached.
template <detail::decimal Percent = 85>
struct spectral_rolloff : detail::of_spectrum_sums, detail::percentage_of<Percent> {
  static constexpr auto built = detail::name_with("spectral_rolloff", Percent);
  static constexpr std::string_view name = built.view();
  template <class W>
  static double of(const W& w) {
    const auto bins = w[window_spectrum{}].bins();
    const double wanted = w[window_spectrum_sums{}].total * Percent.value() / 100;
    if (!(wanted > 0)) return 0;
    constexpr std::size_t step = 32;  // first whole blocks, then bins
    std::size_t k = 0;
    double sum = 0;
    for (; k + step < bins.size(); k += step) {
      const auto block = static_cast<double>(total_power(bins.subspan(k, step)));
      if (sum + block >= wanted) break;
      sum += block;
    }
    for (; k + 1 < bins.size(); ++k) {
      sum += static_cast<double>(bins[k]);
      if (sum >= wanted) break;
    }
    return static_cast<double>(k) * detail::bin_width<W>;
  }
};
/// The geometric mean of the bins over their arithmetic mean: near 0 for tones, 0.56 for white noise (of one window), 1 for bins
/// that are all the same.
struct spectral_flatness : detail::of_spectrum_sums {
  static constexpr std::string_view name = "spectral_flatness";
  template <class W>
  static double of(const W& w) {
    const spectrum_sums& s = w[window_spectrum_sums{}];
    constexpr auto n = static_cast<double>(power_of_window<W::capacity>::count - 1);
    return s.total > 0 ? std::exp((s.logs - std::log(1e-30)) / n) / (s.total / n) : 0;
  }
};
/// Shannon's entropy of the bins as parts of the power, over the logarithm of their number: 0 for a tone, 1 for equal bins.
struct spectral_entropy : detail::of_spectrum_sums {
  static constexpr std::string_view name = "spectral_entropy";
  template <class W>
  static double of(const W& w) {
    const spectrum_sums& s = w[window_spectrum_sums{}];
    constexpr auto n = static_cast<double>(power_of_window<W::capacity>::count - 1);
    return s.total > 0 ? (std::log(s.total) - s.order / s.total) / std::log(n) : 0;
  }
};
/// The effective value of what lies at Multiple times the speed of the shaft: A / sqrt(2) for a sine of amplitude A.
template <detail::decimal Multiple>
struct order_line : detail::of_spectrum, detail::multiple_of_speed<Multiple> {
  static constexpr bool of_speed = true;
  static constexpr auto built = detail::name_with("order_line", Multiple);
  static constexpr std::string_view name = built.view();
  template <class W>
  static double of(const W& w) {
    return std::sqrt(w[window_spectrum{}].near(Multiple.value() * static_cast<double>(w.rpm()) / 60, W::rate));
  }
};
/// The effective velocity in [Low, High) Hz of samples that are accelerations: each bin's power over (2 pi f)^2. Of m/s^2 it is
/// in m/s. ISO 20816 judges machines by that from 10 to 1000 Hz; windows must be long enough for several bins below 20 Hz.
template <detail::decimal Low = 10, detail::decimal High = 1000>
struct velocity_rms : detail::of_spectrum, detail::band<Low, High> {
  static constexpr auto built = detail::name_with("velocity_rms", Low, High);
  static constexpr std::string_view name = built.view();
  template <class W>
  static double of(const W& w) {
    const auto bins = w[window_spectrum{}].bins();
    const bin_range r = bins_between(Low.value(), High.value(), W::rate, power_of_window<W::capacity>::length);
    double sum = 0;
    for (std::size_t k = r.first == 0 ? 1 : r.first; k < r.first + r.count; ++k) {
      const double angular = detail::whole_turn * static_cast<double>(k) * detail::bin_width<W>;
      sum += static_cast<double>(bins[k]) / (angular * angular);
    }
    return std::sqrt(sum);
  }
};

}  // namespace levada::inline v0
