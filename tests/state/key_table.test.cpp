// SPDX-License-Identifier: BSL-1.0
#include <levada/state/key_table.hpp>

#include "../support/stream.hpp"

#include <levada/core/text.hpp>

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstring>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace lv = levada;

namespace {
template <std::size_t N>
struct bytes {
  std::array<unsigned char, N> value{};
};
template <std::size_t N>
bytes<N> bytes_of(std::uint64_t n) {
  bytes<N> b;
  std::memcpy(b.value.data() + (N < 8 ? 0 : N - 8), &n, N < 8 ? N : 8);  // the last bytes count
  return b;
}

/// The same table, naively.
template <class Key>
struct naive {
  struct entry {
    std::uint32_t slot, age;
  };
  std::unordered_map<std::string, entry> map;
  static std::string name(const Key& k) { return {reinterpret_cast<const char*>(&k), sizeof k}; }
};

/// Interns, finds and retires at random, always comparing.
template <class Key>
void churn(auto make, std::uint32_t bound, std::uint64_t keys, int steps, std::uint32_t scan) {
  lv::key_table<Key> table(bound);
  naive<Key> reference;
  std::set<std::uint32_t> in_use;
  support::random r{keys + bound};
  std::uint32_t clock = 10;
  for (int step = 0; step < steps; ++step) {
    const Key k = make(r.below(keys));
    const auto known = reference.map.find(naive<Key>::name(k));
    if (r.one_in(4)) {
      const std::uint32_t slot = table.find(k);
      REQUIRE(slot == (known == reference.map.end() ? table.none : known->second.slot));
    } else if (!r.one_in(200)) {
      const std::uint32_t age = r.one_in(10) ? clock - 5 : clock;  // a late event does not make its key look idle
      const std::uint32_t slot = table.intern(k, age);
      if (known != reference.map.end()) {
        REQUIRE(slot == known->second.slot);
        known->second.age = std::max(known->second.age, age);
      } else if (reference.map.size() == bound) {
        REQUIRE(slot == table.none);
      } else {
        REQUIRE(slot >= 1);
        REQUIRE(slot <= bound);
        REQUIRE(in_use.insert(slot).second);
        reference.map[naive<Key>::name(k)] = {slot, age};
      }
    } else {
      clock += static_cast<std::uint32_t>(r.below(3)) + 1;
      const std::uint32_t horizon = clock - 2;
      std::set<std::uint32_t> gone;
      for (std::size_t i = 0; i < 40 * std::size_t{bound} / scan + 40; ++i)  // small steps end the round, too
        table.retire(horizon, scan, [&](std::uint32_t slot) { REQUIRE(gone.insert(slot).second); });
      std::set<std::uint32_t> expected;
      std::erase_if(reference.map, [&](const auto& one) {
        if (one.second.age >= horizon) return false;
        expected.insert(one.second.slot);
        in_use.erase(one.second.slot);
        return true;
      });
      REQUIRE(gone == expected);
    }
    REQUIRE(table.size() == reference.map.size());
  }
  std::size_t visited = 0;
  table.for_each([&](const Key& k, std::uint32_t slot) {
    ++visited;
    REQUIRE(reference.map.at(naive<Key>::name(k)).slot == slot);
  });
  CHECK(visited == reference.map.size());
}
}  // namespace

