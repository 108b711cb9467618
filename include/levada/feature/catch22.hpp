// SPDX-License-Identifier: BSL-1.0
// catch22: 22 numbers that tell series of many kinds apart, with little to say twice. Written from the definitions; what several
// of them need (standardised samples, spectrum, autocorrelation) is computed once.
#pragma once

#include <levada/core/config.hpp>
#include <levada/feature/detail/catch22_fluctuation.hpp>
#include <levada/feature/detail/catch22_outliers.hpp>
#include <levada/feature/detail/catch22_periods.hpp>
#include <levada/feature/detail/catch22_series.hpp>
#include <levada/feature/detail/catch22_symbols.hpp>
#include <levada/feature/detail/window_parts.hpp>
#include <levada/simd/histogram.hpp>
#include <levada/simd/moments.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace levada::inline v0 {

namespace detail::catch22 {
/// What needs a sample and a few before it, in one pass.
struct local_sums {
  double trev = 0, pnn40 = 0, longest_above = 0, longest_fall = 0, forecast_error = 0;

  explicit local_sums(std::span<const float> x) {
    const std::size_t n = x.size();
    double cubes = 0, sum = 0, squares = 0;
    std::uint32_t large = 0, above = 0, falling = 0, most_above = 0, most_falling = 0;
    for (const float v : x) {
      above = v > 0 ? above + 1 : 0;
      most_above = above > most_above ? above : most_above;
    }
    for (std::size_t i = 1; i < n; ++i) {
      const double step = static_cast<double>(x[i]) - static_cast<double>(x[i - 1]);
      cubes += step * step * step;
      large += std::fabs(step) > 0.04;
      falling = step <= 0 ? falling + 1 : 0;
      most_falling = falling > most_falling ? falling : most_falling;
    }
    for (std::size_t i = 3; i < n; ++i) {
      const double error = static_cast<double>(x[i]) -
                           (static_cast<double>(x[i - 1]) + static_cast<double>(x[i - 2]) + static_cast<double>(x[i - 3])) / 3;
      sum += error;
      squares += error * error;
    }
    const double steps = static_cast<double>(n - 1), errors = static_cast<double>(n - 3);
    trev = cubes / steps;
    pnn40 = large / steps;
    longest_above = most_above;
    longest_fall = most_falling;
    forecast_error = std::sqrt((squares - sum * sum / errors) / (errors - 1));
  }
};
}  // namespace detail::catch22

/// The names of the paper, in its order.
inline constexpr std::array<std::string_view, 22> catch22_names = {
    "DN_HistogramMode_5",
    "DN_HistogramMode_10",
    "CO_f1ecac",
    "CO_FirstMin_ac",
    "CO_HistogramAMI_even_2_5",
    "CO_trev_1_num",
    "MD_hrv_classic_pnn40",
    "SB_BinaryStats_mean_longstretch1",
    "SB_TransitionMatrix_3ac_sumdiagcov",
    "PD_PeriodicityWang_th0_01",
    "CO_Embed2_Dist_tau_d_expfit_meandiff",
    "IN_AutoMutualInfoStats_40_gaussian_fmmi",
    "FC_LocalSimple_mean1_tauresrat",
    "DN_OutlierInclude_p_001_mdrmd",
    "DN_OutlierInclude_n_001_mdrmd",
    "SP_Summaries_welch_rect_area_5_1",
    "SB_BinaryStats_diff_longstretch0",
    "SB_MotifThree_quantile_hh",
    "SC_FluctAnal_2_rsrangefit_50_1_logi_prop_r1",
    "SC_FluctAnal_2_dfa_50_1_2_logi_prop_r1",
    "SP_Summaries_welch_rect_centroid",
    "FC_LocalSimple_mean3_stderr",
};

/// Takes  from 32 to Capacity samples, taken evenly; they are standardised, so level and scale do not matter.
/// Emits  the 22 features in the order of catch22_names; docs/features.md says what each is. A sample that is not finite makes
///        all of them NaN, which models take for a missing value, and so do fewer than 32. Samples that are all the same have
///        no shape: all are 0. With spreads outside of 1e-18 ... 1e18 use another unit: sums of squares are single precision.
/// Holds  some 80 bytes of the stack for each of Capacity, for the time of the call.
/// Costs  with AVX2 80 to 95 us for 1024 samples: six transforms of 2048, and about a hundred passes.
/// Source: C. H. Lubba et al., catch22: CAnonical Time-series CHaracteristics, Data Mining and Knowledge Discovery 33
///        (2019), and the definitions of hctsa that it cites: B. Fulcher, N. Jones, Cell Systems 5 (2017).
template <std::size_t Capacity = 2048>
  requires(Capacity >= 32 && Capacity <= 8192)
