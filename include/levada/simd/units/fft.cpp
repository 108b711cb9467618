// SPDX-License-Identifier: BSL-1.0
// The transform of M complex points in registers of V lanes: each lane is a transform of its own, of every V-th point. So there
// are L = M/V rows, and all but the last step never look across lanes:
//   1. stages of radix 8, 4 and 2 over the rows, in place, decimating in frequency (Gentleman and Sande 1966);
//   2. V rows at a time, found by their reversed digits: transposed, so that a register holds one lane's results; turned; and a
//      transform of V points across the registers. What comes out lies in its order.
// Real samples are read as pairs, and the result is unfolded by one pass more.
#include <levada/simd/detail/fft_lanes.hpp>
#include <levada/simd/fft.hpp>
#include <levada/simd/unit.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace levada::inline v0 {
namespace {

using namespace detail;

constexpr std::size_t fewest = 32, most = 8'192;  // points

/// The last step needs V rows, so short transforms take narrower registers.
#if defined(__x86_64__)
using narrow = simd_batch<float, xsimd::sse4_2>;
using middle = std::conditional_t<unit_isa == isa::sse4_2, narrow, simd_batch<float, xsimd::fma3<xsimd::avx2>>>;
template <std::size_t M>
using registers_for = std::conditional_t<(M >= 256), simd_batch<float>, std::conditional_t<(M >= 64), middle, narrow>>;
#else
template <std::size_t M>
using registers_for = simd_batch<float>;
#endif

constexpr std::size_t radix_of(std::size_t rows) { return rows % 8 == 0 && rows != 16 ? 8 : rows % 4 == 0 ? 4 : 2; }
/// How many factors all stages need; the last one needs none.
constexpr std::size_t turns_of(std::size_t rows) {
  if (rows <= 8) return 0;
  const std::size_t radix = radix_of(rows);
  return rows / radix * (radix - 1) + turns_of(rows / radix);
}

template <std::size_t M, std::size_t V>
struct tables {
  static constexpr std::size_t rows = M / V;
  alignas(64) float last[2 * M];         ///< of each block of V columns and each lane: V factors, real, then imaginary
  alignas(64) float fold_re[M / 2 + 1];  ///< -i exp(-2 pi i k / (2 M)) / 2
  alignas(64) float fold_im[M / 2 + 1];
  root turns[turns_of(rows) + 1];  ///< stage by stage
  std::uint16_t order[rows];       ///< the row where frequency k of a lane is found

