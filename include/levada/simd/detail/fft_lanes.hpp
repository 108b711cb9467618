// SPDX-License-Identifier: BSL-1.0
// fft_lanes: what a transform in registers is made of: reordering of lanes, roots of unity as constants, and transforms of 2 to
// 16 points that each lane does for itself. For units of kernels.
#pragma once

#include <levada/simd/unit.hpp>

#include <cstddef>
#include <utility>

namespace levada::inline v0::detail {

template <std::size_t N, class F>
LEVADA_INLINE void unrolled(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) LEVADA_INLINE_LAMBDA {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }(std::make_index_sequence<N>{});
}

// ---- lanes: the compilers find the instructions, since each of these is one, or two

/// Lane i is lane From(i) of a and b, one behind the other.
template <auto From, class B>
LEVADA_INLINE B lanes_of(const B& a, const B& b) {
  using registers = typename B::register_type;
  const registers r = a, s = b;
  return [&]<std::size_t... I>(std::index_sequence<I...>) LEVADA_INLINE_LAMBDA {
    return B(registers(__builtin_shufflevector(r, s, static_cast<int>(From(I))...)));
  }(std::make_index_sequence<B::size>{});
}

/// Of registers with V lanes. Those of the second group look at each 16 bytes for themselves, those of the third at 16 bytes as
/// one. Functions, not lambdas: clang 19 cannot have a lambda as a template's argument inside a generic lambda.
template <std::size_t V>
struct from {
  static constexpr std::size_t end(std::size_t i) { return V - 1 - i; }
  static constexpr std::size_t both_low(std::size_t i) { return i / 2 + i % 2 * V; }
  static constexpr std::size_t both_high(std::size_t i) { return both_low(i) + V / 2; }

  static constexpr std::size_t even(std::size_t i) { return i / 4 * 4 + i % 2 * 2 + i / 2 % 2 * V; }
  static constexpr std::size_t odd(std::size_t i) { return even(i) + 1; }
  static constexpr std::size_t low(std::size_t i) { return i / 4 * 4 + i % 4 / 2 + i % 2 * V; }
  static constexpr std::size_t high(std::size_t i) { return low(i) + 2; }
  static constexpr std::size_t low_pairs(std::size_t i) { return i / 4 * 4 + i % 2 + i % 4 / 2 * V; }
  static constexpr std::size_t high_pairs(std::size_t i) { return low_pairs(i) + 2; }

  static constexpr std::size_t even_quads(std::size_t i) { return i / (V / 2) * V + i % (V / 2) / 4 * 8 + i % 4; }
  static constexpr std::size_t odd_quads(std::size_t i) { return even_quads(i) + 4; }
};

template <class B>
LEVADA_INLINE B reversed(const B& a) {
  return lanes_of<from<B::size>::end>(a, a);
}
/// Pairs to two registers. Each 16 bytes are done for themselves, so the pairs lie in the order of pair_in_lane.
template <class B>
LEVADA_INLINE void unzip(const B& a, const B& b, B& even, B& odd) {
  even = lanes_of<from<B::size>::even>(a, b);
  odd = lanes_of<from<B::size>::odd>(a, b);
}
template <std::size_t Lanes>
constexpr std::size_t pair_in_lane(std::size_t i) {
  return i / 4 * 2 + i % 2 + i / 2 % 2 * (Lanes / 2);
}
/// Two registers to pairs, in their order.
template <class B>
LEVADA_INLINE void zip(const B& even, const B& odd, B& a, B& b) {
  a = lanes_of<from<B::size>::both_low>(even, odd);
  b = lanes_of<from<B::size>::both_high>(even, odd);
}

