// SPDX-License-Identifier: BSL-1.0
// feature: what features are made of, beside what is there for the same work: moments beside two scalar passes, and transforms
// beside KissFFT and FFTW. Prints samples, for each instruction set up to the one that LEVADA_ISA names.
//   bench_feature [--rounds N]   N samples of each (default 11)
// Windows are taken in turn from 4096 places of one stretch; both sides must give the same.
#include "sample.hpp"

#include <levada/simd/fft.hpp>
#include <levada/simd/moments.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#if defined(LEVADA_BENCH_FFTW)
#include <fftw3.h>
#endif
#if defined(LEVADA_BENCH_KISSFFT)
#include <kiss_fftr.h>
#endif

namespace {

namespace lv = levada;

constexpr std::size_t places = 4'096, apart = 16, longest = 4'096;

/// As every contestant likes it: at the beginning of a cache line.
struct stretch {
  explicit stretch(std::size_t n)
      : values(static_cast<float*>(::operator new(n * sizeof(float), std::align_val_t{64}))), size(n) {}
  stretch(const stretch&) = delete;
  stretch& operator=(const stretch&) = delete;
  ~stretch() { ::operator delete(values, std::align_val_t{64}); }
  float* values;
  std::size_t size;
};
stretch& random_samples(stretch& s, float mean, float deviation) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(mean, deviation);
  for (std::size_t i = 0; i < s.size; ++i) s.values[i] = normal(random);
  return s;
}

/// Nanoseconds a window.
template <class Work>
double time(const stretch& s, std::size_t windows, Work&& work) {
  static std::size_t place = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < windows; ++i) {
    work(s.values + place * apart);
    place = (place + 1) % places;
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  return took.count() / static_cast<double>(windows);
}
template <class T>
void keep(const T& value) {
  asm volatile("" ::"r"(&value) : "memory");
}

struct contestant {
  std::string_view name;
  const lv::fft_kernels* transforms;
  const lv::moment_kernels* moments;
};
std::vector<contestant> contestants() {
  std::vector<contestant> all;
  for (const lv::isa i : lv::isas)
    if (i > lv::isa::baseline && i <= lv::greatest_isa() && lv::kernels_for<lv::fft_kernels>(i) != nullptr)
      all.push_back({lv::name_of(i), lv::kernels_for<lv::fft_kernels>(i), lv::kernels_for<lv::moment_kernels>(i)});
  return all;
}

// ---- moments ---------------------------------------------------------------------------------------------------------

/// The same by two passes, one sample after the other, as Number says.
template <class Number>
struct two_passes {
  Number mean = 0, variance = 0, skewness = 0, kurtosis = 0, magnitude = 0;
  float least = 0, greatest = 0;

  two_passes(const float* samples, std::size_t n) : least(samples[0]), greatest(samples[0]) {
    const auto count = static_cast<Number>(n);
    Number sum = 0, second = 0, third = 0, fourth = 0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<Number>(samples[i]);
    mean = sum / count;
    for (std::size_t i = 0; i < n; ++i) {
      const auto x = static_cast<Number>(samples[i]);
      const Number d = x - mean;
      second += d * d;
      third += d * d * d;
      fourth += d * d * d * d;
      magnitude += x < 0 ? -x : x;
      if (samples[i] < least) least = samples[i];
      if (samples[i] > greatest) greatest = samples[i];
    }
    variance = second / count;
    skewness = third / count / (variance * std::sqrt(variance));
    kurtosis = fourth / count / (variance * variance);
  }
};
double greater_of(double a, double b) { return a > b ? a : b; }
/// The worst of variance and kurtosis, relative, and skewness, absolute.
double error_of(double variance, double skewness, double kurtosis, const two_passes<long double>& right) {
  const double v = std::fabs(variance / static_cast<double>(right.variance) - 1);
  const double s = std::fabs(skewness - static_cast<double>(right.skewness));
  return greater_of(greater_of(v, s), std::fabs(kurtosis / static_cast<double>(right.kurtosis) - 1));
}
double error_of(const lv::sample_moments& m, const two_passes<long double>& right) {
  const double n = static_cast<double>(m.n), variance = m.second / n;
  return error_of(variance, m.third / n / (variance * std::sqrt(variance)), m.fourth / n / (variance * variance), right);
}