  constexpr tables() : last{}, fold_re{}, fold_im{}, turns{}, order{} {
    float* to = last;
    for (std::size_t block = 0; block < rows; block += V)
      for (std::size_t lane = 0; lane < V; ++lane, to += 2 * V)
        for (std::size_t k = 0; k < V; ++k) {
          const root w = root_of_unity(lane * (block + k), M);
          to[k] = w.re;
          to[V + k] = w.im;
        }
    for (std::size_t k = 0; k <= M / 2; ++k) {
      const root w = root_of_unity(k, 2 * M, 0.5);
      fold_re[k] = w.im;
      fold_im[k] = -w.re;
    }
    root* turn = turns;
    for (std::size_t n = rows; n > 8; n /= radix_of(n))
      for (std::size_t p = 0; p < n / radix_of(n); ++p)
        for (std::size_t k = 1; k < radix_of(n); ++k) *turn++ = root_of_unity(p * k, n);
    for (std::size_t k = 0; k < rows; ++k) {
      std::size_t at = 0, digits = k;
      for (std::size_t n = rows; n > 1;) {
        const std::size_t radix = radix_of(n);
        n /= radix;
        at += digits % radix * n;
        digits /= radix;
      }
      order[k] = static_cast<std::uint16_t>(at);
    }
  }
};
template <std::size_t M, std::size_t V>
constexpr tables<M, V> tables_of{};

/// What differs from size to size, so that all sizes share their code.
struct plan {
  std::size_t size, rows;
  const float *last, *fold_re, *fold_im;
  const root* turns;
  const std::uint16_t* order;
};

/// From where rows come and whereto V neighbours go.
template <class B>
struct pairs {
  const float* samples;
  static constexpr std::size_t lane(std::size_t i) { return pair_in_lane<B::size>(i); }
  LEVADA_INLINE points<B> operator()(std::size_t row) const {
    const float* at = samples + row * 2 * B::size;
    points<B> x;
    unzip(B::load_unaligned(at), B::load_unaligned(at + B::size), x.re, x.im);
    return x;
  }
};
template <class B>
struct split_parts {
  const float *re, *im;
  static constexpr std::size_t lane(std::size_t i) { return i; }
  LEVADA_INLINE points<B> operator()(std::size_t row) const {
    return {B::load_unaligned(re + row * B::size), B::load_unaligned(im + row * B::size)};
  }
};
template <class B>
struct in_place {
  const float* z;
  LEVADA_INLINE points<B> operator()(std::size_t row) const {
    return {B::load_aligned(z + row * 2 * B::size), B::load_aligned(z + row * 2 * B::size + B::size)};
  }
};
template <class B>
struct to_parts {
  float *re, *im;
  LEVADA_INLINE void operator()(std::size_t at, const points<B>& x) const {
    x.re.store_unaligned(re + at);
    x.im.store_unaligned(im + at);
  }
};
/// Pairs, of which the imaginary part is the first: the way back is done with parts exchanged.
template <class B>
struct to_pairs {
  float* samples;
  LEVADA_INLINE void operator()(std::size_t at, const points<B>& x) const {
    B a, b;
    zip(x.im, x.re, a, b);
    a.store_unaligned(samples + 2 * at);
    b.store_unaligned(samples + 2 * at + B::size);
  }
};

/// One stage: blocks of n rows, each row met by Radix - 1 others.
template <std::size_t Radix, class B, class Load>
LEVADA_INLINE const root* stage(const Load& load, float* z, std::size_t rows, std::size_t n, const root* turns) {
  constexpr std::size_t V = B::size;
  const std::size_t step = n / Radix;
  for (std::size_t p = 0; p < step; ++p) {
    for (std::size_t row = p; row < rows; row += n) {
      points<B> x[Radix];
      unrolled<Radix>([&](auto i) LEVADA_INLINE_LAMBDA { x[i] = load(row + i * step); });
      dft(x);
      if (step > 1) unrolled<Radix - 1>([&](auto i)
                                LEVADA_INLINE_LAMBDA { x[i + 1] = x[i + 1] * points<B>{B(turns[i].re), B(turns[i].im)}; });
      unrolled<Radix>([&](auto i) LEVADA_INLINE_LAMBDA {
        float* to = z + (row + i * step) * 2 * V;
        x[i].re.store_aligned(to);
        x[i].im.store_aligned(to + V);
      });
    }
    if (step > 1) turns += Radix - 1;
  }
  return turns;
}
template <class B, class Load>
LEVADA_INLINE const root* stage(const Load& load, float* z, std::size_t rows, std::size_t n, const root* turns) {
  switch (radix_of(n)) {
    case 8: return stage<8, B>(load, z, rows, n, turns);
    case 4: return stage<4, B>(load, z, rows, n, turns);
    default: return stage<2, B>(load, z, rows, n, turns);
  }
}

/// The stages of blocks of N rows and less; Rows is that of the transform.
template <std::size_t Rows, std::size_t N, class B, class Load>
LEVADA_INLINE void known_stages(const Load& load, float* z, const root* turns) {
  if constexpr (N > 1) {
    turns = stage<radix_of(N), B>(load, z, Rows, N, turns);
    known_stages<Rows, N / radix_of(N), B>(in_place<B>{z}, z, turns);
  }
}

/// Rows is 0 where one code serves all lengths. Short transforms take less time than finding out how long they are, so they have
/// code of their own.
template <std::size_t Rows, class B, class Load, class Store>
[[gnu::noinline]] void transform(const plan& p, const Load& load, const Store& store, float* z) {
  constexpr std::size_t V = B::size;
  const std::size_t rows = Rows != 0 ? Rows : p.rows;
  const in_place<B> own{z};
  if constexpr (Rows != 0) {
    known_stages<Rows, Rows, B>(load, z, p.turns);
  } else {
    const root* turns = stage<B>(load, z, rows, rows, p.turns);
    for (std::size_t n = rows / radix_of(rows); n > 1; n /= radix_of(n)) turns = stage<B>(own, z, rows, n, turns);
  }
  for (std::size_t block = 0; block < rows; block += V) {
    B re[V], im[V];
    unrolled<V>([&](auto k) LEVADA_INLINE_LAMBDA {
      const points<B> row = own(p.order[block + k]);
      re[k] = row.re;
      im[k] = row.im;
    });
    transpose(re);
    transpose(im);
    points<B> x[V];
    const float* w = p.last + block * 2 * V;
    unrolled<V>([&](auto i) LEVADA_INLINE_LAMBDA {
      constexpr std::size_t lane = Load::lane(i);
      x[lane] = {re[i], im[i]};
      if constexpr (lane > 0)
        x[lane] = x[lane] * points<B>{B::load_aligned(w + lane * 2 * V), B::load_aligned(w + lane * 2 * V + V)};
    });
    dft(x);
    unrolled<V>([&](auto i) LEVADA_INLINE_LAMBDA { store(i * rows + block, x[i]); });
  }
}

/// Bins k and M - k of pairs to those of samples, or back: plain_fold says the formula.
template <bool Inverse, class B>
LEVADA_INLINE void fold(const plan& p, std::size_t first, const float* re, const float* im, float scale, float* to_re,
                        float* to_im) {
  constexpr std::size_t V = B::size;
  const std::size_t m = p.size;
  const B half(0.5f * scale), all(scale);
  for (std::size_t k = first; k < m / 2 + first; k += V) {
    const std::size_t mirror = m - k - V + 1;
    const B a = B::load_unaligned(re + k), b = B::load_unaligned(im + k), c = reversed(B::load_unaligned(re + mirror)),
            d = reversed(B::load_unaligned(im + mirror));
    B s = B::load_unaligned(p.fold_re + k), t = B::load_unaligned(p.fold_im + k);
    if constexpr (Inverse) {
      s *= all;
      t *= -all;
    }
    const B e = a + c, f = b - d, g = a - c, h = b + d, r = xsimd::fms(s, g, t * h), i = xsimd::fma(s, h, t * g);
    xsimd::fma(half, e, r).store_unaligned(to_re + k);
    xsimd::fma(half, f, i).store_unaligned(to_im + k);
    reversed(xsimd::fms(half, e, r)).store_unaligned(to_re + mirror);
    reversed(xsimd::fnma(half, f, i)).store_unaligned(to_im + mirror);
  }
}

struct functions {
  void (*real)(const float* samples, float* re, float* im) noexcept;
  void (*real_inverse)(const float* re, const float* im, float* samples) noexcept;
  void (*complex)(const float* re_in, const float* im_in, float* re, float* im) noexcept;
};
template <std::size_t M>
struct sized {
  using batch = registers_for<M>;
  static constexpr const auto& t = tables_of<M, batch::size>;
  static constexpr plan p{M, t.rows, t.last, t.fold_re, t.fold_im, t.turns, t.order};

