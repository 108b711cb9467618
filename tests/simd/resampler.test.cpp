// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/resampler.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

namespace lv = levada;

namespace {
std::vector<float> sine(double frequency, std::size_t n, double begin = 0, double step = 1) {
  std::vector<float> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back(static_cast<float>(std::sin(2 * std::acos(-1.0) * frequency * (begin + step * static_cast<double>(i)))));
  return all;
}
template <std::size_t Up, std::size_t Down>
std::vector<float> resampled(const std::vector<float>& samples, std::size_t length) {
  lv::resampler<Up, Down> resampler;
  std::vector<float> out, part(resampler.most_of(length));
  for (std::size_t i = 0; i < samples.size(); i += length) {
    const std::size_t n = resampler.resample(std::span(samples).subspan(i, std::min(length, samples.size() - i)), part);
    out.insert(out.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
  }
  return out;
}
template <std::size_t Up, std::size_t Down>
void check() {
  static_assert(std::is_trivially_copyable_v<lv::resampler<Up, Down>>);
  constexpr std::size_t n = 3000;
  const double ratio = static_cast<double>(Up) / static_cast<double>(Down), half_of_lower = 0.5 * std::min(1.0, ratio);
  const auto settled = static_cast<std::size_t>(2 * lv::resampler<Up, Down>::delay() * ratio) + 1;
  for (const double share : {0.03, 0.31, 0.66}) {
    const double frequency = share * half_of_lower;
    const auto out = resampled<Up, Down>(sine(frequency, n), n);
    CHECK(out.size() == (n * Up + Down - 1) / Down);
    const auto expected = sine(frequency, out.size(), -lv::resampler<Up, Down>::delay(), 1 / ratio);
    float worst = 0;
    for (std::size_t i = settled; i < out.size(); ++i) worst = std::max(worst, std::fabs(out[i] - expected[i]));
    CHECK(worst < 1.5e-3f);
    for (const std::size_t length : {1u, 100u, 301u}) CHECK(resampled<Up, Down>(sine(frequency, n), length) == out);
  }
  if (Up < Down)
    for (const double share : {1.02, 1.3}) {
      if (share * half_of_lower >= 0.5) continue;
      const auto out = resampled<Up, Down>(sine(share * half_of_lower, n), n);
      float most = 0;
      for (std::size_t i = settled; i < out.size(); ++i) most = std::max(most, std::fabs(out[i]));
      CHECK(most < 2.5e-4f);
    }
}
}  // namespace

TEST_CASE("tones that the lower rate holds come out as they are, later; others do not come back; spans do not matter") {
  check<1, 1>();
  check<1, 2>();
  check<1, 5>();
  check<3, 4>();
  check<2, 1>();
}
