// SPDX-License-Identifier: BSL-1.0
// catch22: the 22 features of windows of 1024 samples, beside the same by the letter of their definitions in
// double precision. Prints samples.
//   bench_catch22 [--rounds N]   N samples of each (default 11)
// 4096 different windows, of noise, random walks, sines in noise and what remembers; both must say the same of them.
#include "../tests/support/naive_catch22.hpp"
#include "sample.hpp"

#include <levada/feature/catch22.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace {

namespace lv = levada;
constexpr std::size_t length = 1024, windows = 4096, of_twin = 4;

std::vector<float> some_windows() {
  std::mt19937 random(22);
  std::normal_distribution<float> normal;
  std::vector<float> all(windows * length);
  for (std::size_t w = 0; w < windows; ++w) {
    float last = 0;
    const float period = 4 + 40 * static_cast<float>(w) / windows;
    for (std::size_t i = 0; i < length; ++i) {
      const float noise = normal(random);
      last = (w % 4 == 1 ? 1.0f : 0.9f) * last + noise;
      const float kinds[] = {noise, last, 2 * std::sin(static_cast<float>(i) / period) + 0.3f * noise, last};
      all[w * length + i] = 20 + kinds[w % 4];
    }
  }
  return all;
}

/// Microseconds a window.
double time(auto&& pass, std::size_t n) {
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < n; ++i) pass(i);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  return took.count() / static_cast<double>(n);
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = 11;
  for (int i = 1; i + 1 < argc; ++i)
    if (std::string_view(argv[i]) == "--rounds") rounds = std::strtol(argv[i + 1], nullptr, 10);
  const std::vector<float> all = some_windows();
  const auto window = [&](std::size_t w) { return std::span<const float>(all).subspan(w * length, length); };

  std::array<float, 22> features{};
  for (std::size_t w = 0; w < 32; ++w) {
    lv::catch22(window(w), features);
    const auto expected = support::naive::catch22(window(w));
    for (std::size_t i = 0; i < features.size(); ++i)
      if (!(std::fabs(static_cast<double>(features[i]) - expected[i]) <= 2e-4 * (1 + std::fabs(expected[i]))))
        return std::fprintf(stderr, "bench_catch22: window %zu: %s is %g, not %g\n", w, lv::catch22_names[i].data(),
                            static_cast<double>(features[i]), expected[i]),
               70;
  }
  double sum = 0;
  for (long i = 0; i < rounds; ++i) {
    bench::sample s{.name = "feature/catch22/1024", .metric = "time", .unit = "us/window"};
    s.value = time(
        [&](std::size_t w) {
          lv::catch22(window(w), features);
          sum += static_cast<double>(features[2]);
        },
        windows);
    print(s);
    s.who = "by definition, in double";
    s.value = time(
        [&](std::size_t w) { sum += support::naive::catch22(window((static_cast<std::size_t>(i) * of_twin + w) % windows))[2]; },
        of_twin);
    print(s);
  }
  return sum > 0 ? 0 : 70;
}