  static void real(const float* samples, float* re, float* im) noexcept {
    alignas(64) float z[2 * M];
    transform<(M <= 256 ? t.rows : 0), batch>(p, pairs<batch>{samples}, to_parts<batch>{re, im}, z);
    const float middle_re = re[M / 2], middle_im = -im[M / 2];
    re[M] = re[0];
    im[M] = im[0];
    fold<false, batch>(p, 0, re, im, 1, re, im);
    re[M / 2] = middle_re;
    im[M / 2] = middle_im;
  }
  static void real_inverse(const float* re, const float* im, float* samples) noexcept {
    alignas(64) float z[2 * M];
    constexpr float scale = 1.0f / static_cast<float>(M);
    samples[0] = 0.5f * scale * (re[0] + re[M]);
    samples[M] = 0.5f * scale * (re[0] - re[M]);
    fold<true, batch>(p, 1, re, im, scale, samples, samples + M);
    transform<0, batch>(p, split_parts<batch>{samples + M, samples}, to_pairs<batch>{samples}, z);
  }
  static void complex(const float* re_in, const float* im_in, float* re, float* im) noexcept {
    alignas(64) float z[2 * M];
    transform<0, batch>(p, split_parts<batch>{re_in, im_in}, to_parts<batch>{re, im}, z);
  }
  static constexpr functions all{real, real_inverse, complex};
};
constexpr const functions* by_size[] = {&sized<32>::all,   &sized<64>::all,   &sized<128>::all,
                                        &sized<256>::all,  &sized<512>::all,  &sized<1024>::all,
                                        &sized<2048>::all, &sized<4096>::all, &sized<8192>::all};
const functions* functions_for(std::size_t points) {
  return points < fewest || points > most ? nullptr : by_size[std::countr_zero(points) - std::countr_zero(fewest)];
}

void real(const float* samples, std::size_t n, float* re, float* im) noexcept {
  const functions* f = functions_for(n / 2);
  f == nullptr ? plain_fft(samples, n, re, im) : f->real(samples, re, im);
}
void real_inverse(const float* re, const float* im, std::size_t n, float* samples) noexcept {
  const functions* f = functions_for(n / 2);
  f == nullptr ? plain_inverse_fft(re, im, n, samples) : f->real_inverse(re, im, samples);
}
void complex(const float* re_in, const float* im_in, std::size_t n, float* re, float* im) noexcept {
  const functions* f = functions_for(n);
  f == nullptr ? plain_complex_fft(re_in, im_in, n, re, im) : f->complex(re_in, im_in, re, im);
}
constexpr fft_kernels set{real, real_inverse, complex};

}  // namespace

const fft_kernels* LEVADA_KERNELS(const fft_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
