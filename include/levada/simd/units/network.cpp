// SPDX-License-Identifier: BSL-1.0
// Layers in registers: some outputs are summed up for one input after the other. What is in flight is always eight sums: of eight
// registers of outputs, or of every second, fourth, eighth input where there are less. So a row gives the same bits alone and
// beside others. A layer of few outputs is a product of rows instead, in four sums.
#include <levada/simd/network.hpp>
#include <levada/simd/unit.hpp>

#include <type_traits>
#include <utility>

namespace levada::inline v0 {
namespace {

using floats = simd_batch<float>;
constexpr std::size_t in_flight = 8;
/// Lanes of 16 outputs whose sums are in registers at a time, and rows that share what was loaded of the weights.
constexpr std::size_t most_lanes = floats::size < 8 ? 2 : 4;
constexpr std::size_t most_rows = unit_isa == isa::avx512 || unit_isa == isa::neon64 ? 2 : 1;

LEVADA_INLINE floats rectified(floats y, rectifier r) {
  if (r == rectifier::none) return y;
  return greater(r == rectifier::zero ? floats(0.0f) : y * floats(leak), y);  // which NaN passes
}

/// What the loops over tiles and rows have found: `weights` and `bias` of the outputs at hand, `valid` of which are to be
/// written.
struct task {
  const dense_layer& layer;
  const float *weights, *bias;
  std::size_t width, valid;
};

/// Adds up what was apart, two by two.
template <std::size_t Apart, std::size_t N>
LEVADA_INLINE void write(const task& t, floats (&sums)[Apart][N], float* to) {
  const auto fold = [&]<std::size_t Half>(std::integral_constant<std::size_t, Half>) LEVADA_INLINE_LAMBDA {
    if constexpr (Half < Apart)
      for (std::size_t a = 0; a < Half; ++a)
        for (std::size_t v = 0; v < N; ++v) sums[a][v] += sums[a + Half][v];
  };
  fold(std::integral_constant<std::size_t, 4>{});
  fold(std::integral_constant<std::size_t, 2>{});
  fold(std::integral_constant<std::size_t, 1>{});
  if (t.valid == N * floats::size) {
    for (std::size_t v = 0; v < N; ++v) rectified(sums[0][v], t.layer.then).store_unaligned(to + v * floats::size);
  } else {
    alignas(64) float whole[N * floats::size];
    for (std::size_t v = 0; v < N; ++v) rectified(sums[0][v], t.layer.then).store_aligned(whole + v * floats::size);
    for (std::size_t i = 0; i < t.valid; ++i) to[i] = whole[i];
  }
}

/// Four inputs of a row, each to be multiplied with a register of weights. Loads are what the loop below waits for: where a
/// register's quarters can hold the four, one load brings them and shuffles spread them.
struct four_inputs {
#if defined(LEVADA_KERNELS_avx512)
  __m512 all;
  LEVADA_INLINE explicit four_inputs(const float* x) : all(_mm512_broadcast_f32x4(_mm_loadu_ps(x))) {}
  template <int I>
  [[nodiscard]] LEVADA_INLINE floats at() const {
    return _mm512_permute_ps(all, I * 0x55);
  }
#elif defined(LEVADA_KERNELS_avx2)
  __m256 all;
  LEVADA_INLINE explicit four_inputs(const float* x) : all(_mm256_set_m128(_mm_loadu_ps(x), _mm_loadu_ps(x))) {}
  template <int I>
  [[nodiscard]] LEVADA_INLINE floats at() const {
    return _mm256_permute_ps(all, I * 0x55);
  }
#else
  const float* all;
  LEVADA_INLINE explicit four_inputs(const float* x) : all(x) {}
  template <int I>
  [[nodiscard]] LEVADA_INLINE floats at() const {
    return floats(all[I]);
  }
#endif
};

template <std::size_t Lanes, std::size_t Rows>
void outputs_of(const task& t, const float* from, std::size_t from_pitch, float* to, std::size_t to_pitch) {
  constexpr std::size_t n = Lanes * dense_layer::lane / floats::size, apart = n < in_flight ? in_flight / n : 1;
  floats sums[Rows][apart][n];
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t r = 0; r < Rows; ++r) {
      sums[r][0][v] = floats::load_aligned(t.bias + v * floats::size);
      for (std::size_t a = 1; a < apart; ++a) sums[r][a][v] = floats(0.0f);
    }
  const auto take = [&](std::size_t input, std::size_t a, auto&& of_row) LEVADA_INLINE_LAMBDA {
    for (std::size_t v = 0; v < n; ++v) {
      const floats w = floats::load_aligned(t.weights + input * t.width + v * floats::size);
      for (std::size_t r = 0; r < Rows; ++r) sums[r][a][v] = multiply_add<float>(of_row(r), w, sums[r][a][v]);
    }
  };
  const auto take_four = [&]<int... I>(std::size_t input, std::size_t a, std::integer_sequence<int, I...>) LEVADA_INLINE_LAMBDA {
    const four_inputs first(from + input), last(from + (Rows - 1) * from_pitch + input);
    (take(input + I, (a + I) % apart,
          [&](std::size_t r) LEVADA_INLINE_LAMBDA { return r == 0 ? first.template at<I>() : last.template at<I>(); }),
     ...);
  };
  constexpr std::size_t step = apart < 4 ? 4 : apart;
  std::size_t input = 0;
  for (; input + step <= t.layer.inputs; input += step)
    for (std::size_t a = 0; a < step; a += 4) take_four(input + a, a, std::make_integer_sequence<int, 4>{});
  for (; input < t.layer.inputs; ++input)
    take(input, 0, [&](std::size_t r) LEVADA_INLINE_LAMBDA { return floats(from[r * from_pitch + input]); });
  write(t, sums[0], to);
  if constexpr (Rows == 2) write(t, sums[1], to + to_pitch);  // a loop would take the sums out of their registers
}
template <std::size_t Lanes>
void all_rows(const task& t, const float* from, std::size_t from_pitch, std::size_t n, float* to, std::size_t to_pitch) {
  std::size_t r = 0;
  for (; r + most_rows <= n; r += most_rows)
    outputs_of<Lanes, most_rows>(t, from + r * from_pitch, from_pitch, to + r * to_pitch, to_pitch);
  if constexpr (most_rows > 1)
    for (; r < n; ++r) outputs_of<Lanes, 1>(t, from + r * from_pitch, from_pitch, to + r * to_pitch, to_pitch);
}

LEVADA_INLINE float product(const float* a, const float* b, std::size_t n) {
  constexpr std::size_t apart = 4, whole = apart * floats::size;
  floats sums[apart] = {floats(0.0f), floats(0.0f), floats(0.0f), floats(0.0f)};
  const auto take = [&](std::size_t i, floats& sum) LEVADA_INLINE_LAMBDA {
    sum = multiply_add<float>(floats::load_unaligned(a + i), floats::load_unaligned(b + i), sum);
  };
  std::size_t i = 0;
  for (; i + whole <= n; i += whole)
    for (std::size_t k = 0; k < apart; ++k) take(i + k * floats::size, sums[k]);
  for (; i + floats::size <= n; i += floats::size) take(i, sums[0]);
  float rest = 0;
  for (; i < n; ++i) rest += a[i] * b[i];
  return sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}
void narrow(const dense_layer& layer, const float* from, std::size_t from_pitch, std::size_t n, float* to, std::size_t to_pitch) {
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t o = 0; o < layer.outputs; ++o) {
      const float sum = product(from + r * from_pitch, layer.weights + layer.place(o, 0), layer.inputs);
      to[r * to_pitch + o] = detail::plain_rectified(layer.bias[o] + sum, layer.then);
    }
}

