// SPDX-License-Identifier: BSL-1.0
// time_domain: features of the samples as they are: how strong, how spiky, how lively, how alike themselves. In the unit of the
// samples, or without one where it is a ratio; n samples x with mean m and variance s^2 (divisor n).
#pragma once

#include <levada/core/config.hpp>
#include <levada/feature/detail/decimal.hpp>
#include <levada/feature/detail/sorted_values.hpp>
#include <levada/feature/detail/window_parts.hpp>
#include <levada/simd/moments.hpp>
#include <levada/simd/waveform.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

/// The part of a window that its order tells: a waveform_sums.
struct window_waveform {
  using needs = sharing<window_moments>;
  static waveform_sums of(const auto& w) { return waveform_of(w.samples(), static_cast<float>(w[window_moments{}].mean)); }
};

/// The values in order, from the least on.
struct window_sorted {
  using needs = sharing<>;
  template <class W>
  static detail::sorted_values<W::capacity> of(const W& w) {
    return detail::sorted_values<W::capacity>(w.samples());
  }
};

namespace detail {
/// A ratio of which nothing lies below the line is 0.
constexpr double ratio(double a, double b) { return b > 0 ? a / b : 0; }

inline double variance_of(const sample_moments& m) { return m.second / static_cast<double>(m.n); }
inline double rms_of(const sample_moments& m) { return std::sqrt(variance_of(m) + m.mean * m.mean); }
inline double peak_of(const sample_moments& m) {
  const double low = -static_cast<double>(m.least), high = static_cast<double>(m.greatest);
  return low > high ? low : high;
}
inline double mean_magnitude_of(const sample_moments& m) { return m.magnitude / static_cast<double>(m.n); }

/// A feature that is a function of the moments alone.
struct of_moments {
  using needs = sharing<window_moments>;
};
struct of_waveform {
  using needs = sharing<window_moments, window_waveform>;
};

/// Variances of the samples, of their differences, and of the differences of those.
struct hjorth_variances {
  double samples, first, second;
};
hjorth_variances hjorth_of(const auto& w) {
  const sample_moments& m = w[window_moments{}];
  const waveform_sums& s = w[window_waveform{}];
  const auto x = w.samples();
  hjorth_variances v{variance_of(m), 0, 0};
  const auto n = static_cast<double>(s.n);
  const auto difference = [&](std::size_t i) { return static_cast<double>(x[i + 1]) - static_cast<double>(x[i]); };
  const auto variance = [](double squares, double sum, double count) {
    const double mean = sum / count, rest = squares / count - mean * mean;
    return rest > 0 ? rest : 0;
  };
  if (s.n > 1) v.first = variance(s.first, static_cast<double>(x.back()) - static_cast<double>(x.front()), n - 1);
  if (s.n > 2) v.second = variance(s.second, difference(s.n - 2) - difference(0), n - 2);
  return v;
}
}  // namespace detail

