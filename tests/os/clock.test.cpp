// SPDX-License-Identifier: BSL-1.0
#include <levada/os/clock.hpp>

#include <doctest/doctest.h>

#include <ctime>

namespace lv = levada;
using namespace lv::literals;

TEST_CASE("wall_clock: both clocks run forward, and now() counts from 1970") {
  lv::wall_clock clock;
  auto a = clock.steady(), b = clock.steady();
  CHECK(a <= b);
  auto before = lv::timestamp{std::int64_t{std::time(nullptr)} * 1'000'000'000};
  auto now = clock.now();
  CHECK(now - before > lv::duration{-2'000'000'000});  // time(2) may lag by a tick
  CHECK(now - before < 60_s);
}

TEST_CASE("timespec_of: a wait is never negative and never too long for the kernel") {
  auto t = lv::detail::timespec_of(1'500_ms);
  CHECK(t.tv_sec == 1);
  CHECK(t.tv_nsec == 500'000'000);
  CHECK(lv::detail::timespec_of(lv::duration{-1}).tv_sec == 0);
  CHECK(lv::detail::timespec_of(lv::duration{INT64_MIN}).tv_nsec == 0);
  CHECK(lv::detail::timespec_of(lv::duration{INT64_MAX}).tv_sec > 700'000'000);
}