/// Lane i of register k goes to lane k of register i: within 16 bytes first, then those as a whole.
template <class B>
LEVADA_INLINE void transpose(B (&r)[B::size]) {
  constexpr std::size_t V = B::size;
  using f = from<V>;
  B t[V], u[V];
  unrolled<V / 2>([&](auto i) LEVADA_INLINE_LAMBDA {
    t[2 * i] = lanes_of<f::low>(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = lanes_of<f::high>(r[2 * i], r[2 * i + 1]);
  });
  unrolled<V / 2>([&](auto i) LEVADA_INLINE_LAMBDA {  // u[4 g + c]: of each 16 bytes column c, in the rows 4 g ... 4 g + 3
    constexpr std::size_t at = i / 2 * 4 + i % 2;
    u[2 * i] = lanes_of<f::low_pairs>(t[at], t[at + 2]);
    u[2 * i + 1] = lanes_of<f::high_pairs>(t[at], t[at + 2]);
  });
  unrolled<4>([&](auto c) LEVADA_INLINE_LAMBDA {
    if constexpr (V == 4) {
      r[c] = u[c];
    } else if constexpr (V == 8) {
      r[c] = lanes_of<f::even_quads>(u[c], u[4 + c]);
      r[4 + c] = lanes_of<f::odd_quads>(u[c], u[4 + c]);
    } else {
      static_assert(V == 16);
      const B p = lanes_of<f::even_quads>(u[c], u[4 + c]), q = lanes_of<f::odd_quads>(u[c], u[4 + c]);
      const B s = lanes_of<f::even_quads>(u[8 + c], u[12 + c]), v = lanes_of<f::odd_quads>(u[8 + c], u[12 + c]);
      r[c] = lanes_of<f::even_quads>(p, s);
      r[4 + c] = lanes_of<f::even_quads>(q, v);
      r[8 + c] = lanes_of<f::odd_quads>(p, s);
      r[12 + c] = lanes_of<f::odd_quads>(q, v);
    }
  });
}

// ---- roots of unity, when compiling

inline constexpr std::size_t finest_turn = 16'384;
/// exp(-2 pi i k / finest_turn): those of powers of two by their series, the others by one product each.
struct unit_circle {
  double re[finest_turn]{}, im[finest_turn]{};
  constexpr unit_circle() {
    re[0] = 1;
    for (std::size_t half = 1; half < finest_turn; half *= 2) {
      const double angle = 6.283185307179586476925 * static_cast<double>(half) / static_cast<double>(finest_turn);
      double c = 1, s = angle, cosine = 1, sine = angle;
      for (int i = 1; i < 14; ++i) {
        c *= -angle * angle / ((2 * i - 1) * (2 * i));
        s *= -angle * angle / ((2 * i) * (2 * i + 1));
        cosine += c;
        sine += s;
      }
      if (4 * half >= finest_turn) {  // exactly a quarter, or a half
        cosine = 4 * half == finest_turn ? 0 : -1;
        sine = 4 * half == finest_turn ? 1 : 0;
      }
      for (std::size_t k = 0; k < half; ++k) {
        re[half + k] = cosine * re[k] + sine * im[k];
        im[half + k] = cosine * im[k] - sine * re[k];
      }
    }
  }
};
inline constexpr unit_circle circle{};
struct root {
  float re, im;
};
/// exp(-2 pi i k / n) * scale
constexpr root root_of_unity(std::size_t k, std::size_t n, double scale = 1) {
  const std::size_t at = k % n * (finest_turn / n);
  return {static_cast<float>(circle.re[at] * scale), static_cast<float>(circle.im[at] * scale)};
}

// ---- complex numbers, one a lane

template <class B>
struct points {
  B re, im;
  LEVADA_INLINE friend points operator+(const points& a, const points& b) { return {a.re + b.re, a.im + b.im}; }
  LEVADA_INLINE friend points operator-(const points& a, const points& b) { return {a.re - b.re, a.im - b.im}; }
  LEVADA_INLINE friend points operator*(const points& a, const points& b) {
    return {xsimd::fms(a.re, b.re, a.im * b.im), xsimd::fma(a.re, b.im, a.im * b.re)};
  }
};
/// a + i b, and a - i b
template <class B>
LEVADA_INLINE points<B> plus_i(const points<B>& a, const points<B>& b) {
  return {a.re - b.im, a.im + b.re};
}
template <class B>
LEVADA_INLINE points<B> minus_i(const points<B>& a, const points<B>& b) {
  return {a.re + b.im, a.im - b.re};
}
template <class B>
LEVADA_INLINE void dft4(points<B>& a, points<B>& b, points<B>& c, points<B>& d) {
  const auto s = a + c, t = a - c, u = b + d, v = b - d;
  a = s + u;
  b = minus_i(t, v);
  c = s - u;
  d = plus_i(t, v);
}

/// The transform of R points, in their order.
template <std::size_t R, class B>
LEVADA_INLINE void dft(points<B> (&x)[R]) {
  if constexpr (R == 2) {
    const auto sum = x[0] + x[1];
    x[1] = x[0] - x[1];
    x[0] = sum;
  } else if constexpr (R == 4) {
    dft4(x[0], x[1], x[2], x[3]);
  } else if constexpr (R == 8) {
    dft4(x[0], x[2], x[4], x[6]);
    dft4(x[1], x[3], x[5], x[7]);
    const B c(0.70710678118654752f);  // an eighth of a turn is c * (1, -1), three eighths c * (-1, -1)
    const points<B> e[4] = {x[0], x[2], x[4], x[6]}, o[4] = {x[1], x[3], x[5], x[7]};
    const points<B> p{o[1].re + o[1].im, o[1].im - o[1].re}, q{o[3].im - o[3].re, o[3].re + o[3].im};
    x[0] = e[0] + o[0];
    x[4] = e[0] - o[0];
    x[1] = {xsimd::fma(c, p.re, e[1].re), xsimd::fma(c, p.im, e[1].im)};
    x[5] = {xsimd::fnma(c, p.re, e[1].re), xsimd::fnma(c, p.im, e[1].im)};
    x[2] = minus_i(e[2], o[2]);
    x[6] = plus_i(e[2], o[2]);
    x[3] = {xsimd::fma(c, q.re, e[3].re), xsimd::fnma(c, q.im, e[3].im)};
    x[7] = {xsimd::fnma(c, q.re, e[3].re), xsimd::fma(c, q.im, e[3].im)};
  } else {
    static_assert(R == 16);
    unrolled<4>([&](auto i) LEVADA_INLINE_LAMBDA { dft4(x[i], x[i + 4], x[i + 8], x[i + 12]); });
    unrolled<9>([&](auto at) LEVADA_INLINE_LAMBDA {
      constexpr std::size_t i = at % 3 + 1, k = at / 3 + 1;
      constexpr root w = root_of_unity(i * k, 16);
      x[i + 4 * k] = x[i + 4 * k] * points<B>{B(w.re), B(w.im)};
    });
    unrolled<4>([&](auto k) LEVADA_INLINE_LAMBDA { dft4(x[4 * k], x[4 * k + 1], x[4 * k + 2], x[4 * k + 3]); });
    unrolled<16>([&](auto at) LEVADA_INLINE_LAMBDA {
      constexpr std::size_t i = at % 4, k = at / 4;
      if constexpr (i < k) std::swap(x[4 * i + k], x[4 * k + i]);
    });
  }
}

}  // namespace levada::inline v0::detail
