// SPDX-License-Identifier: BSL-1.0
#include <levada/core/time.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <ratio>
#include <type_traits>

using namespace levada;
using namespace levada::literals;

TEST_CASE("lengths come from std::chrono and from literals") {
  using namespace std::chrono;
  CHECK(levada::duration(std::chrono::seconds(3)).ns == 3'000'000'000);
  CHECK(levada::duration(hours(-2)).ns == -7'200'000'000'000);
  CHECK(levada::duration(nanoseconds(7)).ns == 7);
  CHECK(levada::duration(days(1)).ns == 86'400'000'000'000);
  CHECK(levada::duration(std::chrono::duration<int, std::ratio<1, 25>>(1)).ns == 40'000'000);
  CHECK(levada::duration(std::chrono::duration<short>(2)).ns == 2'000'000'000);
  CHECK(1_ns == levada::duration(1));
  CHECK(2_us == levada::duration(2'000));
  CHECK(3_ms == levada::duration(3'000'000));
  CHECK(4_s == levada::duration(4'000'000'000));
  CHECK(5_min == 300_s);
  CHECK(6_h == 360_min);
}

TEST_CASE("units that are a whole number of nanoseconds are exact; lengths in doubles are refused") {
  CHECK(levada::duration(std::chrono::duration<int, std::ratio<3, 2>>(4)).ns == 6'000'000'000);
  static_assert(!std::is_convertible_v<std::chrono::duration<double>, levada::duration>);
}

TEST_CASE("arithmetic of instants and lengths") {
  CHECK(-1_s == levada::duration{-1'000'000'000});
  CHECK(+1_s == levada::duration{1'000'000'000});
  timestamp t{10'000'000'000};
  CHECK((t + 1_s).ns == 11'000'000'000);
  CHECK((t - 11_s).ns == -1'000'000'000);
  CHECK((t + 5_s) - t == 5_s);
  CHECK(7_s / 2_s == 3);
  CHECK(7_s / 2 == 3500_ms);
  CHECK(3_ms * 4 == 12_ms);
  CHECK(levada::duration(-5) < 0_ns);
  CHECK(t < t + 1_ns);
  CHECK((1500_ms).seconds() == 1.5);
}

TEST_CASE("slots are aligned to the calendar and rounded down, before 1970 too") {
  CHECK(slot_of(timestamp{0}, 1_s) == 0);
  CHECK(slot_of(timestamp{999'999'999}, 1_s) == 0);
  CHECK(slot_of(timestamp{1'000'000'000}, 1_s) == 1);
  CHECK(slot_of(timestamp{-1}, 1_s) == -1);
  CHECK(slot_of(timestamp{-1'000'000'000}, 1_s) == -1);
  CHECK(slot_of(timestamp{-1'000'000'001}, 1_s) == -2);
  CHECK(slot_of(long_ago, 1_ns) == INT64_MIN);
  CHECK(slot_of(never, 1_ns) == INT64_MAX);
  for (std::int64_t ns = -100; ns <= 100; ++ns)
    for (std::int64_t length = 1; length < 12; ++length) {
      auto slot = slot_of(timestamp{ns}, levada::duration(length));
      REQUIRE((slot * length <= ns && ns < (slot + 1) * length));
    }
}

TEST_CASE("sums of times stop at the ends of the scale, and no distance is too large") {
  namespace detail = levada::detail;
  CHECK(detail::later(timestamp{5}, 3_ns) == timestamp{8});
  CHECK(detail::later(never, 1_ns) == never);
  CHECK(detail::later(timestamp{INT64_MAX - 5}, 10_h) == never);
  CHECK(detail::later(long_ago, levada::duration{-1}) == long_ago);
  CHECK(detail::earlier(timestamp{5}, 7_ns) == timestamp{-2});
  CHECK(detail::earlier(long_ago, 1_ns) == long_ago);
  CHECK(detail::earlier(never, levada::duration{-1}) == never);
  CHECK(detail::begin_of(-2, 1_s) == timestamp{-2'000'000'000});
  CHECK(detail::begin_of(INT64_MAX, 2_ns) == never);
  CHECK(detail::begin_of(INT64_MIN, 2_ns) == long_ago);
  CHECK(detail::floor(timestamp{-1}, 1_s) == timestamp{-1'000'000'000});
  CHECK(detail::next_multiple(timestamp{-1}, 1_s) == timestamp{0});
  CHECK(detail::next_multiple(timestamp{0}, 1_s) == timestamp{1'000'000'000});
  CHECK(detail::next_multiple(never, 1_s) == never);
  CHECK(detail::distance(long_ago, never) == UINT64_MAX);
  CHECK(detail::distance(timestamp{-3}, timestamp{4}) == 7);
  CHECK(detail::apart(timestamp{4}, timestamp{-3}) == 7);
}

TEST_CASE("both can be template arguments") {
  []<timestamp T, levada::duration D>(std::integral_constant < bool, T<T + D>) {}.operator()<timestamp{5}, 3_s>({});
  static_assert(std::is_trivially_copyable_v<timestamp> && sizeof(timestamp) == 8);
  static_assert(std::is_trivially_copyable_v<levada::duration> && sizeof(levada::duration) == 8);
}

TEST_CASE("a manual clock stands still until it is told") {
  manual_clock clock{timestamp{100}, 7_ns};
  static_assert(clock_source<manual_clock>);
  CHECK(clock.now() == clock.now());
  clock.advance(1_s);
  CHECK(clock.now().ns == 1'000'000'100);
  CHECK(clock.steady().ns == 1'000'000'007);
  clock.wall = timestamp{-5};
  CHECK(clock.steady().ns == 1'000'000'007);
}