TEST_CASE("a table equals the naive one under churn and retirement, with its bound reached and not") {
  auto number = [](std::uint64_t n) { return n; };
  churn<std::uint64_t>(number, 1, 3, 5'000, 4096);
  churn<std::uint64_t>(number, 7, 20, 20'000, 3);
  churn<std::uint64_t>(number, 100, 90, 20'000, 4096);
  churn<std::uint64_t>(number, 100, 1000, 40'000, 64);
  churn<std::uint64_t>([](std::uint64_t n) { return n << 40; }, 1000, 3000, 40'000, 4096);
  churn<std::uint32_t>([](std::uint64_t n) { return static_cast<std::uint32_t>(n * 4096); }, 500, 700, 20'000, 1000);
}

TEST_CASE("keys of 1 to 64 bytes, of which only the last differ") {
  churn<bytes<1>>(bytes_of<1>, 200, 256, 5'000, 4096);
  churn<bytes<2>>(bytes_of<2>, 100, 300, 5'000, 4096);
  churn<bytes<3>>(bytes_of<3>, 100, 300, 5'000, 4096);
  churn<bytes<7>>(bytes_of<7>, 100, 300, 5'000, 4096);
  churn<bytes<9>>(bytes_of<9>, 100, 300, 5'000, 4096);
  churn<bytes<16>>(bytes_of<16>, 100, 300, 5'000, 4096);
  churn<bytes<33>>(bytes_of<33>, 100, 300, 5'000, 4096);
  churn<bytes<64>>(bytes_of<64>, 100, 300, 5'000, 4096);
  churn<lv::text<16>>([](std::uint64_t n) { return lv::text<16>("sensor " + std::to_string(n)); }, 100, 300, 5'000, 4096);
}

TEST_CASE("slots are dense, from 1 on, in the order in which keys come") {
  lv::key_table<int> table(1000);
  for (std::uint32_t i = 0; i < 1000; ++i) CHECK(table.intern(static_cast<int>(i * 7), 0) == i + 1);
  CHECK(table.size() == 1000);
  CHECK(table.bound() == 1000);
  CHECK(table.intern(-1, 0) == table.none);
  CHECK(table.intern(7, 0) == 2);
  CHECK(table.find(-1) == table.none);
}

TEST_CASE("one call with enough room retires every key that is older than the horizon") {
  for (std::uint32_t keys : {1u, 10u, 100u, 128u}) {
    CAPTURE(keys);
    lv::key_table<std::uint32_t> table(128);
    for (std::uint32_t k = 0; k < keys; ++k) table.intern(k, k % 2 == 0 ? 5 : 6);
    std::uint32_t told = 0;
    CHECK(table.retire(6, 1u << 20, [&](std::uint32_t) { ++told; }) == (keys + 1) / 2);
    CHECK(told == (keys + 1) / 2);
    CHECK(table.size() == keys / 2);
    CHECK(table.retire(6, 1u << 20, [](std::uint32_t) {}) == 0);
    for (std::uint32_t k = 0; k < keys; ++k) CHECK((table.find(k) != table.none) == (k % 2 == 1));
  }
}

TEST_CASE("no call looks at more buckets than it was allowed") {
  lv::key_table<std::uint32_t> table(100);
  for (std::uint32_t k = 0; k < 100; ++k) table.intern(k, 1);
  std::uint32_t calls = 0;
  while (table.size() > 0) {
    CHECK(table.retire(2, 5, [](std::uint32_t) {}) <= 5);
    REQUIRE(++calls < 1000);
  }
  CHECK(calls >= 20);
}

TEST_CASE("what is a key") {
  enum class side : char { left };
  struct padded {
    char a;
    int b;
  };
  struct place {
    int hall, row;
  };
  CHECK(lv::key<int>);
  CHECK(lv::key<bool>);
  CHECK(lv::key<side>);
  CHECK(lv::key<place>);
  CHECK(lv::key<lv::text<64>>);
  CHECK(!lv::key<padded>);
  CHECK(!lv::key<double>);
  CHECK(!lv::key<bytes<65>>);
  CHECK(!lv::key<std::string>);
  CHECK(!lv::key<std::string_view>);
  CHECK(!lv::key<const char*>);
}

TEST_CASE("low and high bits of the hash spread keys that follow a pattern") {
  constexpr std::uint64_t n = 4096, places = 32768;
  for (unsigned shift : {0u, 1u, 3u, 8u, 12u, 16u, 32u, 40u, 52u}) {
    CAPTURE(shift);
    std::vector<int> low(places), high(lv::key_groups);
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t h = lv::hash_of(i << shift);
      ++low[h % places];
      ++high[lv::group_of(h)];
    }
    std::uint64_t pairs = 0;  // of keys in one place: n^2 / (2 * places) = 256 if they were thrown at random
    for (int c : low) pairs += static_cast<std::uint64_t>(c) * static_cast<std::uint64_t>(c - (c > 0 ? 1 : 0)) / 2;
    CHECK(pairs < 2 * 256);
    for (int c : high) CHECK(c < 4 * static_cast<int>(n / lv::key_groups));
  }
}
