// SPDX-License-Identifier: BSL-1.0
// keys: from a key to its slot, and one more in an array by slot; beside a hash map that holds the number itself.
//   bench_keys [--rounds N]
#include <levada/os/clock.hpp>
#include <levada/state/key_table.hpp>

#include "sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
#include <boost/unordered/unordered_flat_map.hpp>
#define LEVADA_BENCH_FLAT_MAP 1
#else
#define LEVADA_BENCH_FLAT_MAP 0
#endif

namespace {

namespace lv = levada;
using key = std::uint64_t;

constexpr std::size_t lookups = 1u << 22;

/// As key_by looks up the keys of a span: where the table is larger than the cache, some events ahead.
struct table {
  lv::key_table<key> keys;
  lv::slots<std::uint32_t> counts;

  explicit table(std::size_t n) : keys(static_cast<std::uint32_t>(n)) { counts.resize(n + 1); }
  void count(std::span<const key> stream) {
    constexpr std::size_t span = 4096, ahead = 24;
    for (std::size_t at = 0; at < stream.size(); at += span) {
      const auto part = stream.subspan(at, std::min(span, stream.size() - at));
      const auto in = keys.enter();
      const auto numbers = counts.enter();
      if (in.is_large()) {
        for (std::size_t i = 0; i < part.size(); ++i) {
          in.prefetch(part[i + ahead < part.size() ? i + ahead : i]);
          ++numbers[in.intern(part[i])];
        }
      } else {
        for (const key k : part) ++numbers[in.intern(k)];
      }
    }
  }
  std::uint64_t count_of(key k) { return counts[keys.find(k)]; }
};
#if LEVADA_BENCH_FLAT_MAP
struct flat_map {
  boost::unordered_flat_map<key, std::uint32_t> counts;

  explicit flat_map(std::size_t n) { counts.reserve(n); }
  void count(std::span<const key> stream) {
    for (const key k : stream) ++counts[k];
  }
  std::uint64_t count_of(key k) { return counts[k]; }
};
#endif

/// Zipf's law with exponent 1: the k-th of n keys comes 1/k as often as the first.
std::vector<key> stream_of(const std::vector<key>& names, bool zipf) {
  std::mt19937_64 random{3};
  std::vector<double> below(names.size());
  double sum = 0;
  for (std::size_t i = 0; i < names.size(); ++i) below[i] = sum += zipf ? 1 / static_cast<double>(i + 1) : 1;
  std::uniform_real_distribution<double> at(0, sum);
  std::vector<key> stream(lookups);
  for (key& k : stream)
    k = names[static_cast<std::size_t>(std::upper_bound(below.begin(), below.end() - 1, at(random)) - below.begin())];
  return stream;
}

template <class Contestant>
double time_of(Contestant& c, std::span<const key> stream) {
  const auto begin = lv::wall_clock{}.steady();
  c.count(stream);
  return static_cast<double>((lv::wall_clock{}.steady() - begin).ns) / static_cast<double>(stream.size());
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 2 && std::string(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 7;
  struct size {
    const char* name;
    std::size_t keys;
  };
  for (const size s : {size{"64", 64}, size{"10k", 10'000}, size{"1M", 1'000'000}}) {
    std::mt19937_64 random{1};
    std::vector<key> names(s.keys);
    for (key& k : names) k = random();
    for (const bool zipf : {false, true}) {
      const std::vector<key> stream = stream_of(names, zipf);
      table own(s.keys);
      own.count(names);  // every key has its place
      const auto tell = [&](const char* who, double ns) {
        bench::print({.name = std::string("state/keys/") + s.name,
                      .metric = zipf ? "zipf" : "uniform",
                      .unit = "ns/event",
                      .who = who,
                      .value = ns,
                      .note = "64-bit keys; a look-up and one more in an array"});
      };
#if LEVADA_BENCH_FLAT_MAP
      flat_map peer(s.keys);
      peer.count(names);
#endif
      for (long i = 0; i < rounds; ++i) {
        tell("levada", time_of(own, stream));
#if LEVADA_BENCH_FLAT_MAP
        tell("flat_map", time_of(peer, stream));
#endif
      }
#if LEVADA_BENCH_FLAT_MAP
      for (const key k : names)
        if (own.count_of(k) != peer.count_of(k)) return std::fputs("bench_keys: the counts differ\n", stderr), 1;
#else
      std::fputs("bench_keys: without boost::unordered_flat_map (libboost1.81-dev)\n", stderr);
#endif
    }
  }
}
