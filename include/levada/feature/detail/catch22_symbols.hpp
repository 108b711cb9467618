// SPDX-License-Identifier: BSL-1.0
// catch22_symbols: the features that turn samples into a few letters and count words.
#pragma once

#include <levada/feature/detail/catch22_series.hpp>
#include <levada/simd/histogram.hpp>
#include <levada/simd/selection.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0::detail::catch22 {

/// Where the lower and the middle third of some values end. It moves them.
struct terciles {
  float low, high;
  explicit terciles(std::span<float> values) : low(quantile_of(values, 1.0 / 3)), high(quantile_of(values, 2.0 / 3)) {}
  [[nodiscard]] std::size_t letter(float x) const { return std::size_t{x > low} + std::size_t{x > high}; }
};

/// How often a letter follows another. Rows in turn, so that an increment does not wait for the one before it.
template <std::size_t Letters>
struct word_counts {
  std::uint32_t counts[4][Letters * Letters]{};

  void add(std::size_t i, std::size_t letter, std::size_t next) { ++counts[i % 4][letter * Letters + next]; }
  [[nodiscard]] double operator()(std::size_t letter, std::size_t next) const {
    const std::size_t at = letter * Letters + next;
    return static_cast<double>(counts[0][at] + counts[1][at] + counts[2][at] + counts[3][at]);
  }
};
inline word_counts<3> words_of(std::span<const float> values, const terciles& t) {
  word_counts<3> words;
  std::size_t before = t.letter(values[0]);
  for (std::size_t i = 1; i < values.size(); ++i) {
    const std::size_t letter = t.letter(values[i]);
    words.add(i, before, letter);
    before = letter;
  }
  return words;
}
inline double entropy_of_share(double p) { return p > 0 ? -p * std::log(p) : 0; }

/// SB_MotifThree_quantile_hh: the entropy, in nats, of words of two letters, of which there are three, each as frequent.
inline double motif_entropy(const word_counts<3>& words, std::size_t n) {
  double entropy = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < 3; ++k) entropy += entropy_of_share(words(i, k) / static_cast<double>(n - 1));
  return entropy;
}
/// SB_TransitionMatrix_3ac_sumdiagcov: the trace of the covariance of the columns of the matrix of shares of transitions.
inline double transition_spread(const word_counts<3>& words, std::size_t n) {
  double trace = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double p = words(i, k) / static_cast<double>(n - 1);
      sum += p;
      squares += p * p;
    }
    trace += (squares - sum * sum / 3) / 2;
  }
  return trace;
}

/// CO_HistogramAMI_even_2_5: the information, in nats, that a sample has of the second one after it, by five even bins each,
/// which reach 0.1 beyond the extremes.
inline double mutual_information(std::span<const float> x, float least, float greatest) {
  constexpr std::size_t bins = 5, lag = 2;
  const float from = least - 0.1f, per_unit = static_cast<float>(bins) / (greatest - least + 0.2f);
  const auto bin = [&](float v) { return static_cast<std::size_t>(static_cast<std::int32_t>((v - from) * per_unit)); };
  word_counts<bins> pairs;
  std::size_t before[lag] = {bin(x[0]), bin(x[1])};
  for (std::size_t i = lag; i < x.size(); ++i) {
    const std::size_t now = bin(x[i]);
    pairs.add(i, before[i % lag], now);
    before[i % lag] = now;
  }
  double information = 0, first[bins] = {}, second[bins] = {};
  for (std::size_t i = 0; i < bins; ++i)
    for (std::size_t k = 0; k < bins; ++k) {
      const double p = pairs(i, k) / static_cast<double>(x.size() - lag);
      information -= entropy_of_share(p);
      first[i] += p;
      second[k] += p;
    }
  for (std::size_t i = 0; i < bins; ++i) information += entropy_of_share(first[i]) + entropy_of_share(second[i]);
  return information;
}

/// DN_HistogramMode: the centre of the fullest of `Bins` even bins between the extremes; of several the mean centre.
template <std::size_t Bins>
double mode_of(const std::uint32_t* counts, float least, float greatest) {
  std::uint32_t most = 0;
  double sum = 0, ties = 0;
  for (std::size_t i = 0; i < Bins; ++i) {
    if (counts[i] > most) {
      most = counts[i];
      sum = ties = 0;
    }
    if (counts[i] < most) continue;
    sum += static_cast<double>(i) + 0.5;
    ties += 1;
  }
  return static_cast<double>(least) + sum / ties * (static_cast<double>(greatest) - static_cast<double>(least)) / double{Bins};
}

}  // namespace levada::inline v0::detail::catch22
