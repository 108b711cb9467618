// SPDX-License-Identifier: BSL-1.0
// change_point: the probability that the level or the spread of a series has changed a short while ago.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// Adams, MacKay, Bayesian online changepoint detection, arXiv 0710.3742, 2007: for each length r of the current run its
/// probability, given all values; within a run values are normal with unknown mean and variance (a normal-gamma prior, so that
/// what is foretold is Student's t), and a run ends with probability 1 / mean_run at each value. The prior's mean and variance
/// are those of the first `learning` values; its mean counts as a twentieth of a value, its variance as two. Gives as score the
/// probability that the run is not longer than `recent` values: an alarm where a change is likelier than not.
/// Holds  Runs lengths of 24 bytes: 6 KB. The longest run stands for all longer ones, and forgets what is older than Runs
///        values.
/// Fails  one wild value is a change and back: two alarms. A season is many changes: give it the residual of a forecast.
/// Costs  a logarithm, an exponential and a root for each of Runs lengths.
template <std::size_t Runs = 256>
struct change_point {
  static_assert(Runs >= 16, "change_point: runs of at least 16 values");
  double mean_run = 250;
  std::uint32_t recent = 8;
  std::uint32_t learning = 32;
  // the state
  struct run {
    double probability = 0, mean = 0, spread = 0;  ///< spread: beta of the gamma distribution
  };
  std::array<run, Runs> runs{};
  double prior_mean = 0, prior_spread = 0;
  std::uint32_t values = 0;

  float score(timestamp, double x) {
    if (!detail::is_usable(x)) return 0;
    if (values < learning) {
      teach(x);
      return 0;
    }
    learn(x);
    if (values < learning + 2 * recent) {
      ++values;
      return 0;
    }
    double sum = 0;
    for (std::uint32_t r = 0; r <= recent && r < Runs; ++r) sum += runs[r].probability;
    return static_cast<float>(sum < 1 ? sum : 1);
  }

  static constexpr double prior_values = 0.05, prior_shape = 1;

 private:
  void teach(double x) {
    const double before = x - prior_mean;
    prior_mean += before / ++values;
    prior_spread += before * (x - prior_mean);
    if (values < learning) return;
    prior_spread *= prior_shape / learning;
    const double least = 1e-12 * prior_mean * prior_mean + 1e-200;
    if (prior_spread < least) prior_spread = least;
    runs[0] = {1, prior_mean, prior_spread};
  }
  void learn(double x) {
    double gamma = 0.8862269254527580;  // Gamma(shape + 1/2) / Gamma(shape) for shape 1; G(shape + 1/2) = shape / G(shape)
    double ended = 0, total = 0;
    const double hazard = 1 / mean_run;
    run longer = {0, prior_mean, prior_spread};  // what becomes of the run that is one shorter
    for (std::size_t r = 0; r < Runs; ++r) {
      const double n = prior_values + static_cast<double>(r), shape = prior_shape + static_cast<double>(r) / 2;
      run now = runs[r];
      runs[r] = longer;
      if (now.probability > 0) {
        const double width = 2 * now.spread * (n + 1) / n, away = x - now.mean;
        const double density =
            gamma / std::sqrt(3.14159265358979 * width) * std::exp(-(shape + 0.5) * std::log1p(away * away / width));
        const double joint = now.probability * density;
        ended += joint * hazard;
        total += joint;
        longer = {joint * (1 - hazard), now.mean + away / (n + 1), now.spread + n / (2 * (n + 1)) * away * away};
        if (r + 1 == Runs) {  // stays the longest; its mean and spread forget as much as they learn
          longer.spread *= shape / (shape + 0.5);
          const double sum = runs[r].probability + longer.probability;
          runs[r] = longer;
          runs[r].probability = sum;
        }
      } else {
        longer = {};
      }
      gamma = shape / gamma;
    }
    if (!(total > 0)) {  // further away than numbers reach
      runs = {};
      runs[0] = {1, prior_mean, prior_spread};
      return;
    }
    runs[0] = {ended, prior_mean, prior_spread};
    for (run& r : runs) {
      r.probability /= total;
      if (r.probability < 1e-200) r.probability = 0;  // keeps away from denormal numbers
    }
  }
};
static_assert(detector<change_point<>>);

}  // namespace levada::inline v0
