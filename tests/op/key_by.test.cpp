// SPDX-License-Identifier: BSL-1.0
#include <levada/op/key_by.hpp>

#include "../support/archive.hpp"
#include "../support/stream.hpp"

#include <levada/core/text.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/select.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
constexpr lv::timestamp at(std::int64_t seconds) { return {seconds * 1'000'000'000}; }

/// How many events of a key came, said with each of them.
constexpr auto counted = [](std::uint64_t& n, const auto&) { return ++n; };
}  // namespace

TEST_CASE("below key_by every key has state of its own") {
  const auto events = support::readings(5000, 300);
  std::map<std::uint32_t, double> sums;
  std::vector<double> expected;
  for (const reading& r : events) expected.push_back(sums[r.sensor] += r.value);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    CHECK(support::outcome<double>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                            lv::scan(0.0, [](double& sum, const reading& r) { return sum += r.value; }) |
                            lv::to([&](double v) { output.push_back(v); }));
          }) == expected);
  }
}

TEST_CASE("a key is a member, or what a function makes of the event: numbers, enums, texts, structs of them") {
  enum class side : std::uint8_t { left, right };
  struct place {
    std::uint32_t hall;
    std::uint32_t row;
  };
  const auto events = support::readings(1000, 40);
  auto groups = [&](auto key) {
    std::uint64_t n = 0;
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(key) |
                         lv::fold(0, [](int& count, const reading&) { ++count; }) | lv::to([&](const auto&) { ++n; }));
    if (flow.open()) flow.push(events);
    flow.finish();
    return n;
  };
  CHECK(groups(&reading::sensor) == 40);
  CHECK(groups([](const reading& r) { return r.value < 0; }) == 2);
  CHECK(groups([](const reading& r) { return r.value < 0 ? side::left : side::right; }) == 2);
  CHECK(groups([](const reading& r) { return lv::text<16>("sensor " + std::to_string(r.sensor)); }) == 40);
  CHECK(groups([](const reading& r) { return place{r.sensor / 10, r.sensor % 4}; }) == 16);
}

TEST_CASE("an event whose key finds no room is dropped and counted; the keys that have room stay") {
  const auto events = support::readings(1000, 10);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::map<std::uint32_t, int> seen;
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by<"sensor">(&reading::sensor, {.bound = 4}) |
                         lv::to<"end">([&](const reading& r) { ++seen[r.sensor]; }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    std::map<std::uint32_t, int> expected;
    std::uint64_t refused = 0;
    for (const reading& r : events) {
      if (expected.size() < 4 || expected.contains(r.sensor))
        ++expected[r.sensor];
      else
        ++refused;
    }
    CHECK(seen == expected);
    CHECK(flow.counts<"sensor">().in == 1000);
    CHECK(flow.counts<"sensor">().dropped == refused);
    CHECK(flow.counts<"sensor">().out == 1000 - refused);
    CHECK(flow.counts<"end">().in == 1000 - refused);
  }
}

TEST_CASE("a key that was silent for the idle time is forgotten, between spans, and may come back as a new one") {
  for (bool masked : {false, true}) {
    CAPTURE(masked);
    std::vector<std::uint64_t> said;
    auto below = [&] {
      return lv::key_by<"sensor">(&reading::sensor, {.bound = 2, .idle = 10_s}) | lv::scan(std::uint64_t{0}, counted) |
             lv::to([&](std::uint64_t n) { said.push_back(n); });
    };
    auto check = [&](auto flow) {
      REQUIRE(flow.open());
      flow.advance(at(1000));
      flow.push(reading{.sensor = 1});
      flow.push(reading{.sensor = 2});
      flow.push(reading{.sensor = 1});
      flow.advance(at(1008));
      flow.push(reading{.sensor = 1});
      flow.push(reading{.sensor = 3});  // no room
      CHECK(flow.template counts<"sensor">().dropped == 1);
      flow.advance(at(1013));  // 2 is idle
      flow.push(reading{.sensor = 3});
      flow.push(reading{.sensor = 1});
      flow.push(reading{.sensor = 2});  // no room now
      CHECK(flow.template counts<"sensor">().dropped == 2);
      flow.advance(at(2000));
      CHECK(flow.template at<"sensor">().state.size() == 0);
      flow.push(reading{.sensor = 1});
    };
    if (masked)
      check(lv::flow(lv::from(lv::input<reading>()) | lv::select([](const reading&) { return true; }) | below()));
    else
      check(lv::flow(lv::from(lv::input<reading>()) | below()));
    CHECK(said == std::vector<std::uint64_t>{1, 1, 2, 3, 1, 4, 1});
  }
}