void catch22(std::span<const float> samples, std::span<float, 22> features) {
  namespace of = detail::catch22;
  const std::size_t n = samples.size();
  LEVADA_CHECK(n <= Capacity, n);
  const sample_moments given = moments_of(samples);
  alignas(64) float memory[of::work::size(Capacity)];
  const of::work w(n, memory);
  if (n < 32 || !of::standardise(samples, given, w.samples)) {
    const bool is_flat = n >= 32 && std::isfinite(given.mean) && std::isfinite(given.second);
    for (float& f : features) f = is_flat ? 0 : std::numeric_limits<float>::quiet_NaN();
    return;
  }
  const std::span<const float> x = w.samples;
  const double per_deviation = 1 / std::sqrt(given.second / static_cast<double>(n - 1));
  const auto standard = [&](float v) { return static_cast<float>((static_cast<double>(v) - given.mean) * per_deviation); };
  const float least = standard(given.least), greatest = standard(given.greatest);

  std::uint32_t tenths[10], fifths[5];
  count_in_bins(x, least, greatest, tenths);
  for (std::size_t i = 0; i < 5; ++i) fifths[i] = tenths[2 * i] + tenths[2 * i + 1];

  of::power_of(x, w);
  const of::periodogram_summary periodogram(w.re, n);
  of::products_of_power(w);
  const double information_lag = of::information_minimum(x, w.power);
  for (std::size_t lag = 0; lag < n; ++lag) w.correlation[lag] = w.power[lag] / w.power[0];
  const std::size_t tau = of::first_zero(w.correlation);

  // The mean of the steps is what lies between the ends.
  const float drift = (x[n - 1] - x[0]) / static_cast<float>(n - 1);
  for (std::size_t i = 0; i + 1 < n; ++i) w.residual[i] = x[i + 1] - x[i] - drift;
  of::power_of(w.residual.first(n - 1), w);
  of::products_of_power(w);
  const double whitening = of::zero_crossing(w.power.first(n - 1)) / of::zero_crossing(w.correlation);

  of::without_trend(x, w.residual);
  of::power_of(w.residual, w);
  of::products_of_power(w);
  const double period = of::first_period(w.power.first(n));

  for (std::size_t i = 0; i < n; ++i) w.others[i] = x[i];
  const auto words = of::words_of(x, of::terciles(w.others));
  const std::size_t most = n < 100 ? 1 : n / 50, thinned = of::thin_out(x, tau < most ? tau : most, w.power, w.re, w.residual);
  for (std::size_t i = 0; i < thinned; ++i) w.others[i] = w.residual[i];
  const auto thinned_words = of::words_of(w.residual.first(thinned), of::terciles(w.others.first(thinned)));
  const of::local_sums local(x);

  const double all[22] = {
      of::mode_of<5>(fifths, least, greatest),
      of::mode_of<10>(tenths, least, greatest),
      of::decay_lag(w.correlation),
      of::first_minimum(w.correlation),
      of::mutual_information(x, least, greatest),
      local.trev,
      local.pnn40,
      local.longest_above,
      of::transition_spread(thinned_words, thinned),
      period,
      of::embedding_fit<Capacity>(x, tau, w.others),
      information_lag,
      whitening,
      of::outlier_timing<Capacity>(x, 1),
      of::outlier_timing<Capacity>(x, -1),
      periodogram.lowest_fifth,
      local.longest_fall,
      of::motif_entropy(words, n),
      of::fluctuation_bend<of::fluctuation_kind::range, Capacity>(x, 1),
      of::fluctuation_bend<of::fluctuation_kind::deviation, Capacity>(x, 2),
      periodogram.centroid,
      local.forecast_error,
  };
  for (std::size_t i = 0; i < features.size(); ++i) features[i] = static_cast<float>(all[i]);
}

/// The same as a feature of features<...> and feature_extractor: 22 values, named as in the paper.
struct catch22_features {
  static constexpr const auto& names = catch22_names;
  using needs = sharing<>;
  template <class W>
    requires(W::capacity <= 8192)
  static std::array<float, 22> of(const W& w) {
    std::array<float, 22> all{};
    catch22<(W::capacity < 32 ? 32 : W::capacity)>(w.samples(), all);
    return all;
  }
};

}  // namespace levada::inline v0
