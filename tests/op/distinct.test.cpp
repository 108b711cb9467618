// SPDX-License-Identifier: BSL-1.0
#include <levada/op/distinct.hpp>

#include "../support/stream.hpp"

#include <levada/core/text.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {

/// Ways to make the i-th of many different keys: those that come in practice are not random.
enum class keys { random, counted, strided, high_bits, bit_pairs };
std::uint64_t nth(keys of, std::uint64_t i, std::uint64_t seed) {
  switch (of) {
    case keys::counted: return seed * 1'000'003 + i;
    case keys::strided: return seed + i * 4096;
    case keys::high_bits: return i << 40 | seed;
    case keys::bit_pairs: return (i * i) ^ seed << 32;
    case keys::random: break;
  }
  support::random r{seed * 0x1234567 + i};
  return r.next();
}
constexpr keys kinds[] = {keys::random, keys::counted, keys::strided, keys::high_bits, keys::bit_pairs};

template <unsigned Bits>
void has_its_error(keys of, std::uint64_t n) {
  CAPTURE(static_cast<int>(of));
  CAPTURE(Bits);
  CAPTURE(n);
  constexpr int rounds = 40;
  double bias = 0, squares = 0;
  for (int round = 1; round <= rounds; ++round) {
    lv::hyperloglog<Bits> s;
    for (std::uint64_t i = 0; i < n; ++i) s.add(nth(of, i, static_cast<std::uint64_t>(round)));
    const double error = s.estimate() / static_cast<double>(n) - 1;
    bias += error;
    squares += error * error;
  }
  const double stated = 1.04 / std::sqrt(1 << Bits);
  CHECK(std::fabs(bias / rounds) < 4 * stated / std::sqrt(rounds));
  CHECK(std::sqrt(squares / rounds) < 1.4 * stated);
}
template <class T>
bool same_bytes(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

TEST_CASE("the estimate has the stated error and no bias, from few to many, for orderly keys too") {
  for (const keys of : kinds) {
    for (std::uint64_t n : {20u, 200u, 1000u, 3000u}) has_its_error<8>(of, n);
    for (std::uint64_t n : {100u, 4096u, 10'240u, 30'000u}) has_its_error<12>(of, n);
  }
}

TEST_CASE("nothing is estimated as none, few are nearly exact, and repetition does not count") {
  lv::hyperloglog<> s;
  CHECK(s.estimate() == 0);
  for (std::uint32_t i = 0; i < 10; ++i)
    for (std::uint32_t again = 0; again < 1000; ++again) s.add(i);
  CHECK(std::fabs(s.estimate() - 10) < 0.2);
}

TEST_CASE("where registers are as high as they can be, the estimate is the one of the paper") {
  lv::hyperloglog<4> s;
  for (std::uint64_t i = 0; i < 16; ++i) s.add_hash(i << 60 | (i % 2));  // ranks 61, the highest, and 60
  double tau = 1 - 0.5;
  for (int k = 1; k < 60; ++k) tau -= std::pow(1 - std::pow(0.5, std::pow(2, -k)), 2) * std::pow(2, -k);
  tau /= 3;
  CHECK(s.estimate() == doctest::Approx(256 / (2 * std::log(2) * (16 * tau + 8) * std::pow(2, -60))));
  for (std::uint64_t i = 0; i < 16; ++i) s.add_hash(i << 60);
  CHECK(s.estimate() > 1e30);  // nothing is left to estimate by
}

TEST_CASE("sketches of parts, merged in any order, are the sketch of the whole, byte for byte") {
  support::random r{2};
  for (int round = 0; round < 50; ++round) {
    lv::hyperloglog<6> whole, parts[3], merged;
    for (std::uint64_t i = r.below(2000); i > 0; --i) {
      const std::uint64_t k = r.below(500);
      whole.add(k);
      parts[r.below(3)].add(k);
    }
    for (int i : {2, 0, 1}) merged.merge(parts[i]);
    CHECK(same_bytes(merged, whole));
  }
}

TEST_CASE("a sketch is its bytes: a copy of them goes on as the sketch does") {
  lv::hyperloglog<> live, restored;
  for (std::uint32_t i = 0; i < 1000; ++i) live.add(i);
  std::memcpy(&restored, &live, sizeof live);
  for (std::uint32_t i = 500; i < 3000; ++i) live.add(i), restored.add(i);
  CHECK(same_bytes(live, restored));
}

TEST_CASE("in windows: how many different levels the last events of a key had, however spans are cut") {
  auto events = support::readings(4000);
  for (reading& e : events) e.level /= 50;
  struct found {
    std::uint32_t sensor;
    std::uint64_t levels;
    bool operator==(const found&) const = default;
  };
  std::map<std::uint32_t, std::vector<std::int32_t>> past;
  std::vector<found> expected;
  for (const reading& e : events) {
    auto& own = past[e.sensor];
    own.push_back(e.level);
    if (own.size() % 20 == 0 && own.size() >= 100)
      expected.push_back({e.sensor, std::set<std::int32_t>(own.end() - 100, own.end()).size()});
  }
  std::vector<found> one_by_one;
  for (std::size_t length : support::span_lengths) {
    const auto output = support::outcome<found>(events, length, [](auto& rows) {
      return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                      lv::window<lv::sliding{100, 20}>(lv::aggregate<lv::distinct<>>(&reading::level)) |
                      lv::to([&](const auto& row) { rows.push_back({row.key, row.template get<lv::distinct<>>()}); }));
    });
    REQUIRE(output.size() == expected.size());
    std::size_t exact = 0;
    for (std::size_t i = 0; i < output.size(); ++i) {
      CHECK(output[i].sensor == expected[i].sensor);
      CHECK(std::fabs(static_cast<double>(output[i].levels) - static_cast<double>(expected[i].levels)) <= 2);
      exact += output[i] == expected[i];
    }
    CHECK(exact > output.size() / 2);
    if (one_by_one.empty()) one_by_one = output;
    CHECK(output == one_by_one);
  }
}

TEST_CASE("alone, and of words") {
  auto flow = lv::flow(lv::from(lv::input<lv::text<16>>()) |
                       lv::fold(lv::hyperloglog<>{}, [](auto& s, const lv::text<16>& word) { s.add(word); }) |
                       lv::to([](const lv::hyperloglog<>& s) { CHECK(std::fabs(s.estimate() - 3) < 0.1); }));
  REQUIRE(flow.open());
  flow.push(std::vector<lv::text<16>>{"red", "green", "red", "blue", "green", "red"});
  flow.finish();
}
