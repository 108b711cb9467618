// SPDX-License-Identifier: BSL-1.0
#include <levada/op/deadband.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
std::vector<reading> wandering(std::size_t n) {
  auto events = support::readings(n);
  support::random r{4};
  std::map<std::uint32_t, double> at;
  for (reading& one : events) one.value = at[one.sensor] += r.normal(0.001, 0.3);
  return events;
}
/// room(last) is how far a value may be from it.
std::vector<reading> moved(const std::vector<reading>& events, auto room, std::int64_t heartbeat = INT64_MAX) {
  std::map<std::uint32_t, reading> last;
  std::vector<reading> kept;
  for (const reading& r : events) {
    const auto [at, is_new] = last.try_emplace(r.sensor, r);
    const double difference = r.value > at->second.value ? r.value - at->second.value : at->second.value - r.value;
    if (!is_new && difference <= room(at->second.value) && r.time.ns - at->second.time.ns < heartbeat) continue;
    at->second = r;
    kept.push_back(r);
  }
  return kept;
}
auto through(auto op, std::vector<reading>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) | std::move(op) |
                  lv::to([&](const reading& r) { output.push_back(r); }));
}
}  // namespace

TEST_CASE("events whose value has left the band around the last one that passed, of each key") {
  const auto events = wandering(3000);
  const auto by_one = moved(events, [](double) { return 1.0; });
  const auto by_tenth = moved(events, [](double last) { return std::fabs(last) * 10 / 100; });
  CHECK(by_one.size() < events.size() / 4);
  for (const std::size_t length : support::span_lengths) {
    CHECK(support::outcome<reading>(events, length, [&](auto& output) {
            return through(lv::deadband(&reading::value, lv::absolute{1.0}), output);
          }) == by_one);
    CHECK(support::outcome<reading>(events, length, [&](auto& output) {
            return through(lv::deadband(&reading::value, lv::percent{10}), output);
          }) == by_tenth);
  }
}

TEST_CASE("a heartbeat lets an event pass that says nothing new, by event time and by processing time") {
  const auto events = wandering(3000);
  const auto expected = moved(events, [](double) { return 1.0; }, 50'000'000);
  CHECK(expected.size() > moved(events, [](double) { return 1.0; }).size());
  CHECK(support::outcome<reading>(events, 100, [&](auto& output) {
          return through(lv::deadband(&reading::value, lv::absolute{1.0, 50_ms}, &reading::time), output);
        }) == expected);
  for (const std::size_t stop : {0u, 1u, 1500u, 3000u})
    CHECK(support::outcome_of_two<"band", reading>(events, stop, [&](auto& output) {
            return through(lv::deadband<"band">(&reading::value, lv::absolute{1.0, 50_ms}), output);
          }) == expected);
}

TEST_CASE("a band of no width lets changes pass; NaN and the infinities are changes, but do not differ from themselves") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  std::vector<double> output;
  const auto run = [&](auto band) {
    output.clear();
    auto flow = lv::flow(lv::from(lv::input<double>()) | lv::deadband([](double v) { return v; }, band) |
                         lv::to([&](double v) { output.push_back(v); }));
    REQUIRE(flow.open());
    flow.push(std::vector<double>{1, 1, 2, NAN, NAN, 2, 2, inf, inf, -inf, 3, 3});
    return output.size();
  };
  CHECK(run(lv::absolute{0}) == 7);
  CHECK(run(lv::percent{10}) == 7);
  CHECK(run(lv::absolute{5}) == 6);
}

TEST_CASE("a heartbeat is due when its time has just gone by") {
  std::vector<reading> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::deadband(&reading::value, lv::absolute{1, 10_ns}, &reading::time) |
                       lv::to([&](const reading& r) { output.push_back(r); }));
  REQUIRE(flow.open());
  const std::vector<reading> events{{.time = {0}}, {.time = {9}}, {.time = {10}}, {.time = {19}}, {.time = {5}}};
  flow.push(events);
  CHECK(output == std::vector<reading>{events[0], events[2]});
}

TEST_CASE("a retired key's next event passes") {
  std::vector<reading> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::deadband(&reading::value, lv::absolute{1}) | lv::to([&](const reading& r) { output.push_back(r); }));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(std::vector<reading>(3));
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>(3));
  CHECK(output.size() == 2);
}
