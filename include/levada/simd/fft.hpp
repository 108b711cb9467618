// SPDX-License-Identifier: BSL-1.0
// fft: the discrete Fourier transform of real and of complex samples, in single precision, of any power of two: no plan, no
// memory of its own. Real and imaginary parts lie in arrays of their own, which is how everything that follows reads them.
#pragma once

#include <levada/simd/kernels.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// A complex sequence to be read. That of n real samples has n/2 + 1 values: bin k is the frequency k * rate / n.
struct spectrum_view {
  std::span<const float> re, im;
};
/// A complex sequence to be written.
struct split_spectrum {
  std::span<float> re, im;
  operator spectrum_view() const { return {re, im}; }  // NOLINT: implicit, as spans are
};

struct fft_kernels {
  void (*real)(const float* samples, std::size_t n, float* re, float* im) noexcept;
  void (*real_inverse)(const float* re, const float* im, std::size_t n, float* samples) noexcept;
  void (*complex)(const float* re_in, const float* im_in, std::size_t n, float* re, float* im) noexcept;
  static const fft_kernels baseline;
};
LEVADA_KERNEL_SET(fft_kernels);

namespace detail {
inline constexpr double whole_turn = 6.283185307179586476925;

/// exp(-i * angle * k) for k = 0, 1, ...: a step costs one product, by differences to 1, so that a million steps keep 10 digits.
class rotation {
 public:
  explicit rotation(double angle) {
    const double s = std::sin(angle / 2);
    less_ = 2 * s * s;
    sine_ = std::sin(angle);
  }
  void step() {
    const double c = re_ - (less_ * re_ - sine_ * im_);
    im_ -= less_ * im_ + sine_ * re_;
    re_ = c;
  }
  [[nodiscard]] double re() const { return re_; }
  [[nodiscard]] double im() const { return im_; }

 private:
  double less_, sine_, re_ = 1, im_ = 0;
};

/// Radix 2, decimation in time, in place (Cooley and Tukey 1965). Element k of each part lies at k * stride.
inline void plain_transform(float* re, float* im, std::size_t stride, std::size_t n) noexcept {
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    std::swap(re[i * stride], re[j * stride]);
    std::swap(im[i * stride], im[j * stride]);
  }
  // As many factors at a time as a cache line has values, so that a long array is not read for each of them.
  constexpr std::size_t some = 16;
  double turn_re[some], turn_im[some];
  for (std::size_t half = 1; half < n; half *= 2) {
    rotation w(whole_turn / static_cast<double>(2 * half));
    for (std::size_t first = 0; first < half; first += some) {
      const std::size_t count = half < some ? half : some;
      for (std::size_t k = 0; k < count; ++k, w.step()) {
        turn_re[k] = w.re();
        turn_im[k] = w.im();
      }
      for (std::size_t i = first; i < n; i += 2 * half)
        for (std::size_t k = 0; k < count; ++k) {
          const std::size_t p = (i + k) * stride, q = (i + k + half) * stride;
          const double a = re[p], b = im[p], c = re[q], d = im[q];
          const double r = c * turn_re[k] - d * turn_im[k], s = c * turn_im[k] + d * turn_re[k];
          re[p] = static_cast<float>(a + r);
          im[p] = static_cast<float>(b + s);
          re[q] = static_cast<float>(a - r);
          im[q] = static_cast<float>(b - s);
        }
    }
  }
}

/// Reads n real samples as n/2 complex ones Z; with E = (Z[k] + conj Z[n/2-k]) / 2 and D = (Z[k] - conj Z[n/2-k]) / 2 their
/// transform is E - i exp(-2 pi i k / n) D. The way back is the same with the conjugate factor, so one function does both.
template <bool Inverse>
inline void plain_fold(const float* re, const float* im, std::size_t m, float scale, float* to_re, float* to_im,
                       std::size_t stride) {
  rotation w(whole_turn / static_cast<double>(2 * m));
  const double half = 0.5 * static_cast<double>(scale);
  for (std::size_t k = 0; k <= m / 2; ++k, w.step()) {
    const double a = re[k], b = im[k], c = re[m - k], d = im[m - k], e = half * (a + c), f = half * (b - d), g = half * (a - c),
                 h = half * (b + d), s = w.im(), t = Inverse ? w.re() : -w.re(), r = s * g - t * h, i = s * h + t * g;
    if (!Inverse || k > 0) {
      to_re[(m - k) * stride] = static_cast<float>(e - r);
      to_im[(m - k) * stride] = static_cast<float>(i - f);
    }
    to_re[k * stride] = static_cast<float>(e + r);
    to_im[k * stride] = static_cast<float>(f + i);
  }
}

