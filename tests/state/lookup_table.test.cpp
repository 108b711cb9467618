// SPDX-License-Identifier: BSL-1.0
#include <levada/state/lookup_table.hpp>

#include "../support/stream.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>

namespace lv = levada;

TEST_CASE("the last value of a key is found, others are not, as in a map; beyond the bound nothing is taken") {
  support::random r{4};
  lv::lookup_table<std::uint64_t, int> table(50);
  std::map<std::uint64_t, int> naive;
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t key = r.below(80) * r.below(1000);
    const bool room = naive.contains(key) || naive.size() < 50;
    CHECK(table.insert(key, i) == room);
    if (room) naive[key] = i;
    const std::uint64_t other = r.below(80) * r.below(1000);
    const int* found = table.find(other);
    CHECK((found != nullptr) == naive.contains(other));
    if (found != nullptr) CHECK(*found == naive[other]);
  }
  CHECK(table.size() == 50);
  CHECK(table.bound() == 50);
}

TEST_CASE("a copy is a table of its own") {
  lv::lookup_table<lv::text<8>, double> one(4);
  CHECK(one.insert("a", 1));
  auto other = one;
  CHECK(other.insert("a", 2));
  CHECK(*one.find("a") == 1);
  CHECK(*other.find("a") == 2);
}
