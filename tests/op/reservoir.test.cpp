// SPDX-License-Identifier: BSL-1.0
#include <levada/op/reservoir.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
using interval = std::pair<std::uint32_t, std::int64_t>;  // of a sensor

std::map<interval, std::vector<reading>> parts_of(const std::vector<reading>& events, lv::duration length) {
  std::map<interval, std::vector<reading>> parts;
  for (const reading& r : events) parts[{r.sensor, lv::slot_of(r.time, length)}].push_back(r);
  return parts;
}
/// Of each interval of each key as many as there is room for, and in their order.
void check(const std::vector<reading>& events, const std::vector<reading>& drawn, std::size_t size, lv::duration length) {
  const auto all = parts_of(events, length), some = parts_of(drawn, length);
  CHECK(all.size() == some.size());
  bool right = true;
  for (const auto& [which, whole] : all) {
    const auto& part = some.at(which);
    right = right && part.size() == std::min(size, whole.size());
    auto at = whole.begin();
    for (const reading& r : part) {
      at = std::find(at, whole.end(), r);
      right = right && at != whole.end();
    }
  }
  CHECK(right);
}
}  // namespace

TEST_CASE("of each interval of each key some events in their order, the same ones however spans are cut") {
  const auto events = support::readings(5000);
  for (const std::uint32_t size : {1u, 5u, 1000u}) {
    std::vector<reading> one_by_one;
    for (const std::size_t length : support::span_lengths) {
      const auto drawn = support::outcome<reading>(events, length, [&](auto& to) {
        return lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 5) |
                        lv::key_by(&reading::sensor, lv::dense_keys{8}) | lv::reservoir(size, 100_ms, &reading::time) |
                        lv::to([&](const reading& r) { to.push_back(r); }));
      });
      if (one_by_one.empty()) one_by_one = drawn;
      CHECK(drawn == one_by_one);
    }
    check(events, one_by_one, size, 100_ms);
    for (const std::size_t stop : {0u, 1u, 2500u, 5000u}) {  // processing time, with a restart
      const auto drawn = support::outcome_of_two<"some", reading>(events, stop, [&](auto& to) {
        return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) |
                        lv::reservoir<"some">(size, 100_ms) | lv::to([&](const reading& r) { to.push_back(r); }));
      });
      check(events, drawn, size, 100_ms);
      CHECK(parts_of(drawn, 100_ms) == parts_of(one_by_one, 100_ms));
    }
  }
}

TEST_CASE("each event is as likely as any other") {
  constexpr std::int64_t intervals = 4000, events = 50;
  constexpr std::uint32_t size = 5;
  std::vector<int> hits(events);
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::reservoir(size, 50_ns, &reading::time) |
                       lv::to([&](const reading& r) { ++hits[static_cast<std::size_t>(r.level)]; }));
  REQUIRE(flow.open());
  for (std::int64_t i = 0; i < intervals; ++i)
    for (std::int64_t k = 0; k < events; ++k) flow.push(reading{.time = {50 * i + k}, .level = static_cast<std::int32_t>(k)});
  flow.finish();
  constexpr double expected = static_cast<double>(intervals) * size / events;
  for (const int n : hits) CHECK(std::abs(n - expected) < 5 * std::sqrt(expected));
}

TEST_CASE("an event of an interval that is over is dropped and counted") {
  std::vector<std::int64_t> output;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 1) |
               lv::reservoir<"some">(2, 10_ns, &reading::time) | lv::to([&](const reading& r) { output.push_back(r.time.ns); }));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.time = {11}}, {.time = {15}}, {.time = {9}}, {.time = {20}}, {.time = {19}}});
  CHECK(output == std::vector<std::int64_t>{11, 15});
  CHECK(flow.counts<"some">().dropped == 2);
}

TEST_CASE("an interval that a watermark has ended stays over, if no other has begun") {
  std::vector<std::int64_t> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 1) |
                       lv::key_by(&reading::sensor, lv::dense_keys{8}) | lv::reservoir<"some">(2, 10_ns, &reading::time) |
                       lv::to([&](const reading& r) { output.push_back(r.time.ns); }));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.time = {11}, .sensor = 1}, {.time = {25}, .sensor = 2}, {.time = {12}, .sensor = 1}});
  flow.push(std::vector<reading>{{.time = {31}, .sensor = 1}});
  flow.finish();
  CHECK(output == std::vector<std::int64_t>{11, 25, 31});
  CHECK(flow.counts<"some">().dropped == 1);
}

TEST_CASE("what a retired key held is dropped and counted") {
  auto keyed = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                        lv::reservoir<"some">(2, 10_h) | lv::to([](const reading&) {}));
  REQUIRE(keyed.open());
  keyed.advance({1'000'000'000});
  for (int i = 0; i < 7; ++i) keyed.push(reading{});
  CHECK(keyed.due() == lv::timestamp{36'000'000'000'000});
  keyed.advance({100'000'000'000});
  CHECK(keyed.counts<"some">().dropped == 2);
  CHECK(keyed.due() == lv::never);
}
