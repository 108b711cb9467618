// SPDX-License-Identifier: BSL-1.0
// catch22_symbols: the features that turn samples into a few letters and count words.
#pragma once

#include <levada/feature/detail/catch22_series.hpp>
#include <levada/simd/fir.hpp>
#include <levada/simd/histogram.hpp>
#include <levada/simd/selection.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0::detail::catch22 {

/// Where the lower and the middle third of some values end. It moves them.
struct terciles {
  float high, low;
  explicit terciles(std::span<float> values)
      : high(quantile_of(values, 2.0 / 3)), low(lower_quantile(values, 1.0 / 3, 2.0 / 3)) {}
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

/// The bias of an entropy of so many words that occur (G. Miller, 1955), less `given` that are settled by their letters.
inline double missing_entropy(std::size_t words, std::size_t given, std::size_t n) {
  return (static_cast<double>(words) - static_cast<double>(given)) / (2 * static_cast<double>(n));
}

/// SB_MotifThree_quantile_hh: the entropy, in nats, of words of two letters, of which there are three, each as frequent, and what
/// a finite sample misses of it: as letters are as frequent as they are by construction, five of the words are not free.
inline double motif_entropy(const word_counts<3>& words, std::size_t n) {
  double entropy = 0;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < 3; ++k) {
      entropy += entropy_of_share(words(i, k) / static_cast<double>(n - 1));
      seen += words(i, k) > 0;
    }
  return entropy + (seen > 5 ? missing_entropy(seen, 5, n - 1) : 0);
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

/// CO_HistogramAMI_even_2_5: the information, in nats, that a sample has of the second one after it, by five even bins between
/// the extremes, each entropy with what a finite sample misses of it.
inline double mutual_information(std::span<const float> x, float least, float greatest) {
  constexpr std::size_t bins = 5, lag = 2;
  const float per_unit = static_cast<float>(bins) / (greatest - least);
  const auto bin = [&](float v) {
    const auto b = static_cast<std::size_t>(static_cast<std::int32_t>((v - least) * per_unit));
    return b < bins ? b : bins - 1;
  };
  word_counts<bins> pairs;
  std::size_t before[lag] = {bin(x[0]), bin(x[1])};
  for (std::size_t i = lag; i < x.size(); ++i) {
    const std::size_t now = bin(x[i]);
    pairs.add(i, before[i % lag], now);
    before[i % lag] = now;
  }
  const std::size_t n = x.size() - lag;
  double information = 0, first[bins] = {}, second[bins] = {};
  std::size_t seen = 0, letters = 0;
  for (std::size_t i = 0; i < bins; ++i)
    for (std::size_t k = 0; k < bins; ++k) {
      const double p = pairs(i, k) / static_cast<double>(n);
      information -= entropy_of_share(p);
      first[i] += p;
      second[k] += p;
      seen += p > 0;
    }
  for (std::size_t i = 0; i < bins; ++i) {
    information += entropy_of_share(first[i]) + entropy_of_share(second[i]);
    letters += std::size_t{first[i] > 0} + std::size_t{second[i] > 0};
  }
  return information - missing_entropy(seen + 1, letters, n);
}

/// Kaiser's window with a beta of 5, not scaled: the modified Bessel function I0(5 sqrt(s)), by its series. s is 1 in the middle
/// and 0 at the ends.
inline double kaiser_window(double s) {
  constexpr std::size_t terms = 16;
  static constexpr auto factors = [] {
    struct {
      double of[terms];
    } f{{1}};
    for (std::size_t k = 1; k < terms; ++k) f.of[k] = f.of[k - 1] * 6.25 / static_cast<double>(k * k);
    return f;
  }();
  double sum = 0;
  for (std::size_t k = terms; k-- > 0;) sum = sum * s + factors.of[k];
  return sum;
}

/// Every `step`th sample of what slow changes leave of x: a low pass by a sinc in Kaiser's window, which reaches ten outputs to
/// both sides, with nothing before and behind x. It is not scaled: who takes letters by order does not see it. Returns how many
/// there are.
/// Takes  room for x and 20 step more samples, and for 20 step + 1 weights.
inline std::size_t thin_out(std::span<const float> x, std::size_t step, std::span<float> room, std::span<float> weights,
                            std::span<float> out) {
  constexpr std::size_t reach = 10;
  const std::size_t past = step == 1 ? 0 : reach * step, taps = 2 * past + 1;
  for (std::size_t k = 0; k < taps; ++k) weights[k] = 0;  // a sinc has its zeros at the multiples of step
  weights[past] = static_cast<float>(kaiser_window(1));
  for (std::size_t i = 1; i < step; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(step);
    double sine = std::sin(3.14159265358979323846 * share) / 3.14159265358979323846;
    for (std::size_t k = 0; k < reach; ++k, sine = -sine) {
      const double u = static_cast<double>(k) + share;
      const auto weight = static_cast<float>(sine / u * kaiser_window(1 - u * u / (reach * reach)));
      weights[past - k * step - i] = weights[past + k * step + i] = weight;
    }
  }
  for (std::size_t i = 0; i < x.size() + 2 * past; ++i) room[i] = 0;
  for (std::size_t i = 0; i < x.size(); ++i) room[past + i] = x[i];
  const std::size_t count = (x.size() - 1) / step + 1;
  for (std::size_t i = 0; i < count; ++i) out[i] = kernels<fir_kernels>().dot(room.data() + i * step, weights.data(), taps);
  return count;
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