TEST_CASE("a key never goes before its idle time has passed, and goes within two seconds after it") {
  support::random r{5};
  for (int round = 0; round < 200; ++round) {
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by<"sensor">(&reading::sensor, {.bound = 8, .idle = 5_s}) |
                         lv::to([](const reading&) {}));
    REQUIRE(flow.open());
    const lv::timestamp seen{1'700'000'000'000'000'000 + static_cast<std::int64_t>(r.below(5'000'000'000))};
    flow.advance(seen);
    flow.push(reading{});
    flow.advance(seen + 4'999_ms);
    flow.advance(seen + 5_s);
    CHECK(flow.at<"sensor">().state.size() == 1);
    flow.advance(seen + 7_s);
    CHECK(flow.at<"sensor">().state.size() == 0);
  }
}

TEST_CASE("many keys come and go: churn far above the bound, none dropped, results as with an unbounded map") {
  std::map<std::uint32_t, std::uint64_t> live;
  std::vector<std::uint64_t> expected, said;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by<"sensor">(&reading::sensor, {.bound = 1000, .idle = 3_s}) |
                       lv::scan(std::uint64_t{0}, counted) | lv::to([&](std::uint64_t n) { said.push_back(n); }));
  REQUIRE(flow.open());
  support::random r{9};
  for (std::uint32_t second = 0; second < 300; ++second) {
    flow.advance(at(1'000'000 + second));
    flow.advance(at(1'000'000 + second) + 1_ms);  // a second round of the sweep must change nothing
    std::vector<reading> span(r.below(150));
    for (reading& one : span) {
      one.sensor = second * 50 + static_cast<std::uint32_t>(r.below(50));  // never seen again after this second
      expected.push_back(++live[one.sensor]);
    }
    flow.push(span);
  }
  CHECK(said == expected);
  CHECK(flow.counts<"sensor">().dropped == 0);
}

TEST_CASE("dense keys are slots themselves: every key has state of its own, and what is out of range is dropped and counted") {
  const auto events = support::readings(5000, 80);
  constexpr std::uint32_t bound = 64;
  std::map<std::uint32_t, double> sums;
  std::vector<double> expected;
  std::uint64_t refused = 0;
  for (const reading& r : events) {
    if (r.sensor < bound)
      expected.push_back(sums[r.sensor] += r.value);
    else
      ++refused;
  }
  REQUIRE(refused > 0);
  for (bool masked : {false, true})
    for (std::size_t length : support::span_lengths) {
      CAPTURE(length);
      CAPTURE(masked);
      std::vector<double> said;
      auto below = [&] {
        return lv::key_by<"sensor">(&reading::sensor, lv::dense_keys{bound}) |
               lv::scan(0.0, [](double& sum, const reading& r) { return sum += r.value; }) |
               lv::to<"end">([&](double v) { said.push_back(v); });
      };
      auto check = [&](auto flow) {
        REQUIRE(flow.open());
        support::in_spans(events, length, [&](auto part) { flow.push(part); });
        CHECK(said == expected);
        CHECK(flow.template counts<"sensor">().in == 5000);
        CHECK(flow.template counts<"sensor">().dropped == refused);
        CHECK(flow.template counts<"sensor">().out == 5000 - refused);
        CHECK(flow.template counts<"end">().in == 5000 - refused);
      };
      if (masked)
        check(lv::flow(lv::from(lv::input<reading>()) | lv::select([](const reading&) { return true; }) | below()));
      else
        check(lv::flow(lv::from(lv::input<reading>()) | below()));
    }
}

TEST_CASE("dense keys: a dead event may have any number, and touches nobody's state") {
  const auto events = support::readings(3000, 300);
  std::map<std::uint32_t, int> expected, seen;
  for (const reading& r : events)
    if (r.value > 0 && r.sensor < 100) ++expected[r.sensor];
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::select([](const reading& r) { return r.value > 0; }) |
                       lv::key_by<"sensor">(&reading::sensor, lv::dense_keys{100}) |
                       lv::fold(0, [](int& n, bool live, const reading&) { n += live; }) |
                       lv::to([&](const auto& f) { seen[f.key] = f.value; }));
  REQUIRE(flow.open());
  flow.push(events);
  flow.finish();
  CHECK(seen == expected);
}

TEST_CASE("dense keys are integers and enums, and no negative one is in range") {
  enum class axis : std::uint8_t { x, y, z };
  auto counts = [](auto key) {
    std::vector<std::uint32_t> said;
    auto flow = lv::flow(lv::from(lv::input<int>()) | lv::key_by<"key">(key, lv::dense_keys{3}) |
                         lv::fold(std::uint32_t{0}, [](std::uint32_t& n, int) { ++n; }) |
                         lv::to([&](const auto& f) { said.push_back(f.value); }));
    if (flow.open()) flow.push(std::vector<int>{-1, 0, 1, 1, 2, 2, 2, 3});
    flow.finish();
    said.push_back(static_cast<std::uint32_t>(flow.template counts<"key">().dropped));
    return said;
  };
  CHECK(counts([](int i) { return i; }) == std::vector<std::uint32_t>{1, 2, 3, 2});
  CHECK(counts([](int i) { return static_cast<std::int64_t>(i); }) == std::vector<std::uint32_t>{1, 2, 3, 2});
  CHECK(counts([](int i) { return static_cast<std::uint8_t>(i); }) == std::vector<std::uint32_t>{1, 2, 3, 2});
  CHECK(counts([](int i) { return static_cast<axis>(i); }) == std::vector<std::uint32_t>{1, 2, 3, 2});
}

TEST_CASE("an event that a signal brings, before the signal itself comes here, has the age of that signal") {
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::window<lv::tumbling{60_s}>(lv::aggregate<lv::count>(&reading::sensor)) |
               lv::key_by<"rows">([](const auto&) { return 1; }, {.bound = 2, .idle = 10_s}) | lv::to([](const auto&) {}));
  REQUIRE(flow.open());
  flow.advance(at(6'000));
  flow.push(reading{});
  flow.advance(at(6'060));  // the row is made now; it is no minute old
  CHECK(flow.at<"rows">().state.size() == 1);
  flow.advance(at(6'072));
  CHECK(flow.at<"rows">().state.size() == 0);
}

TEST_CASE("by event time a key goes when the watermark is beyond its newest event by the idle time, after windows have fired") {
  for (bool masked : {false, true}) {
    CAPTURE(masked);
    std::vector<std::pair<std::uint32_t, std::uint64_t>> said;
    auto below = [&] {
      return lv::key_by<"sensor">(&reading::sensor, {.bound = 8, .idle = 10_s}, lv::at(&reading::time)) |
             lv::window<"window", lv::tumbling{5_s}>(lv::at(&reading::time), lv::aggregate<lv::count>(&reading::level)) |
             lv::to([&](const auto& r) { said.emplace_back(r.key, r.template get<lv::count>()); });
    };
    auto source = lv::from(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{0_s, 1_s});
    auto check = [&](auto flow) {
      REQUIRE(flow.open());
      auto& table = flow.template at<"sensor">().state;
      flow.push(std::vector<reading>{
          {.time = at(1001), .sensor = 1}, {.time = at(1009), .sensor = 2}, {.time = at(1003), .sensor = 2}});
      flow.advance(at(900'000));  // of no account
      CHECK(table.size() == 2);
      flow.push(reading{.time = at(1011), .sensor = 3});
      CHECK(table.size() == 3);
      flow.push(reading{.time = at(1012), .sensor = 3});  // 1 is past 1001 + 10
      CHECK(table.size() == 2);
      flow.push(std::vector<reading>(100, reading{.time = at(1019), .sensor = 3}));
      CHECK(table.size() == 2);
      flow.push(reading{.time = at(1021), .sensor = 3});  // an event of the past has not made 2 younger
      CHECK(table.size() == 1);
      flow.finish();
      CHECK(flow.template counts<"window">().dropped == 1);  // the one that was late
      CHECK(said == std::vector<std::pair<std::uint32_t, std::uint64_t>>{{1, 1}, {2, 1}, {3, 2}, {3, 100}, {3, 1}});
    };
    if (masked)
      check(lv::flow(source | lv::select([](const reading&) { return true; }) | below()));
    else
      check(lv::flow(source | below()));
  }
}

TEST_CASE("a full table gives the place of the idlest key to a new one, inside a span too") {
  const auto events = support::readings(4000, 12);
  for (bool masked : {false, true})
    for (std::size_t length : support::span_lengths) {
      CAPTURE(length);
      CAPTURE(masked);
      std::vector<std::uint64_t> said, expected;
      std::map<std::uint32_t, std::pair<std::int64_t, std::uint64_t>> live;  // by key: its second, and how often it was seen
      std::map<std::uint32_t, std::uint32_t> slot_of;
      std::vector<std::uint32_t> free{4, 3, 2, 1};
      auto below = [&] {
        return lv::key_by<"sensor", lv::keys_full::retire_idlest>(&reading::sensor, {.bound = 4}, lv::at([](const reading& r) {
                 return lv::timestamp{r.time.ns * 1000};  // a second in a thousand events' time
               })) |
               lv::scan(std::uint64_t{0}, counted) | lv::to([&](std::uint64_t n) { said.push_back(n); });
      };
      auto check = [&](auto flow) {
        REQUIRE(flow.open());
        support::in_spans(events, length, [&](auto part) { flow.push(part); });
        CHECK(flow.template counts<"sensor">().dropped == 0);
      };
      if (masked)
        check(lv::flow(lv::from(lv::input<reading>()) | lv::select([](const reading&) { return true; }) | below()));
      else
        check(lv::flow(lv::from(lv::input<reading>()) | below()));
      for (const reading& r : events) {
        if (!live.contains(r.sensor)) {
          if (free.empty()) {
            auto idlest = live.begin();
            for (auto it = live.begin(); it != live.end(); ++it)
              if (std::pair(it->second.first, slot_of[it->first]) < std::pair(idlest->second.first, slot_of[idlest->first]))
                idlest = it;
            free.push_back(slot_of[idlest->first]);
            live.erase(idlest);
          }
          slot_of[r.sensor] = free.back();
          free.pop_back();
        }
        auto& [second, n] = live[r.sensor];
        second = r.time.ns * 1000 / 1'000'000'000;
        expected.push_back(++n);
      }
      CHECK(said == expected);
    }
}

TEST_CASE("or those that find no room share a slot, and are counted") {
  std::vector<std::uint64_t> said;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by<"sensor", lv::keys_full::share>(&reading::sensor, {.bound = 2}) |
               lv::scan(std::uint64_t{0}, counted) | lv::to([&](std::uint64_t n) { said.push_back(n); }));
  REQUIRE(flow.open());
  for (std::uint32_t sensor : {1u, 2u, 3u, 4u, 1u, 3u}) flow.push(reading{.sensor = sensor});
  CHECK(said == std::vector<std::uint64_t>{1, 1, 1, 2, 2, 3});
  CHECK(flow.at<"sensor">().shared == 3);
  CHECK(flow.counts<"sensor">().dropped == 0);
}

TEST_CASE("keys, their slots and their ages survive a restart") {
  std::vector<std::uint64_t> said;
  auto make = [&] {
    return lv::flow(lv::from(lv::input<reading>()) | lv::key_by<"sensor">(&reading::sensor, {.bound = 2, .idle = 10_s}) |
                    lv::scan<"count">(std::uint64_t{0}, counted) | lv::to([&](std::uint64_t n) { said.push_back(n); }));
  };
  auto before = make(), after = make();
  REQUIRE(before.open());
  REQUIRE(after.open());
  before.advance(at(1000));
  before.push(reading{.sensor = 7});
  before.advance(at(1008));
  before.push(std::vector<reading>(3, reading{.sensor = 5}));
  support::carry_over(before.at<"sensor">(), after.at<"sensor">());
  for (std::size_t slot = 0; slot < 3; ++slot) after.at<"count">().state[slot] = before.at<"count">().state[slot];
  said.clear();
  after.advance(at(1012));  // 7 goes
  after.push(std::vector<reading>{{.sensor = 5}, {.sensor = 9}});
  CHECK(said == std::vector<std::uint64_t>{4, 1});
}

TEST_CASE("a large table, whose buckets are fetched ahead, finds the same slots") {
  struct numbered {
    std::uint64_t key;
  };
  std::vector<numbered> events;
  std::mt19937_64 random(4);
  std::vector<std::uint64_t> names(300'000);
  for (auto& n : names) n = random();
  for (int i = 0; i < 400'000; ++i) events.push_back({names[random() % names.size()]});
  std::map<std::uint64_t, std::uint64_t> expected, got;
  auto flow = lv::flow(lv::from(lv::input<numbered>()) | lv::key_by(&numbered::key, {.bound = 300'000}) |
                       lv::fold(std::uint64_t{0}, [](std::uint64_t& n, const numbered&) { ++n; }) |
                       lv::to([&](const lv::folded<std::uint64_t, std::uint64_t>& f) { got[f.key] = f.value; }));
  REQUIRE(flow.open());
  for (std::size_t at = 0; at < events.size(); at += 1000) flow.push(std::span(events).subspan(at, 1000));
  flow.finish();
  for (const numbered& e : events) ++expected[e.key];
  CHECK(got == expected);
}
