// SPDX-License-Identifier: BSL-1.0
#include <levada/op/drop_late.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
/// Times that step back now and then.
std::vector<reading> unordered(std::size_t n) {
  auto events = support::readings(n);
  support::random r{3};
  for (reading& one : events)
    if (r.one_in(5)) one.time = one.time - lv::duration{static_cast<std::int64_t>(r.below(20'000'000))};
  return events;
}
std::vector<reading> expected_of(const std::vector<reading>& events, lv::duration allowed, bool by_sensor) {
  std::map<std::uint32_t, lv::timestamp> newest;
  std::vector<reading> kept;
  for (const reading& r : events) {
    auto& time = newest.try_emplace(by_sensor ? r.sensor : 0, lv::long_ago).first->second;
    if (time != lv::long_ago && r.time < time - allowed) continue;
    if (r.time > time) time = r.time;
    kept.push_back(r);
  }
  return kept;
}
}  // namespace

TEST_CASE("what is older than the newest minus the allowed time is dropped and counted") {
  const auto events = unordered(3000);
  for (lv::duration allowed : {0_ms, 1_ms, 5_ms}) {
    const auto expected = expected_of(events, allowed, false);
    CHECK(expected.size() < events.size());
    for (std::size_t length : support::span_lengths) {
      CAPTURE(length);
      std::vector<reading> output;
      auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::drop_late<"late">(&reading::time, allowed) |
                           lv::to([&](const reading& r) { output.push_back(r); }));
      REQUIRE(flow.open());
      support::in_spans(events, length, [&](auto part) { flow.push(part); });
      CHECK(output == expected);
      CHECK(flow.counts<"late">().in == events.size());
      CHECK(flow.counts<"late">().out == expected.size());
      CHECK(flow.counts<"late">().dropped == events.size() - expected.size());
    }
  }
}

TEST_CASE("below key_by each key has its own time") {
  const auto events = unordered(3000);
  const auto expected = expected_of(events, 1_ms, true);
  CHECK(support::outcome<reading>(events, 100, [](auto& output) {
          return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::drop_late(&reading::time, 1_ms) |
                          lv::to([&](const reading& r) { output.push_back(r); }));
        }) == expected);
}

TEST_CASE("equal times are in time, and a time at either end of the scale is compared right") {
  std::vector<lv::timestamp> output;
  auto flow = lv::flow(lv::from(lv::input<lv::timestamp>()) | lv::drop_late([](lv::timestamp t) { return t; }, 1_s) |
                       lv::to([&](lv::timestamp t) { output.push_back(t); }));
  REQUIRE(flow.open());
  const lv::timestamp today{1'700'000'000'000'000'000};
  flow.push(
      std::vector<lv::timestamp>{lv::long_ago, {-5}, {-5}, today, today, lv::long_ago, {-5}, lv::never, today, lv::long_ago});
  CHECK(output == std::vector<lv::timestamp>{lv::long_ago, {-5}, {-5}, today, today, lv::never});
}

TEST_CASE("a retired key's time is forgotten") {
  std::vector<std::int64_t> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::drop_late(&reading::time) | lv::to([&](const reading& r) { output.push_back(r.time.ns); }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>{{.time = {50}}, {.time = {49}}});
  flow.advance({200'000'000'000});
  flow.push(std::vector<reading>{{.time = {10}, .sensor = 2}, {.time = {9}, .sensor = 2}});
  CHECK(output == std::vector<std::int64_t>{50, 10});
}
