// SPDX-License-Identifier: BSL-1.0
// vibration: the vibration set (time, spectrum and envelope, 49 numbers) of windows of 1024 samples: the whole of it, and its
// parts. Prints samples.
//   bench_vibration [--rounds N]   N samples of each (default 11)
// 4096 different windows, of a damaged bearing; some are compared with the same by definition, in double.
#include "../tests/support/naive_vibration.hpp"
#include "sample.hpp"

#include <levada/feature/features.hpp>
#include <levada/feature/vibration.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace lv = levada;
namespace naive = support::naive;

constexpr std::size_t length = 1024, windows = 4096;
constexpr lv::bearing_geometry bearing{9, 7.94, 39.04};
constexpr naive::machine machine{12'000, 1'797, 9, 7.94, 39.04, 0};
constexpr auto rpm = static_cast<float>(machine.rpm);

template <class... Fs>
using extractor = lv::feature_extractor<length, lv::sample_rate<12'000>, Fs...>;

struct timer {
  std::span<const float> samples;
  double sum = 0;

  /// Microseconds a window.
  template <class Extract>
  [[gnu::noinline]] double operator()(const Extract& extract) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t w = 0; w < windows; ++w)
      sum += static_cast<double>(extract(samples.subspan(w * length, length), rpm).features().back());
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    return took.count() / windows;
  }
};

bool agrees(const std::vector<float>& all) {
  for (std::size_t w = 0; w < windows; w += windows / 4) {
    const std::vector<float> x(all.begin() + static_cast<std::ptrdiff_t>(w * length),
                               all.begin() + static_cast<std::ptrdiff_t>((w + 1) * length));
    const auto own = extractor<lv::vibration<bearing>>{}(x, rpm);
    auto twin = naive::vibration(x, machine);
    for (std::size_t i = 0; i < own.size; ++i) {
      const double value = static_cast<double>(own.values[i]), expected = twin[std::string(own.names[i])];
      if (std::fabs(value - expected) <= 1e-4 * std::fabs(expected) + 1e-5 * twin["rms"]) continue;
      std::fprintf(stderr, "bench_vibration: %s of window %zu is %g, not %g\n", own.names[i].data(), w, value, expected);
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = 11;
  for (int i = 1; i + 1 < argc; ++i)
    if (std::string_view(argv[i]) == "--rounds") rounds = std::strtol(argv[i + 1], nullptr, 10);
  std::vector<float> all;
  all.reserve(windows * length);
  for (unsigned w = 0; w < windows; ++w) {
    const auto one = naive::bearing(length, machine, w);
    all.insert(all.end(), one.begin(), one.end());
  }
  if (!agrees(all)) return 70;

  timer time{all};
  bench::sample s{.name = "feature/vibration/1024", .unit = "us/window"};
  for (long i = 0; i < rounds; ++i) {
    const auto print = [&](const char* metric, double value) {
      s.metric = metric;
      s.value = value;
      bench::print(s);
    };
    print("time", time(extractor<lv::vibration<bearing>>{}));
    print("in time", time(extractor<lv::vibration_in_time>{}));
    print("in frequency", time(extractor<lv::vibration_in_frequency>{}));
    print("envelope", time(extractor<lv::bearing_lines<bearing>>{}));
  }
  return std::isfinite(time.sum) ? 0 : 70;
}
