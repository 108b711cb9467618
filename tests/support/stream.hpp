// SPDX-License-Identifier: BSL-1.0
// stream: random readings with a fixed seed, and ways to cut them into spans: what the tests of operators have in common.
#pragma once

#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace support {

/// Steele, Lea and Flood's splitmix64: the same numbers with every library and compiler.
struct random {
  std::uint64_t state = 1;

  std::uint64_t next() {
    std::uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  double between(double low, double high) { return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53; }
  /// About normal: the sum of twelve uniform numbers (Irwin and Hall).
  double normal(double mean, double sigma) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += between(0, 1);
    return mean + sigma * sum;
  }
};

struct reading {
  levada::timestamp time{};
  std::uint32_t sensor = 0;
  std::int32_t level = 0;
  double value = 0;

  friend bool operator==(const reading&, const reading&) = default;
};

inline std::vector<reading> readings(std::size_t n, std::uint32_t sensors = 7, std::uint64_t seed = 1) {
  random r{seed};
  std::vector<reading> all(n);
  std::int64_t time = 1'000'000'000'000;
  for (reading& one : all) {
    time += static_cast<std::int64_t>(r.below(1'000'000));
    one = {{time}, static_cast<std::uint32_t>(r.below(sensors)), static_cast<std::int32_t>(r.below(2001)) - 1000,
           r.between(-100, 100)};
  }
  return all;
}

/// Lengths of spans around the one from which on a graph lifts state into a frame (64), and very long ones.
inline constexpr std::size_t span_lengths[] = {1, 7, 63, 64, 65, 1000, 100'000};

/// part(events) for consecutive spans of `length` events, with an empty one before each tenth.
template <class E, class F>
void in_spans(const std::vector<E>& events, std::size_t length, F&& part) {
  const std::span<const E> all(events);
  for (std::size_t at = 0, n = 0; at < all.size(); at += length, ++n) {
    if (n % 10 == 0) part(all.first(0));
    part(all.subspan(at, length < all.size() - at ? length : all.size() - at));
  }
}

/// make(output) gives a flow that writes to a vector; what it has written when it was fed spans of `length` and ended.
template <class Out, class E, class Make>
std::vector<Out> outcome(const std::vector<E>& events, std::size_t length, Make&& make) {
  std::vector<Out> output;
  auto flow = make(output);
  if (!flow.open()) return {};
  in_spans(events, length, [&](std::span<const E> part) { flow.push(part); });
  flow.finish();
  return output;
}

}  // namespace support
