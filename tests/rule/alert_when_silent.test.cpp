// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/alert_when_silent.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

struct said {
  lv::alert_state state;
  std::int64_t since;
  std::int64_t event;
  friend bool operator==(const said&, const said&) = default;
};
using story = std::map<std::uint32_t, std::vector<said>>;

/// Sensors that pause now and then.
std::vector<reading> pausing(std::size_t n) {
  auto events = support::readings(n, 12);
  support::random r{12};
  std::map<std::uint32_t, std::int64_t> quiet_until;
  std::vector<reading> kept;
  for (const reading& one : events) {
    if (one.time.ns < quiet_until[one.sensor]) continue;
    if (r.one_in(30)) quiet_until[one.sensor] = one.time.ns + static_cast<std::int64_t>(r.below(200'000'000));
    kept.push_back(one);
  }
  return kept;
}
/// From gaps between a key's events.
story expected_of(const std::vector<reading>& events, std::int64_t allowed, std::int64_t end) {
  std::map<std::uint32_t, std::vector<std::int64_t>> heard;
  for (const reading& r : events) heard[r.sensor].push_back(r.time.ns);
  story all;
  for (const auto& [sensor, times] : heard)
    for (std::size_t i = 0; i < times.size(); ++i) {
      const bool last = i + 1 == times.size();
      if ((last ? end : times[i + 1]) - times[i] < allowed) continue;
      all[sensor].push_back({lv::alert_state::raised, times[i], times[i]});
      if (!last) all[sensor].push_back({lv::alert_state::cleared, times[i + 1], times[i + 1]});
    }
  return all;
}
struct record {
  std::uint32_t sensor;
  said what;
  friend bool operator==(const record&, const record&) = default;
};
auto writing_to(std::vector<record>& output) {
  return lv::to([&](const lv::alert<reading>& a) { output.push_back({a.event.sensor, {a.state, a.since.ns, a.event.time.ns}}); });
}
story by_sensor(const std::vector<record>& output) {
  story all;
  for (const record& r : output) all[r.sensor].push_back(r.what);
  return all;
}

}  // namespace

TEST_CASE("a key that has been silent for too long is told, and its next event, by event time and by processing time") {
  const auto events = pausing(3000);
  for (const lv::duration allowed : {20_ms, 50_ms, 100_ms}) {
    const auto expected = expected_of(events, allowed.ns, events.back().time.ns);
    CHECK(!expected.empty());
    std::vector<record> one_by_one;
    for (const std::size_t length : support::span_lengths) {
      const auto output = support::outcome<record>(events, length, [&](auto& to) {
        return lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 1) |
                        lv::key_by(&reading::sensor, {.bound = 16}) | lv::alert_when_silent(allowed, &reading::time) |
                        writing_to(to));
      });
      CHECK(by_sensor(output) == expected);
      if (one_by_one.empty()) one_by_one = output;
      CHECK(output == one_by_one);
    }
    const auto output = support::outcome<record>(events, 10, [&](auto& to) {
      return lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 100, 30_ms) |
                      lv::key_by(&reading::sensor, {.bound = 16}) | lv::alert_when_silent(allowed, &reading::time) |
                      writing_to(to));
    });
    for (const auto& [sensor, told] : by_sensor(output)) {  // rare watermarks tell the last silences later, or not at all
      const auto& all = expected.at(sensor);
      REQUIRE(told.size() <= all.size());
      CHECK(told == std::vector<said>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(told.size())));
    }
    for (const std::size_t stop : {std::size_t{0}, std::size_t{1}, events.size() / 2, events.size()})
      CHECK(by_sensor(support::outcome_of_two<"silent", record>(events, stop, [&](auto& to) {
              return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{16}) |
                              lv::alert_when_silent<"silent">(allowed) | writing_to(to));
            })) == expected);
  }
}

TEST_CASE("time alone tells it, once, in the order of the silences") {
  std::vector<record> output;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::alert_when_silent(10_s) | writing_to(output));
  REQUIRE(flow.open());
  const auto say = [&](std::int64_t s, std::uint32_t sensor) {
    flow.advance({s * 1'000'000'000});
    flow.push(reading{.time = {s}, .sensor = sensor});
  };
  say(1, 7);
  say(2, 3);
  say(9, 7);
  flow.advance({12'000'000'000});
  CHECK(output == std::vector<record>{{3, {lv::alert_state::raised, 2'000'000'000, 2}}});
  flow.advance({18'999'999'999});
  CHECK(output.size() == 1);
  flow.advance({100'000'000'000});
  CHECK(output.size() == 2);
  CHECK(flow.due() == lv::never);
  say(101, 3);
  say(102, 3);
  CHECK(output.size() == 3);
  CHECK(output[2] == record{3, {lv::alert_state::cleared, 101'000'000'000, 101}});
}

TEST_CASE("in event time a late event neither ends a silence that it does not fall into nor begins one") {
  std::vector<record> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | support::watermarks(&reading::time, 1) |
                       lv::alert_when_silent(10_ns, &reading::time) | writing_to(output));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.time = {100}}, {.time = {95}}, {.time = {108}}, {.time = {120}}, {.time = {121}}});
  CHECK(output == std::vector<record>{{0, {lv::alert_state::raised, 108, 108}}, {0, {lv::alert_state::cleared, 120, 120}}});
}

TEST_CASE("a retired key is forgotten without a word") {
  std::vector<record> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::alert_when_silent(10_h) | writing_to(output));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(reading{});
  flow.advance({100'000'000'000});
  CHECK(flow.due() == lv::never);
  CHECK(output.empty());
}
