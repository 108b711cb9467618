// SPDX-License-Identifier: BSL-1.0
#include <levada/op/throttle.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

constexpr std::int64_t ms = 1'000'000;

/// A flow, by event time or processing time, keyed or not.
template <class Op>
auto keyed(Op op, std::vector<reading>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 16}) | std::move(op) |
                  lv::to([&](const reading& r) { output.push_back(r); }));
}
/// Every event at its own time.
void in_time(auto& flow, const std::vector<reading>& events) {
  for (const reading& r : events) {
    flow.advance(r.time);
    flow.push(r);
  }
}

std::vector<reading> first_of(const std::vector<reading>& events, lv::duration interval) {
  std::map<std::uint32_t, std::int64_t> passed;
  std::vector<reading> kept;
  for (const reading& r : events) {
    const auto [at, is_new] = passed.try_emplace(r.sensor, r.time.ns);
    if (!is_new && r.time.ns < at->second + interval.ns) continue;
    at->second = r.time.ns;
    kept.push_back(r);
  }
  return kept;
}
/// By sensor, so that the order between keys does not count.
std::map<std::uint32_t, std::vector<reading>> last_of(const std::vector<reading>& events, lv::duration interval) {
  struct open {
    std::int64_t end;
    reading last;
  };
  std::map<std::uint32_t, open> intervals;
  std::map<std::uint32_t, std::vector<reading>> kept;
  for (const reading& r : events) {
    const auto [at, is_new] = intervals.try_emplace(r.sensor, open{r.time.ns + interval.ns, r});
    if (!is_new && at->second.end <= r.time.ns) {
      kept[r.sensor].push_back(at->second.last);
      at->second.end = r.time.ns + interval.ns;
    }
    at->second.last = r;
  }
  for (const auto& [sensor, one] : intervals) kept[sensor].push_back(one.last);
  return kept;
}
std::map<std::uint32_t, std::vector<reading>> by_sensor(const std::vector<reading>& events) {
  std::map<std::uint32_t, std::vector<reading>> parts;
  for (const reading& r : events) parts[r.sensor].push_back(r);
  return parts;
}

}  // namespace

TEST_CASE("throttle lets the first event of each interval pass, by event time and by processing time") {
  const auto events = support::readings(3000);
  for (const lv::duration interval : {1_ms, 10_ms, 300_ms}) {
    const auto expected = first_of(events, interval);
    for (const std::size_t length : support::span_lengths)
      CHECK(support::outcome<reading>(
                events, length, [&](auto& output) { return keyed(lv::throttle(interval, &reading::time), output); }) == expected);
    std::vector<reading> output;
    auto flow = keyed(lv::throttle<"thin">(interval), output);
    REQUIRE(flow.open());
    in_time(flow, events);
    CHECK(output == expected);
    CHECK(flow.counts<"thin">().in == events.size());
    CHECK(flow.counts<"thin">().out == expected.size());
    CHECK(flow.counts<"thin">().dropped == 0);
  }
}

TEST_CASE("what is older than the event that passed does not pass, and the ends of the scale are times like others") {
  std::vector<std::int64_t> output;
  auto flow = lv::flow(lv::from(lv::input<lv::timestamp>()) | lv::throttle(10_ns, [](lv::timestamp t) { return t; }) |
                       lv::to([&](lv::timestamp t) { output.push_back(t.ns); }));
  REQUIRE(flow.open());
  flow.push(std::vector<lv::timestamp>{lv::long_ago, {0}, {9}, {-5}, {10}, {5}, {INT64_MAX - 3}, {INT64_MAX - 1}, lv::never});
  CHECK(output == std::vector<std::int64_t>{INT64_MIN, 0, 10, INT64_MAX - 3, INT64_MAX});
}

TEST_CASE("throttle_last tells the last event of each interval") {
  const auto events = support::readings(3000);
  for (const lv::duration interval : {1_ms, 10_ms, 300_ms}) {
    const auto expected = last_of(events, interval);
    std::vector<reading> one_by_one;
    for (const std::size_t length : support::span_lengths) {
      const auto output = support::outcome<reading>(events, length, [&](auto& to) {
        return lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 5) |
                        lv::key_by(&reading::sensor, {.bound = 16}) | lv::throttle_last(interval, &reading::time) |
                        lv::to([&](const reading& r) { to.push_back(r); }));
      });
      CHECK(by_sensor(output) == expected);
      if (one_by_one.empty()) one_by_one = output;
      CHECK(output == one_by_one);
    }
    std::vector<reading> output;
    auto flow = keyed(lv::throttle_last(interval), output);
    REQUIRE(flow.open());
    in_time(flow, events);
    flow.finish();
    CHECK(by_sensor(output) == expected);
  }
}

TEST_CASE("time alone ends an interval, in the order of the ends") {
  std::vector<std::uint32_t> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::throttle_last(10_ms) |
                       lv::to([&](const reading& r) { output.push_back(r.sensor); }));
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  flow.advance({5 * ms});
  flow.push(reading{.sensor = 2});
  flow.advance({7 * ms});
  flow.push(reading{.sensor = 1});
  CHECK(flow.due() == lv::timestamp{15 * ms});
  flow.advance({14 * ms});
  CHECK(output.empty());
  flow.advance({30 * ms});
  CHECK(output == std::vector<std::uint32_t>{2, 1});
  CHECK(flow.due() == lv::never);
}

TEST_CASE("an event at the end of an interval belongs to the next one") {
  std::vector<std::int64_t> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::throttle_last(10_ns, &reading::time) |
                       lv::to([&](const reading& r) { output.push_back(r.time.ns); }));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.time = {0}}, {.time = {9}}, {.time = {10}}, {.time = {20}}});
  CHECK(output == std::vector<std::int64_t>{9, 10});
}

TEST_CASE("a retired key begins anew, and what was held of it is counted") {
  std::vector<std::uint32_t> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::throttle<"first">(10_h) | lv::throttle_last<"last">(20_h) |
                       lv::to([&](const reading& r) { output.push_back(r.sensor); }));
  REQUIRE(flow.open());
  flow.advance({1000 * ms});
  flow.push(reading{.sensor = 1});
  flow.advance({100'000 * ms});
  CHECK(flow.counts<"last">().dropped == 1);
  flow.push(reading{.sensor = 2});
  flow.finish();
  CHECK(output == std::vector<std::uint32_t>{2});
}

TEST_CASE("both go on after a restart where they were") {
  const auto events = support::readings(500);
  const auto first = [&](auto& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) |
                    lv::throttle<"thin">(20_ms) | lv::to([&](const reading& r) { output.push_back(r); }));
  };
  const auto last = [&](auto& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) |
                    lv::throttle_last<"thin">(20_ms) | lv::to([&](const reading& r) { output.push_back(r); }));
  };
  const auto firsts = support::outcome_of_two<"thin", reading>(events, 0, first);
  const auto lasts = support::outcome_of_two<"thin", reading>(events, 0, last);
  CHECK(firsts == first_of(events, 20_ms));
  CHECK(by_sensor(lasts) == last_of(events, 20_ms));
  for (const std::size_t stop : {1u, 250u, 499u, 500u}) {
    CHECK(support::outcome_of_two<"thin", reading>(events, stop, first) == firsts);
    CHECK(support::outcome_of_two<"thin", reading>(events, stop, last) == lasts);
  }
}
