// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/fft.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

namespace lv = levada;

namespace {

using complexes = std::vector<std::complex<double>>;

/// The definition, term by term.
complexes transformed(const complexes& x) {
  const std::size_t n = x.size();
  complexes turns(n), sums(n);
  for (std::size_t i = 0; i < n; ++i)
    turns[i] = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n));
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i) sums[k] += x[i] * turns[k * i % n];
  return sums;
}

struct split {
  std::vector<float> re, im;
  explicit split(std::size_t n) : re(n), im(n) {}
};
split random_split(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  split s(n);
  for (std::size_t i = 0; i < n; ++i) {
    s.re[i] = normal(random);
    s.im[i] = normal(random);
  }
  return s;
}
complexes widened(const split& s) {
  complexes x(s.re.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = {static_cast<double>(s.re[i]), static_cast<double>(s.im[i])};
  return x;
}
/// |a - b| / |b|
double relative_error(const split& a, const complexes& b) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < a.re.size(); ++i) {
    error += std::norm(std::complex<double>{static_cast<double>(a.re[i]), static_cast<double>(a.im[i])} - b[i]);
    norm += std::norm(b[i]);
  }
  return std::sqrt(error / norm);
}

template <class Check>
void on_each_isa(Check&& check) {
  for (const lv::isa i : lv::isas)
    if (const auto* set = lv::kernels_for<lv::fft_kernels>(i)) {
      INFO(lv::name_of(i));
      check(*set);
    }
}

}  // namespace

TEST_CASE("the transform of real samples is what its definition says, and the way back gives the samples") {
  for (const std::size_t n : {2u, 4u, 8u, 32u, 64u, 128u, 256u, 512u, 1024u, 2048u}) {
    split samples = random_split(n, static_cast<unsigned>(n));
    samples.im.assign(n, 0.0f);
    const complexes right = transformed(widened(samples));
    on_each_isa([&](const lv::fft_kernels& set) {
      INFO(n);
      split out(n / 2 + 1);
      set.real(samples.re.data(), n, out.re.data(), out.im.data());
      CHECK(relative_error(out, right) < 3e-7);
      CHECK(out.im.front() == 0.0f);
      CHECK(out.im.back() == 0.0f);
      split back(n);
      set.real_inverse(out.re.data(), out.im.data(), n, back.re.data());
      CHECK(relative_error(back, widened(samples)) < 3e-7);
    });
  }
}

TEST_CASE("the transform of complex samples, also in place, and its inverse with the parts exchanged") {
  for (const std::size_t n : {1u, 2u, 16u, 32u, 64u, 128u, 256u, 512u, 1024u}) {
    const split samples = random_split(n, static_cast<unsigned>(n));
    const complexes right = transformed(widened(samples));
    on_each_isa([&](const lv::fft_kernels& set) {
      INFO(n);
      split out(n);
      set.complex(samples.re.data(), samples.im.data(), n, out.re.data(), out.im.data());
      CHECK(relative_error(out, right) < 3e-7);
      split same = samples;
      set.complex(same.re.data(), same.im.data(), n, same.re.data(), same.im.data());
      CHECK(same.re == out.re);
      CHECK(same.im == out.im);
      set.complex(out.im.data(), out.re.data(), n, out.im.data(), out.re.data());
      for (std::size_t i = 0; i < n; ++i) {
        out.re[i] /= static_cast<float>(n);
        out.im[i] /= static_cast<float>(n);
      }
      CHECK(relative_error(out, widened(samples)) < 3e-7);
    });
  }
}

TEST_CASE("long transforms agree with the twin, wherever their arrays begin, and keep to them") {
  for (const std::size_t n : {4096u, 8192u, 16384u, 32768u}) {
    const split samples = random_split(n + 1, static_cast<unsigned>(n));
    split twin(n / 2 + 1);
    lv::fft_kernels::baseline.real(samples.re.data() + 1, n, twin.re.data(), twin.im.data());
    on_each_isa([&](const lv::fft_kernels& set) {
      INFO(n);
      split out(n / 2 + 3);
      out.re.front() = out.re.back() = out.im.front() = out.im.back() = 42;
      set.real(samples.re.data() + 1, n, out.re.data() + 1, out.im.data() + 1);
      std::vector<float> back(n + 2, 42.0f);
      set.real_inverse(out.re.data() + 1, out.im.data() + 1, n, back.data() + 1);
      CHECK(back.front() == 42.0f);
      CHECK(back.back() == 42.0f);
      double error = 0;
      for (std::size_t i = 0; i < n; ++i)
        error = std::fmax(error, std::fabs(static_cast<double>(back[i + 1] - samples.re[i + 1])));
      CHECK(error < 1e-5);
      CHECK((out.re.front() == 42.0f && out.re.back() == 42.0f && out.im.front() == 42.0f && out.im.back() == 42.0f));
      for (auto* part : {&out.re, &out.im}) {
        part->erase(part->begin());
        part->pop_back();
      }
      CHECK(relative_error(out, widened(twin)) < 3e-7);
    });
  }
}

TEST_CASE("a sine lies in its bin") {
  std::vector<float> samples(256);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>(3 * std::sin(2 * std::numbers::pi * 17 * static_cast<double>(i) / 256));
  split out(129);
  lv::fft(samples, {out.re, out.im});
  for (std::size_t k = 0; k < out.re.size(); ++k) {
    CHECK(std::fabs(out.re[k]) < 1e-4f);
    CHECK(out.im[k] == doctest::Approx(k == 17 ? -3.0 * 128 : 0.0).epsilon(1e-6).scale(128));
  }
  lv::inverse_fft(lv::spectrum_view{out.re, out.im}, samples);
  CHECK(samples[4] == doctest::Approx(3 * std::sin(2 * std::numbers::pi * 17 * 4 / 256)));
}

TEST_CASE("what is not a number is in no bin a number") {
  std::vector<float> samples(1024, 1.0f);
  samples[300] = std::numeric_limits<float>::quiet_NaN();
  on_each_isa([&](const lv::fft_kernels& set) {
    split out(513);
    set.real(samples.data(), samples.size(), out.re.data(), out.im.data());
    bool finite = false;
    for (std::size_t k = 0; k < out.re.size(); ++k) finite |= std::isfinite(out.re[k]);
    CHECK_FALSE(finite);
  });
}
