// SPDX-License-Identifier: BSL-1.0
#include <levada/core/keyed.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>

#include <type_traits>

using namespace levada;

namespace {
struct reading {
  int sensor;
  double value;
};
using keyed_reading = keyed<int, reading>;
}  // namespace

TEST_CASE("an event with a key around it still is that event") {
  static_assert(is_keyed<keyed_reading> && !is_keyed<reading>);
  static_assert(std::is_same_v<payload_type<keyed_reading>, reading>);
  static_assert(std::is_same_v<payload_type<reading>, reading>);
  static_assert(std::is_same_v<relayed_type<keyed_reading, double>, keyed<int, double>>);
  static_assert(std::is_same_v<relayed_type<reading, double>, double>);
}

TEST_CASE("a small key travels by value, a large one by reference") {
  std::uint64_t number = 7;
  std::array<char, 64> name{};
  const reading r{7, 2.5};
  const keyed<std::uint64_t, reading> small{1, number, r};
  const keyed<std::array<char, 64>, reading> large{1, name, r};
  number = 8;
  CHECK(small.key == 7);
  CHECK(&large.key == &name);
}

TEST_CASE("payload, slot and relay see through the key") {
  int key = 7;
  reading r{7, 2.5};
  keyed_reading k{3, key, r};
  CHECK(&payload(k) == &r);
  CHECK(&payload(r) == &r);
  CHECK(slot_of(k) == 3);
  CHECK(slot_of(r) == 0);

  double result = 9;
  auto relayed = relay(k, result);
  CHECK(relayed.slot == 3);
  CHECK(relayed.key == key);
  CHECK(&relayed.event == &result);
  CHECK(relay(r, result) == 9);
}