int moments(long rounds) {
  constexpr std::size_t n = 1'024;
  stretch easy(places * apart + n), hard(places * apart + n);
  random_samples(easy, 5, 2);
  random_samples(hard, 1e4f, 1e-2f);
  const auto all = contestants();
  for (const contestant& c : all) {
    bench::sample s{
        .name = "feature/moments/1024", .unit = "of the value", .note = "worst of 4096 windows; mean 1e4, deviation 1e-2"};
    s.metric = "error, " + std::string(c.name);
    double ours = 0, theirs = 0, in_easy = 0;
    for (std::size_t i = 0; i < places; ++i) {
      const float* window = hard.values + i * apart;
      const two_passes<long double> right(window, n);
      const two_passes<float> scalar(window, n);
      ours = greater_of(ours, error_of(c.moments->moments(window, n), right));
      theirs = greater_of(theirs, error_of(static_cast<double>(scalar.variance), static_cast<double>(scalar.skewness),
                                           static_cast<double>(scalar.kurtosis), right));
      in_easy = greater_of(in_easy, error_of(c.moments->moments(easy.values + i * apart, n), {easy.values + i * apart, n}));
    }
    if (!(in_easy < 2e-6)) return std::fprintf(stderr, "bench_feature: moments are wrong by %g\n", in_easy), 70;
    s.value = greater_of(ours, 1e-16);
    print(s);
    s.who = "scalar two-pass";
    s.value = theirs;
    print(s);
  }
  for (long i = 0; i < rounds; ++i)
    for (const contestant& c : all) {
      bench::sample s{.name = "feature/moments/1024", .metric = "time, " + std::string(c.name), .unit = "ns/window"};
      s.value = time(easy, 16'384, [&](const float* window) { keep(c.moments->moments(window, n)); });
      print(s);
      s.who = "scalar two-pass";
      s.value = time(easy, 2'048, [](const float* window) { keep(two_passes<float>(window, n)); });
      print(s);
    }
  return 0;
}

// ---- transforms ------------------------------------------------------------------------------------------------------

/// |a - b| / |b| of the bins of one window
template <class At>
double difference(std::size_t bins, const float* re, const float* im, At&& at) {
  double error = 0, norm = 0;
  for (std::size_t k = 0; k < bins; ++k) {
    const auto [r, i] = at(k);
    error += (re[k] - r) * (re[k] - r) + (im[k] - i) * (im[k] - i);
    norm += r * r + i * i;
  }
  return std::sqrt(error / norm);
}
struct bin {
  double re, im;
};

int transforms(std::size_t n, long rounds) {
  stretch samples(places * apart + longest), re(n / 2 + 1), im(n / 2 + 1);
  random_samples(samples, 0, 1);
  const std::string name = "feature/fft/" + std::to_string(n);
  const std::size_t windows = 4'000'000 / n;
#if defined(LEVADA_BENCH_FFTW)
  auto* theirs = fftwf_alloc_complex(n / 2 + 1);
  const auto plan = fftwf_plan_dft_r2c_1d(static_cast<int>(n), samples.values, theirs, FFTW_MEASURE);
  random_samples(samples, 0, 1);  // measuring overwrites them
#endif
#if defined(LEVADA_BENCH_KISSFFT)
  const auto kiss = kiss_fftr_alloc(static_cast<int>(n), 0, nullptr, nullptr);
  std::vector<kiss_fft_cpx> kissed(n / 2 + 1);
#endif
  const auto all = contestants();
  for (const contestant& c : all) {
    c.transforms->real(samples.values, n, re.values, im.values);
    double wrong = 0;
#if defined(LEVADA_BENCH_FFTW)
    fftwf_execute(plan);
    wrong = greater_of(
        wrong, difference(n / 2 + 1, re.values, im.values, [&](std::size_t k) { return bin{theirs[k][0], theirs[k][1]}; }));
#endif
#if defined(LEVADA_BENCH_KISSFFT)
    kiss_fftr(kiss, samples.values, kissed.data());
    wrong = greater_of(wrong,
                       difference(n / 2 + 1, re.values, im.values, [&](std::size_t k) { return bin{kissed[k].r, kissed[k].i}; }));
#endif
    if (!(wrong < 1e-6)) return std::fprintf(stderr, "bench_feature: bins differ by %g\n", wrong), 70;
  }
  for (long i = 0; i < rounds; ++i)
    for (const contestant& c : all) {
      bench::sample s{.name = name, .metric = "time, " + std::string(c.name), .unit = "ns/window"};
      s.value = time(samples, windows, [&](const float* window) {
        c.transforms->real(window, n, re.values, im.values);
        keep(*re.values);
      });
      print(s);
#if defined(LEVADA_BENCH_FFTW)
      s.who = "fftw measure";
      s.value = time(samples, windows, [&](const float* window) {
        fftwf_execute_dft_r2c(plan, const_cast<float*>(window), theirs);
        keep(*theirs);
      });
      print(s);
#endif
#if defined(LEVADA_BENCH_KISSFFT)
      s.who = "kissfft";
      s.value = time(samples, windows / 8, [&](const float* window) {
        kiss_fftr(kiss, window, kissed.data());
        keep(kissed[0]);
      });
      print(s);
#endif
    }
#if defined(LEVADA_BENCH_FFTW)
  fftwf_destroy_plan(plan);
  fftwf_free(theirs);
#endif
#if defined(LEVADA_BENCH_KISSFFT)
  kiss_fftr_free(kiss);
#endif
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 11;
  int failed = moments(rounds);
  for (const std::size_t n : {256u, 1'024u, 4'096u})
    if (failed == 0) failed = transforms(n, rounds);
  return failed;
}
