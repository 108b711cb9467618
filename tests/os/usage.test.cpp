// SPDX-License-Identifier: BSL-1.0
#include <levada/os/usage.hpp>

#include <levada/os/process.hpp>

#include <doctest/doctest.h>

#include <ctime>

namespace lv = levada;
using namespace lv::literals;

TEST_CASE("usage_of: this process has memory, a beginning, and time that grows with work") {
  auto before = lv::usage_of(lv::process_id());
  REQUIRE(before);
  CHECK(before->rss_kib > 100);
  CHECK(before->rss_kib < 64'000'000);
  CHECK(before->start_time > lv::duration{});
  auto worked = [] {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return lv::duration{t.tv_sec * 1'000'000'000L + t.tv_nsec};
  };
  for (auto end = worked() + 50_ms; worked() < end;) {
  }
  auto after = lv::usage_of(lv::process_id());
  REQUIRE(after);
  CHECK(after->cpu_time - before->cpu_time >= 20_ms);  // the kernel counts in ticks of 10 ms
  CHECK(after->cpu_time <= worked() + 50_ms);
  CHECK(after->start_time == before->start_time);
}

TEST_CASE("usage_of: no such process is unavailable, in words") {
  auto none = lv::usage_of(999'999'999);
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unavailable);
  CHECK(none.error().sentence.view() == "there is no process 999999999");
}

TEST_CASE("number_at: cells of a line by place") {
  CHECK(lv::detail::number_at("R 12 34 56\n", 3) == 34);
  CHECK(lv::detail::number_at("R 12 34 56\n", 4) == 56);
  CHECK(lv::detail::number_at("R 12", 9) == 0);
  CHECK(lv::detail::number_at("", 1) == 0);
}
