// SPDX-License-Identifier: BSL-1.0
#include <levada/os/random.hpp>

#include <doctest/doctest.h>

#include <set>

TEST_CASE("random_number: no two are the same, and every bit is now and then set") {
  std::set<std::uint64_t> drawn;
  std::uint64_t bits = 0;
  for (int i = 0; i < 1000; ++i) {
    auto n = levada::random_number();
    REQUIRE(n);
    drawn.insert(*n);
    bits |= *n;
  }
  CHECK(drawn.size() == 1000);
  CHECK(bits == UINT64_MAX);
}