void dense(const dense_layer& layer, const float* from, std::size_t from_pitch, std::size_t n, float* to,
           std::size_t to_pitch) noexcept {
  if (layer.is_narrow()) return narrow(layer, from, from_pitch, n, to, to_pitch);
  for (std::size_t first = 0; first < layer.outputs; first += dense_layer::tile) {
    const std::size_t width = layer.width(first);
    for (std::size_t o = first; o < first + width; o += most_lanes * dense_layer::lane) {
      const std::size_t lanes = (first + width - o) / dense_layer::lane, rest = layer.outputs - o;
      const auto run = [&]<std::size_t Lanes>() {
        const std::size_t whole = Lanes * dense_layer::lane;
        all_rows<Lanes>({layer, layer.weights + layer.place(o, 0), layer.bias + o, width, rest < whole ? rest : whole}, from,
                        from_pitch, n, to + o, to_pitch);
      };
      if (lanes == 1)
        run.template operator()<1>();
      else if (lanes == 2 || most_lanes == 2)
        run.template operator()<2>();
      else if (lanes == 3)
        run.template operator()<(most_lanes < 3 ? 2 : 3)>();
      else
        run.template operator()<most_lanes>();
    }
  }
}

/// The same for each value, whichever register it is in: the last ones go through a whole one, too.
template <class Function>
LEVADA_INLINE void each(float* values, std::size_t n, Function of) {
  std::size_t i = 0;
  for (; i + floats::size <= n; i += floats::size) of(floats::load_unaligned(values + i)).store_unaligned(values + i);
  if (i == n) return;
  alignas(64) float rest[floats::size]{};
  for (std::size_t k = 0; i + k < n; ++k) rest[k] = values[i + k];
  of(floats::load_aligned(rest)).store_aligned(rest);
  for (std::size_t k = 0; i + k < n; ++k) values[i + k] = rest[k];
}
void logistic(float* values, std::size_t n) noexcept {
  each(values, n, [](floats x) { return floats(1.0f) / (floats(1.0f) + xsimd::exp(-x)); });
}
void tanh(float* values, std::size_t n) noexcept {
  each(values, n, [](floats x) { return xsimd::tanh(x); });
}

constexpr network_kernels set{dense, logistic, tanh};

}  // namespace

const network_kernels* LEVADA_KERNELS(const network_kernels*) noexcept { return &set; }

}  // namespace levada::inline v0
