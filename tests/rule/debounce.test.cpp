// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/debounce.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

bool on(const reading& r) { return r.level > 0; }

/// Runs of one value, of which most are short.
std::vector<reading> fluttering(std::size_t n) {
  auto events = support::readings(n, 4);
  support::random r{8};
  std::map<std::uint32_t, std::int32_t> level;
  for (reading& one : events) {
    if (r.one_in(3)) level[one.sensor] = r.one_in(2) ? 1 : -1;
    one.level = level[one.sensor];
  }
  return events;
}
/// Of each key, by looking at all of its events: the first of a run that lasts, to the next value or to `end`.
std::map<std::uint32_t, std::vector<reading>> lasting(const std::vector<reading>& events, std::int64_t quiet, std::int64_t end) {
  std::map<std::uint32_t, std::vector<reading>> history, kept;
  for (const reading& r : events) history[r.sensor].push_back(r);
  for (const auto& [sensor, all] : history) {
    std::optional<bool> believed;
    for (std::size_t i = 0; i < all.size();) {
      std::size_t next = i + 1;
      while (next < all.size() && on(all[next]) == on(all[i])) ++next;
      const std::int64_t until = next < all.size() ? all[next].time.ns : end;
      if (until - all[i].time.ns >= quiet && believed != on(all[i])) {
        believed = on(all[i]);
        kept[sensor].push_back(all[i]);
      }
      i = next;
    }
  }
  return kept;
}
std::map<std::uint32_t, std::vector<reading>> by_sensor(const std::vector<reading>& events) {
  std::map<std::uint32_t, std::vector<reading>> parts;
  for (const reading& r : events) parts[r.sensor].push_back(r);
  return parts;
}

}  // namespace

TEST_CASE("a value is told when it has lasted, and differs from the one before, by event time and by processing time") {
  const auto events = fluttering(3000);
  for (const lv::duration quiet : {1_ms, 3_ms, 10_ms}) {
    const auto expected = lasting(events, quiet.ns, events.back().time.ns);
    CHECK(!expected.empty());
    std::vector<reading> one_by_one;
    for (const std::size_t length : support::span_lengths) {
      const auto output = support::outcome<reading>(events, length, [&](auto& to) {
        return lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 3) |
                        lv::key_by(&reading::sensor, {.bound = 8}) | lv::debounce(on, quiet, &reading::time) |
                        lv::to([&](const reading& r) { to.push_back(r); }));
      });
      CHECK(by_sensor(output) == expected);
      if (one_by_one.empty()) one_by_one = output;
      CHECK(output == one_by_one);
    }
    for (const std::size_t stop : {0u, 1u, 1500u, 3000u})
      CHECK(by_sensor(support::outcome_of_two<"debounce", reading>(events, stop, [&](auto& to) {
              return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) |
                              lv::debounce<"debounce">(on, quiet) | lv::to([&](const reading& r) { to.push_back(r); }));
            })) == expected);
  }
}

TEST_CASE("time alone is enough: a switch that reports its changes only") {
  std::vector<std::int64_t> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::debounce(&reading::level, 50_ms) |
                       lv::to([&](const reading& r) { output.push_back(r.level); }));
  REQUIRE(flow.open());
  const auto at = [&](std::int64_t ms) { flow.advance({ms * 1'000'000}); };
  at(0);
  flow.push(reading{.level = 1});
  CHECK(flow.due() == lv::timestamp{50'000'000});
  at(49);
  CHECK(output.empty());
  at(50);
  CHECK(output == std::vector<std::int64_t>{1});
  flow.push(reading{.level = 2});  // flutters, and falls back
  at(70);
  flow.push(reading{.level = 3});
  at(90);
  flow.push(reading{.level = 1});
  CHECK(flow.due() == lv::never);
  at(1000);
  CHECK(output == std::vector<std::int64_t>{1});
  flow.push(reading{.level = 2});
  at(1020);
  flow.push(reading{.level = 3});
  at(1060);
  CHECK(output.size() == 1);
  at(1070);
  CHECK(output == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("a retired key is forgotten") {
  std::vector<std::int64_t> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::debounce(&reading::level, 10_h) | lv::to([&](const reading& r) { output.push_back(r.level); }));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(reading{.level = 1});
  flow.advance({100'000'000'000});
  CHECK(flow.due() == lv::never);
}
