// SPDX-License-Identifier: BSL-1.0
#include <levada/op/dedup.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
/// Identities come again soon or late, and times step back.
std::vector<reading> repeated(std::size_t n, std::uint32_t identities, bool disordered) {
  auto events = support::readings(n, identities);
  support::random r{6};
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (r.one_in(4)) events[i].sensor = events[i - 1 - r.below(i < 20 ? i : 20)].sensor;
    if (disordered && r.one_in(5)) events[i].time = events[i].time - lv::duration{static_cast<std::int64_t>(r.below(30'000'000))};
  }
  return events;
}
std::vector<reading> once(const std::vector<reading>& events, std::int64_t ttl) {
  std::map<std::uint32_t, std::int64_t> emitted;
  std::vector<reading> kept;
  std::int64_t newest = INT64_MIN;
  for (const reading& r : events) {
    newest = std::max(newest, r.time.ns);
    const auto [at, is_new] = emitted.try_emplace(r.sensor, r.time.ns);
    if (!is_new) {
      if (std::abs(r.time.ns - at->second) < ttl && newest - at->second < ttl) continue;
      if (r.time.ns > at->second) at->second = r.time.ns;
    }
    kept.push_back(r);
  }
  return kept;
}
auto through(auto op, std::vector<reading>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | std::move(op) | lv::to([&](const reading& r) { output.push_back(r); }));
}
}  // namespace

TEST_CASE("an identity passes once in its time to live, by event time and by processing time") {
  const auto events = repeated(5000, 300, false);
  for (const lv::duration life : {1_ms, 20_ms, 10_s}) {
    const auto expected = once(events, life.ns);
    CHECK(expected.size() < events.size());
    for (const std::size_t length : support::span_lengths)
      CHECK(support::outcome<reading>(events, length, [&](auto& output) {
              return through(lv::dedup(&reading::sensor, lv::ttl{life}, {.bound = 1000}, &reading::time), output);
            }) == expected);
    for (const std::size_t stop : {0u, 1u, 2500u, 5000u})
      CHECK(support::outcome_of_two<"dedup", reading>(events, stop, [&](auto& output) {
              return through(lv::dedup<"dedup">(&reading::sensor, lv::ttl{life}), output);
            }) == expected);
  }
}

TEST_CASE("in event time a double is one before and behind") {
  const auto events = repeated(5000, 300, true);
  for (const lv::duration life : {1_ms, 10_ms, 40_ms})
    for (const std::size_t length : support::span_lengths)
      CHECK(support::outcome<reading>(events, length, [&](auto& output) {
              return through(lv::dedup(&reading::sensor, lv::ttl{life}, {.bound = 1000}, &reading::time), output);
            }) == once(events, life.ns));
  std::vector<reading> output;
  auto flow = through(lv::dedup(&reading::sensor, lv::ttl{10_ns}, {.bound = 10}, &reading::time), output);
  REQUIRE(flow.open());
  const auto say = [](std::int64_t time, std::uint32_t id) { return reading{.time = {time}, .sensor = id}; };
  flow.push(std::vector<reading>{say(100, 1), say(95, 1), say(109, 1), say(110, 1), say(101, 1), say(100, 1), say(119, 2)});
  CHECK(output == std::vector<reading>{say(100, 1), say(110, 1), say(100, 1), say(119, 2)});
}

TEST_CASE("late events hold up no forgetting, and take nobody's place") {
  std::vector<reading> output;
  auto flow = through(lv::dedup<"dedup">(&reading::sensor, lv::ttl{100_ns}, {.bound = 4}, &reading::time), output);
  REQUIRE(flow.open());
  const auto say = [](std::int64_t time, std::uint32_t id) { return reading{.time = {time}, .sensor = id}; };
  // 1 was late; when it is over, and comes again, it stands between two that are still remembered.
  std::vector<reading> expected{say(90, 2), say(10, 1), say(91, 3), say(150, 1), say(200, 4), say(210, 5), say(211, 6)};
  flow.push(expected);
  flow.push(say(220, 1));
  // What is so late that nothing is remembered of it takes no place from those that are.
  for (const reading& r : {say(1, 7), say(2, 8)}) {
    flow.push(r);
    expected.push_back(r);
  }
  flow.push(std::vector<reading>{say(221, 1), say(221, 4), say(221, 5), say(221, 6)});
  CHECK(output == expected);
  CHECK(flow.at<"dedup">().forgotten() == 0);
}

TEST_CASE("at the bound the identity that came first is forgotten, and counted") {
  constexpr std::uint32_t bound = 50;
  const auto events = repeated(5000, 300, false);
  std::deque<std::uint32_t> remembered;
  std::vector<reading> expected, output;
  std::uint64_t forgotten = 0;
  for (const reading& r : events) {
    if (std::find(remembered.begin(), remembered.end(), r.sensor) != remembered.end()) continue;
    if (remembered.size() == bound) {
      remembered.pop_front();
      ++forgotten;
    }
    remembered.push_back(r.sensor);
    expected.push_back(r);
  }
  auto flow = through(lv::dedup<"dedup">(&reading::sensor, lv::ttl{1_h}, {.bound = bound}), output);
  REQUIRE(flow.open());
  flow.push(events);
  CHECK(output == expected);
  CHECK(flow.at<"dedup">().forgotten() == forgotten);
  CHECK(flow.counts<"dedup">().out == expected.size());
  CHECK(flow.counts<"dedup">().dropped == 0);
}

TEST_CASE("identities that collide, come and go leave the table as it should be") {
  std::vector<reading> output;
  auto flow = through(lv::dedup(&reading::sensor, lv::ttl{5_ns}, {.bound = 4}, &reading::time), output);
  REQUIRE(flow.open());
  std::size_t expected = 0;
  for (std::int64_t t = 0; t < 10'000; t += 2) {  // three live at a time
    const auto id = static_cast<std::uint32_t>(t * 2654435761 % 1000);
    flow.push(std::vector<reading>{{.time = {t}, .sensor = id}, {.time = {t}, .sensor = id}});
    ++expected;
  }
  CHECK(output.size() == expected);
}
