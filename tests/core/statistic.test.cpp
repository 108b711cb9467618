// SPDX-License-Identifier: BSL-1.0
#include <levada/core/statistic.hpp>

#include <doctest/doctest.h>

#include <cstdint>

namespace lv = levada;

namespace {
/// Whoever has gathered values: here 1, 2, 3 and 6.
struct gathered {
  std::uint64_t n = 4;
  float least = 1, greatest = 6, first = 2, last = 3;
  [[nodiscard]] double mean() const { return 3; }
  [[nodiscard]] double second() const { return 14; }
  [[nodiscard]] double total() const { return 12; }
};
}  // namespace

TEST_CASE("a statistic is a name, and what it makes of the moments that somebody has gathered") {
  const gathered all;
  CHECK(lv::count::of(all) == 4);
  CHECK(lv::sum::of(all) == 12);
  CHECK(lv::mean::of(all) == 3);
  CHECK(lv::min::of(all) == 1);
  CHECK(lv::max::of(all) == 6);
  CHECK(lv::first::of(all) == 2);
  CHECK(lv::last::of(all) == 3);
  CHECK(lv::variance::of(all) == 3.5);
  CHECK(lv::stddev::of(all) == doctest::Approx(1.8708286934));
  CHECK(lv::stddev::name == "stddev");
}
TEST_CASE("what it asks for, the gatherer keeps") {
  CHECK(lv::count::needs == 0);
  CHECK(lv::variance::needs == lv::stddev::needs);
  CHECK(lv::aggregate_function<lv::mean>);
  CHECK(!lv::aggregate_function<gathered>);
}
