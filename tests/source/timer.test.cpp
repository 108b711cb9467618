// SPDX-License-Identifier: BSL-1.0
#include <levada/source/timer.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {
constexpr lv::timestamp today{1'700'000'000'000'000'000};

/// A flow of a timer under a manual clock.
auto make(std::vector<lv::timer_event>& output, lv::duration period) {
  return lv::flow(lv::from<"timer">(lv::timer(period)) | lv::to([&output](const lv::timer_event& e) { output.push_back(e); }));
}
lv::polled at(auto& flow, lv::duration steady) {
  flow.set_clock(today + steady, steady);
  return flow.poll();
}
}  // namespace

TEST_CASE("a timer speaks first one period after it was first asked, then every period, and says how late it was") {
  std::vector<lv::timer_event> output;
  auto flow = make(output, 10_ms);
  REQUIRE(flow.open());
  CHECK(at(flow, 1_s) == lv::polled::nothing);
  CHECK(flow.at<"timer">().wake_at() == 1_s + 10_ms);
  CHECK(at(flow, 1_s + 9_ms) == lv::polled::nothing);
  CHECK(at(flow, 1_s + 10_ms) == lv::polled::events);
  CHECK(at(flow, 1_s + 19_ms) == lv::polled::nothing);
  CHECK(at(flow, 1_s + 23_ms) == lv::polled::events);
  CHECK(flow.at<"timer">().wake_at() == 1_s + 30_ms);
  REQUIRE(output.size() == 2);
  CHECK(output[0].late == 0_ms);
  CHECK(output[0].missed == 0);
  CHECK(output[1].late == 3_ms);
  CHECK(output[1].missed == 0);
  CHECK(output[1].time == today + 1_s + 23_ms);
  CHECK(flow.clock().now == output[1].time);
  CHECK(flow.at<"timer">().position() == 2);
}

TEST_CASE("what was slept through is counted in one event, not made up for") {
  std::vector<lv::timer_event> output;
  auto flow = make(output, 10_ms);
  REQUIRE(flow.open());
  CHECK(at(flow, 0_ms) == lv::polled::nothing);
  CHECK(at(flow, 1_s + 5_ms) == lv::polled::events);
  CHECK(at(flow, 1_s + 6_ms) == lv::polled::nothing);
  CHECK(at(flow, 1_s + 10_ms) == lv::polled::events);
  REQUIRE(output.size() == 2);
  CHECK(output[0].missed == 99);
  CHECK(output[0].late == 995_ms);
  CHECK(output[1].missed == 0);
}

TEST_CASE("it never drifts: however it is polled, events and missed periods together are the periods that passed") {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    support::random r{seed};
    std::vector<lv::timer_event> output;
    auto flow = make(output, 1_ms);
    REQUIRE(flow.open());
    lv::duration steady = 5_s;
    CHECK(at(flow, steady) == lv::polled::nothing);
    for (int i = 0; i < 2000; ++i) {
      steady = steady + lv::duration{static_cast<std::int64_t>(r.below(r.one_in(50) ? 30'000'000 : 700'000))};
      (void)at(flow, steady);
    }
    std::uint64_t periods = 0;
    for (const lv::timer_event& e : output) {
      periods += 1 + e.missed;
      CHECK(static_cast<std::uint64_t>(e.late / 1_ms) == e.missed);
    }
    CHECK(periods == static_cast<std::uint64_t>((steady - 5_s) / 1_ms));
  }
}

TEST_CASE("a wall clock that is set back moves no time backward, and delays no event") {
  std::vector<lv::timer_event> output;
  auto flow = make(output, 10_ms);
  REQUIRE(flow.open());
  flow.set_clock(today, 1_s);
  CHECK(flow.poll() == lv::polled::nothing);
  flow.set_clock(today + 10_ms, 1_s + 10_ms);
  CHECK(flow.poll() == lv::polled::events);
  flow.set_clock(today - 3600_s, 1_s + 20_ms);
  CHECK(flow.poll() == lv::polled::events);
  CHECK(output[1].time == today - 3600_s);
  CHECK(flow.clock().now == today + 10_ms);
}
