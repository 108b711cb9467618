// SPDX-License-Identifier: BSL-1.0
// envelope: features of how the strength of a band of frequencies swells and fades. Something that is struck rings; the band is
// where it rings, and the spectrum of its envelope shows how often it is struck: at the orders of a bearing, if that is damaged.
#pragma once

#include <levada/core/config.hpp>
#include <levada/feature/detail/decimal.hpp>
#include <levada/feature/detail/window_parts.hpp>
#include <levada/feature/spectral.hpp>
#include <levada/simd/envelope.hpp>
#include <levada/simd/moments.hpp>
#include <levada/simd/spectrum.hpp>
#include <levada/simd/spectrum_sums.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

namespace levada::inline v0 {

/// A rolling bearing with a fixed outer race: how many balls or rollers it has, their diameter, that of the circle of their
/// centres (in the same unit), and the contact angle in degrees. bpfo() and the others are how often a damage is met in a turn of
/// the shaft, if nothing slips; in fact it is up to 2 % less or more.
/// Source: Randall and Antoni, Rolling element bearing diagnostics: a tutorial, Mechanical Systems and Signal Processing 25
/// (2011).
struct bearing_geometry {
  int balls;
  detail::decimal ball_diameter, pitch_diameter;
  detail::decimal contact_angle = 0;

  /// Of the outer race: n/2 (1 - d/D cos a).
  [[nodiscard]] constexpr double bpfo() const { return 0.5 * balls * (1 - across()); }
  /// Of the inner race: n/2 (1 + d/D cos a).
  [[nodiscard]] constexpr double bpfi() const { return 0.5 * balls * (1 + across()); }
  /// How often a ball turns around itself: D/(2 d) (1 - (d/D cos a)^2). A damage of it meets both races, twice as often.
  [[nodiscard]] constexpr double bsf() const {
    return pitch_diameter.value() / (2 * ball_diameter.value()) * (1 - across() * across());
  }
  /// How often the cage turns: 1/2 (1 - d/D cos a).
  [[nodiscard]] constexpr double ftf() const { return 0.5 * (1 - across()); }
  friend constexpr bool operator==(const bearing_geometry&, const bearing_geometry&) = default;

 private:
  [[nodiscard]] constexpr double across() const {
    const double a = contact_angle.value() * detail::whole_turn / 360;
    double cosine = 1, term = 1;
    for (int k = 1; k < 12; ++k) cosine += term *= -a * a / ((2 * k - 1) * (2 * k));
    return ball_diameter.value() / pitch_diameter.value() * cosine;
  }
};

/// From Low to High Hz; one that holds no bin of the spectrum is silent. Without numbers: from an eighth to three eighths of the
/// sample rate, the middle half of all.
template <detail::decimal Low = 0, detail::decimal High = 0>
struct ringing_band {
  static constexpr double low(double rate) { return High.millionths == 0 ? rate / 8 : Low.value(); }
  static constexpr double high(double rate) { return High.millionths == 0 ? 3 * rate / 8 : High.value(); }
};

/// The part of a window that is the power spectrum of the envelope of a band: how much that swells and fades at which frequency.
template <class Band = ringing_band<>>
struct window_envelope {
  using needs = sharing<window_transform>;
  static constexpr bool of_rate = true;

  template <class W>
  struct layout {
    static constexpr std::size_t length = power_of_window<W::capacity>::length;
    static constexpr bin_range band = bins_between(Band::low(W::rate), Band::high(W::rate), W::rate, length);
    static constexpr std::size_t points = std::bit_ceil(2 * band.count) < 16 ? 16 : std::bit_ceil(2 * band.count);
    static constexpr std::size_t samples = points < length ? points : length;
  };
  /// How many points of the envelope a second has.
  template <class W>
  static constexpr double rate = W::rate * static_cast<double>(layout<W>::samples) / static_cast<double>(layout<W>::length);

  template <class W>
  static power_of_window<layout<W>::samples> of(const W& w) {
    using own = layout<W>;
    constexpr std::size_t m = own::samples;
    alignas(64) float envelope[m], scratch[m];
    band_envelope(w[window_transform{}].bins(), own::band, envelope, scratch);
    const std::span<const float> filled{envelope, w.samples().size() * m / own::length};  // behind it are the zeros
    const auto points = static_cast<float>(filled.size());
    return {filled, points > 0 ? total_power(filled) / points : 0};
  }
};

/// The effective value with which the envelope of the band swells and fades Multiple times a turn of the shaft, in the unit of
/// the samples: envelope_line<bearing.bpfo()>. A window should hold several turns: lines nearer than four bins of rate / n are
/// one.
template <detail::decimal Multiple, class Band = ringing_band<>>
struct envelope_line : detail::multiple_of_speed<Multiple> {
  using needs = sharing<window_envelope<Band>>;
  static constexpr bool of_speed = true;
  static constexpr auto built = detail::name_with("envelope_line", Multiple);
  static constexpr std::string_view name = built.view();
  template <class W>
  static double of(const W& w) {
    const double frequency = Multiple.value() * static_cast<double>(w.rpm()) / 60;
    return std::sqrt(w[window_envelope<Band>{}].near(frequency, window_envelope<Band>::template rate<W>));
  }
};

/// The same at the four orders of a bearing.
template <bearing_geometry Bearing, class Band = ringing_band<>>
struct bearing_lines {
  static constexpr std::string_view name = "bearing_lines";
  static constexpr std::array<std::string_view, 4> names{"bpfo", "bpfi", "bsf", "ftf"};
  using needs = sharing<window_envelope<Band>>;
  static constexpr bool of_speed = true;
  static std::array<double, 4> of(const auto& w) {
    return {envelope_line<Bearing.bpfo(), Band>::of(w), envelope_line<Bearing.bpfi(), Band>::of(w),
            envelope_line<Bearing.bsf(), Band>::of(w), envelope_line<Bearing.ftf(), Band>::of(w)};
  }
};

}  // namespace levada::inline v0