inline void plain_fft(const float* samples, std::size_t n, float* re, float* im) noexcept {
  const std::size_t m = n / 2;
  for (std::size_t i = 0; i < m; ++i) {
    re[i] = samples[2 * i];
    im[i] = samples[2 * i + 1];
  }
  plain_transform(re, im, 1, m);
  re[m] = re[0];
  im[m] = im[0];
  plain_fold<false>(re, im, m, 1, re, im, 1);
}
/// The inverse of a complex transform is the transform with the parts exchanged, there and back.
inline void plain_inverse_fft(const float* re, const float* im, std::size_t n, float* samples) noexcept {
  const std::size_t m = n / 2;
  plain_fold<true>(re, im, m, 1.0f / static_cast<float>(m), samples, samples + 1, 2);
  plain_transform(samples + 1, samples, 2, m);
}
inline void plain_complex_fft(const float* re_in, const float* im_in, std::size_t n, float* re, float* im) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const float r = re_in[i], j = im_in[i];
    re[i] = r;
    im[i] = j;
  }
  plain_transform(re, im, 1, n);
}
constexpr bool is_power_of_two(std::size_t n) { return n != 0 && (n & (n - 1)) == 0; }
}  // namespace detail

inline constexpr fft_kernels fft_kernels::baseline{detail::plain_fft, detail::plain_inverse_fft, detail::plain_complex_fft};

/// Takes  n samples, n a power of two of at least 2, that do not overlap `out`.
/// Emits  X[k] = sum of x[i] exp(-2 pi i k i / n), unscaled, for k = 0 ... n/2: out.re and out.im have n/2 + 1 values.
///        A NaN or infinity among the samples makes every bin NaN or infinite.
/// Holds  up to 64 KiB of the stack.
/// Costs  with AVX2 some 0.4 ns a sample from 64 to 4096 samples, and twice that up to 16384; other sizes, and programs without
///        kernels, run a plain loop that takes twenty times as long.
inline void fft(std::span<const float> samples, split_spectrum out) {
  const std::size_t n = samples.size();
  LEVADA_CHECK(n >= 2 && detail::is_power_of_two(n), n);
  LEVADA_CHECK(out.re.size() == n / 2 + 1 && out.im.size() == n / 2 + 1, out.re.size());
  kernels<fft_kernels>().real(samples.data(), n, out.re.data(), out.im.data());
}

/// Takes  the n/2 + 1 bins of n real samples. Imaginary parts of the first and last one, which real samples do not have, must
///        be 0.
/// Emits  the samples: it divides by n, so what fft has made comes back.
inline void inverse_fft(spectrum_view spectrum, std::span<float> samples) {
  const std::size_t n = samples.size();
  LEVADA_CHECK(n >= 2 && detail::is_power_of_two(n), n);
  LEVADA_CHECK(spectrum.re.size() == n / 2 + 1 && spectrum.im.size() == n / 2 + 1, spectrum.re.size());
  kernels<fft_kernels>().real_inverse(spectrum.re.data(), spectrum.im.data(), n, samples.data());
}

/// Takes  n complex samples; `out` may be the same arrays, or others.
/// Emits  their n bins, unscaled. With re and im exchanged, of input and output, it is the inverse times n.
/// Costs  with AVX2 some 0.8 ns a sample from 32 to 1024 samples, and 1.2 ns up to 8192; other sizes as fft says.
inline void complex_fft(spectrum_view in, split_spectrum out) {
  const std::size_t n = in.re.size();
  LEVADA_CHECK(detail::is_power_of_two(n), n);
  LEVADA_CHECK(in.im.size() == n && out.re.size() == n && out.im.size() == n, n);
  kernels<fft_kernels>().complex(in.re.data(), in.im.data(), n, out.re.data(), out.im.data());
}

}  // namespace levada::inline v0