/// The root of the mean square, sqrt(s^2 + m^2).
struct rms : detail::of_moments {
  static constexpr std::string_view name = "rms";
  static double of(const auto& w) { return detail::rms_of(w[window_moments{}]); }
};
/// The greatest magnitude.
struct peak : detail::of_moments {
  static constexpr std::string_view name = "peak";
  static double of(const auto& w) { return detail::peak_of(w[window_moments{}]); }
};
struct peak_to_peak : detail::of_moments {
  static constexpr std::string_view name = "peak_to_peak";
  static double of(const auto& w) {
    const sample_moments& m = w[window_moments{}];
    return static_cast<double>(m.greatest) - static_cast<double>(m.least);
  }
};
/// The mean magnitude.
struct mean_magnitude : detail::of_moments {
  static constexpr std::string_view name = "mean_magnitude";
  static double of(const auto& w) { return detail::mean_magnitude_of(w[window_moments{}]); }
};
/// peak / rms: sqrt(2) for a sine, about 3 to 4 for noise, more where something knocks.
struct crest_factor : detail::of_moments {
  static constexpr std::string_view name = "crest_factor";
  static double of(const auto& w) { return detail::ratio(peak::of(w), rms::of(w)); }
};
/// rms / mean magnitude.
struct shape_factor : detail::of_moments {
  static constexpr std::string_view name = "shape_factor";
  static double of(const auto& w) { return detail::ratio(rms::of(w), mean_magnitude::of(w)); }
};
/// peak / mean magnitude.
struct impulse_factor : detail::of_moments {
  static constexpr std::string_view name = "impulse_factor";
  static double of(const auto& w) { return detail::ratio(peak::of(w), mean_magnitude::of(w)); }
};
/// peak / (mean of sqrt |x|)^2: the most sensitive of these factors to few and early knocks.
struct clearance_factor : detail::of_waveform {
  static constexpr std::string_view name = "clearance_factor";
  static double of(const auto& w) {
    const waveform_sums& s = w[window_waveform{}];
    const double root = s.roots / static_cast<double>(s.n);
    return detail::ratio(peak::of(w), root * root);
  }
};
/// The mean of ((x - m) / s)^3: 0 where both sides are alike.
struct skewness : detail::of_moments {
  static constexpr std::string_view name = "skewness";
  static double of(const auto& w) {
    const sample_moments& m = w[window_moments{}];
    const double v = detail::variance_of(m);
    return detail::ratio(m.third / static_cast<double>(m.n), v * std::sqrt(v));
  }
};
/// The mean of ((x - m) / s)^4: 1.5 for a sine, 3 for normal noise (it is not the excess), more where something knocks.
struct kurtosis : detail::of_moments {
  static constexpr std::string_view name = "kurtosis";
  static double of(const auto& w) {
    const sample_moments& m = w[window_moments{}];
    const double v = detail::variance_of(m);
    return detail::ratio(m.fourth / static_cast<double>(m.n), v * v);
  }
};
/// How many of all n - 1 pairs of neighbours lie on both sides of the mean: 0 ... 1.
struct zero_crossing_rate : detail::of_waveform {
  static constexpr std::string_view name = "zero_crossing_rate";
  static double of(const auto& w) {
    const waveform_sums& s = w[window_waveform{}];
    return s.n > 1 ? static_cast<double>(s.crossings) / static_cast<double>(s.n - 1) : 0;
  }
};
/// Hjorth's parameters (Electroenceph. clin. Neurophysiol. 29, 1970): activity is the variance; mobility the deviation of the
/// differences x[i+1] - x[i] over that of the samples, which grows with their frequency; complexity the mobility of the
/// differences over that of the samples, 1 for a sine.
struct hjorth_activity : detail::of_moments {
  static constexpr std::string_view name = "hjorth_activity";
  static double of(const auto& w) { return detail::variance_of(w[window_moments{}]); }
};
struct hjorth_mobility : detail::of_waveform {
  static constexpr std::string_view name = "hjorth_mobility";
  static double of(const auto& w) {
    const auto v = detail::hjorth_of(w);
    return std::sqrt(detail::ratio(v.first, v.samples));
  }
};
struct hjorth_complexity : detail::of_waveform {
  static constexpr std::string_view name = "hjorth_complexity";
  static double of(const auto& w) {
    const auto v = detail::hjorth_of(w);
    return detail::ratio(std::sqrt(detail::ratio(v.second, v.first)), std::sqrt(detail::ratio(v.first, v.samples)));
  }
};
/// Of the straight line with the least squares, in units of the samples a second; where no sample_rate is said, a sample.
struct slope : detail::of_waveform {
  static constexpr std::string_view name = "slope";
  template <class W>
  static double of(const W& w) {
    const waveform_sums& s = w[window_waveform{}];
    const auto n = static_cast<double>(s.n);
    return detail::ratio(12 * s.ramp, n * (n * n - 1)) * (W::rate > 0 ? W::rate : 1);
  }
};

/// At each lag the sum of (x[i] - m) (x[i + lag] - m) over that of (x[i] - m)^2: between -1 and 1.
template <std::uint32_t... Lags>
  requires(sizeof...(Lags) > 0)
struct autocorrelation_at : detail::of_moments {
  static constexpr std::string_view name = "autocorrelation";
  static constexpr std::array<detail::built_name, sizeof...(Lags)> built{
      detail::name_with("autocorrelation_at", std::uint64_t{Lags})...};
  static constexpr auto names = detail::views_of(built);
  static std::array<double, sizeof...(Lags)> of(const auto& w) {
    const sample_moments& m = w[window_moments{}];
    const auto mean = static_cast<float>(m.mean);
    return {detail::ratio(lagged_product(w.samples(), mean, Lags), m.second)...};
  }
};

/// Shannon's entropy of a histogram with Bins equal bins from the least value to the greatest, over ln Bins: 0 where all values
/// are in one bin, 1 where each bin has as many.
template <std::size_t Bins = 16>
  requires(Bins >= 2 && Bins <= 4096)
struct value_entropy : detail::of_moments {
  static constexpr auto built = detail::name_with("value_entropy", std::uint64_t{Bins});
  static constexpr std::string_view name = built.view();
  static double of(const auto& w) {
    const sample_moments& m = w[window_moments{}];
    const float width = m.greatest - m.least;
    if (!(width > 0) || width - width != 0) return 0;
    std::array<std::uint32_t, Bins> counts{};
    const float scale = static_cast<float>(Bins) / width;
    for (const float x : w.samples()) {
      const auto bin = static_cast<std::size_t>((x - m.least) * scale);
      ++counts[bin < Bins ? bin : Bins - 1];
    }
    double entropy = 0;
    for (const std::uint32_t c : counts)
      if (const double p = static_cast<double>(c) / static_cast<double>(m.n); c != 0) entropy -= p * std::log(p);
    return entropy / std::log(static_cast<double>(Bins));
  }
};

/// The value below which Percent of the samples lie, between two samples by a straight line.
template <detail::decimal Percent>
struct value_at : detail::percentage_of<Percent> {
  static constexpr auto built = detail::name_with("value_at", Percent);
  static constexpr std::string_view name = built.view();
  using needs = sharing<window_sorted>;
  static double of(const auto& w) { return w[window_sorted{}].quantile(Percent.value() / 100); }
};

}  // namespace levada::inline v0
