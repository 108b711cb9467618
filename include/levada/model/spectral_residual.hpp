// SPDX-License-Identifier: BSL-1.0
// spectral_residual: how salient the last value is, as a spot in a picture would be: what is left of the spectrum when its smooth
// part is taken away.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0 {

/// Ren et al., Time-series anomaly detection service at Microsoft, KDD 2019, without its network. Of the last values, and five
/// more that go on as the mean slope of the last ones says: spectrum X, its log amplitude L = ln |X| less the mean of L over
/// three neighbours, back with the old phase: the saliency map. The last value's saliency S is compared with the mean M of the
/// 21 before it: (S - M) / M, which the paper calls an anomaly beyond 3.
/// Holds  Window values: a power of two.
/// Fails  Window - 5 values teach. It sees what sticks out: a new level does at its first value.
/// Costs  two Fourier transforms of Window doubles, Window logarithms, roots and exponentials.
template <std::size_t Window = 64>
struct spectral_residual {
  static_assert(Window >= 32 && (Window & (Window - 1)) == 0, "spectral_residual: a window of 32, 64, 128 ... values");
  static constexpr std::size_t foretold = 5, real = Window - foretold;
  double limit = 3;
  // the state
  std::array<double, real> last{};
  std::uint32_t values = 0;

  float score(timestamp, double x) {
    if (!detail::is_usable(x)) return 0;
    for (std::size_t i = 1; i < real; ++i) last[i - 1] = last[i];
    last[real - 1] = x;
    if (values < real) ++values;
    if (values < real) return 0;
    const auto map = saliency(continued());
    double mean = 0;
    for (std::size_t i = real - 22; i < real - 1; ++i) mean += map[i] / 21;
    return mean > 0 ? detail::against((map[real - 1] - mean) / mean, limit) : 0;
  }

  using window = std::array<double, Window>;
  /// The last values, less the first of them, and what would come without the last one, if the mean slope to the one before it
  /// went on: told by the last one, a spike would be followed by five higher ones, and hide behind them.
  [[nodiscard]] window continued() const {
    window all{};
    double slope = 0;
    for (std::size_t i = 0; i < real; ++i) all[i] = last[i] - last[0];
    for (std::size_t i = 1; i <= 5; ++i) slope += (all[real - 2] - all[real - 2 - i]) / static_cast<double>(i) / 5;
    for (std::size_t i = real; i < Window; ++i) all[i] = all[real - 6] + 5 * slope;
    return all;
  }
  static window saliency(const window& all) {
    window re = all, im{}, amplitude, logarithm;
    transform(re, im, -1);
    for (std::size_t i = 0; i < Window; ++i) {
      amplitude[i] = std::sqrt(re[i] * re[i] + im[i] * im[i]);
      logarithm[i] = std::log(amplitude[i] > 1e-200 ? amplitude[i] : 1e-200);
    }
    for (std::size_t i = 0; i < Window; ++i) {
      const double mean = (logarithm[(i + Window - 1) % Window] + logarithm[i] + logarithm[(i + 1) % Window]) / 3;
      const double factor = amplitude[i] > 1e-200 ? std::exp(logarithm[i] - mean) / amplitude[i] : 0;
      re[i] *= factor;
      im[i] *= factor;
    }
    transform(re, im, 1);
    window map;
    for (std::size_t i = 0; i < Window; ++i) map[i] = std::sqrt(re[i] * re[i] + im[i] * im[i]) / Window;
    return map;
  }

 private:
  /// Cooley and Tukey, in place; sign -1 there, 1 back (without the 1 / Window).
  static void transform(window& re, window& im, double sign) {
    for (std::size_t i = 1, j = 0; i < Window; ++i) {
      std::size_t bit = Window / 2;
      for (; (j & bit) != 0; bit /= 2) j ^= bit;
      j ^= bit;
      if (i < j) {
        std::swap(re[i], re[j]);
        std::swap(im[i], im[j]);
      }
    }
    for (std::size_t length = 2; length <= Window; length *= 2) {
      const double step = sign * 6.283185307179586 / static_cast<double>(length), step_re = std::cos(step),
                   step_im = std::sin(step);
      double w_re = 1, w_im = 0;
      for (std::size_t k = 0; k < length / 2; ++k) {
        for (std::size_t a = k; a < Window; a += length) {
          const std::size_t b = a + length / 2;
          const double t_re = re[b] * w_re - im[b] * w_im, t_im = re[b] * w_im + im[b] * w_re;
          re[b] = re[a] - t_re;
          im[b] = im[a] - t_im;
          re[a] += t_re;
          im[a] += t_im;
        }
        const double turned = w_re * step_re - w_im * step_im;
        w_im = w_re * step_im + w_im * step_re;
        w_re = turned;
      }
    }
  }
};
static_assert(detector<spectral_residual<>>);

}  // namespace levada::inline v0
