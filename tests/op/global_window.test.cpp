// SPDX-License-Identifier: BSL-1.0
#include <levada/op/global_window.hpp>

#include "../support/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <tuple>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;
using support::result;

namespace {

constexpr std::uint32_t sensors = 5;
constexpr auto special = [](const reading& r) { return r.level > 900; };

/// Keeps everything; `times` are those by which the trigger goes.
struct naive {
  bool keeps;
  struct window {
    std::vector<reading> events{};
    std::int64_t start = std::numeric_limits<std::int64_t>::max();
    std::size_t fresh = 0;
    std::int64_t alarm = std::numeric_limits<std::int64_t>::max();
  };
  std::map<std::uint32_t, window> of_key{};
  std::vector<result> output{};

  window& add(std::uint32_t key, const reading& e, std::int64_t time) {
    window& w = of_key[key];
    w.events.push_back(e);
    w.start = std::min(w.start, time);
    ++w.fresh;
    return w;
  }
  void fire(std::uint32_t key, std::int64_t end) {
    window& w = of_key[key];
    output.push_back(support::by_hand(key, w.start, end, w.events));
    w.fresh = 0;
    w.alarm = std::numeric_limits<std::int64_t>::max();
    if (!keeps) w = {};
  }
  /// Alarms before `until`, one after the other.
  void ring(std::int64_t until) {
    std::vector<std::pair<std::int64_t, std::uint32_t>> due;
    for (const auto& [key, w] : of_key)
      if (w.fresh > 0 && w.alarm <= until) due.push_back({w.alarm, key});
    std::ranges::sort(due);
    for (const auto& [end, key] : due) fire(key, end);
  }
};

template <lv::after_firing Then, class Trigger>
auto flow_of(Trigger trigger, bool keyed, support::marks marks, std::vector<result>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::link{marks} |
                  lv::key_by([keyed](const reading& e) { return keyed ? e.sensor : 0u; }, lv::dense_keys{sensors}) |
                  lv::global_window<"here", Then>(trigger, support::of_level(), support::of_value()) |
                  lv::to([&output](const auto& row) { output.push_back(support::result_of(row)); }));
}

/// The clock stands still at long_ago.
template <lv::after_firing Then>
void by_events_match(bool keyed, auto trigger, auto is_over) {
  const auto events = support::readings(2500, sensors);
  naive reference{Then == lv::after_firing::keep};
  for (const reading& e : events) {
    const std::uint32_t key = keyed ? e.sensor : 0;
    const auto& w = reference.add(key, e, lv::long_ago.ns);
    if (is_over(w.fresh, e)) reference.fire(key, lv::long_ago.ns);
  }
  for (auto& [key, w] : reference.of_key)
    if (w.fresh > 0) reference.fire(key, lv::long_ago.ns);
  CHECK(reference.output.size() > 50);
  auto makes = [&](std::vector<result>& output) { return flow_of<Then>(trigger, keyed, {}, output); };
  CHECK(support::in_any_spans<result>(events, makes) == reference.output);
}

template <lv::after_firing Then>
void by_processing_time_match(bool keyed) {
  const auto events = support::readings(1000, sensors);
  naive reference{Then == lv::after_firing::keep};
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto now = static_cast<std::int64_t>(i);
    reference.ring(now);
    auto& w = reference.add(keyed ? events[i].sensor : 0, events[i], now);
    if (w.fresh == 1) w.alarm = (now / 9 + 1) * 9;
  }
  reference.ring(std::numeric_limits<std::int64_t>::max() - 1);
  CHECK(reference.output.size() > 50);
  auto makes = [&](std::vector<result>& output) { return flow_of<Then>(lv::every(9_ns), keyed, {}, output); };
  CHECK(support::with_restarts<result>(events, 1, makes) == reference.output);
}

/// Events in disorder.
template <lv::after_firing Then>
void by_event_time_match(bool keyed, std::int64_t lateness, std::int64_t allowed = 0) {
  auto events = support::readings(2000, sensors);
  support::random r{3};
  std::int64_t time = -3000;  // before 1970 as well
  for (reading& e : events) e.time = {(time += static_cast<std::int64_t>(r.below(6))) - static_cast<std::int64_t>(r.below(30))};

  naive reference{Then == lv::after_firing::keep};
  support::marks marks{lateness + allowed, 1};
  std::int64_t watermark = INT64_MIN;
  for (const reading& e : events) {
    if (const std::int64_t mark = marks.next(e.time.ns); mark != INT64_MIN) reference.ring(watermark = mark);
    auto& w = reference.add(keyed ? e.sensor : 0, e, e.time.ns);
    w.alarm = std::min(w.alarm, (lv::slot_of({std::max(e.time.ns, watermark)}, 40_ns) + 1) * 40);
  }
  reference.ring(std::numeric_limits<std::int64_t>::max() - 1);
  CHECK(reference.output.size() > 30);
  auto makes = [&](std::vector<result>& output) {
    return flow_of<Then>(lv::every(40_ns, lv::at(&reading::time, lv::duration{allowed})), keyed, {lateness, 1}, output);
  };
  CHECK(support::in_any_spans<result>(events, makes) == reference.output);
  CHECK(support::with_restarts<result>(events, 13, makes) == reference.output);
}

}  // namespace

TEST_CASE("every(n): all events so far, or those since the last firing, after every n of a key") {
  const auto tenth = [](std::size_t fresh, const reading&) { return fresh == 10; };
  for (const bool keyed : {false, true}) {
    by_events_match<lv::after_firing::keep>(keyed, lv::every(10), tenth);
    by_events_match<lv::after_firing::purge>(keyed, lv::every(10), tenth);
  }
}

TEST_CASE("a condition: whenever an event fulfils it, which is the last of those in the row") {
  const auto is_over = [](std::size_t, const reading& e) { return special(e); };
  for (const bool keyed : {false, true}) {
    by_events_match<lv::after_firing::keep>(keyed, special, is_over);
    by_events_match<lv::after_firing::purge>(keyed, special, is_over);
  }
}

TEST_CASE("every(period): at its multiples, keys that had an event since, in processing time, over restarts as well") {
  for (const bool keyed : {false, true}) {
    by_processing_time_match<lv::after_firing::keep>(keyed);
    by_processing_time_match<lv::after_firing::purge>(keyed);
  }
}

TEST_CASE("every(period, at(...)): the same in event time, when the watermark gets there") {
  for (const bool keyed : {false, true})
    for (const std::int64_t lateness : {0, 30, 100}) {
      CAPTURE(lateness);
      by_event_time_match<lv::after_firing::keep>(keyed, lateness);
      by_event_time_match<lv::after_firing::purge>(keyed, lateness);
      by_event_time_match<lv::after_firing::purge>(keyed, lateness, 25);
    }
}

TEST_CASE(
    "start is the processing time of the first event, end that of the firing; time wakes whoever waits, once an event came") {
  std::vector<result> output;
  auto flow = flow_of<lv::after_firing::keep>(lv::every(10_ns), false, {}, output);
  flow.advance({3});
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  flow.push(reading{.level = 1});
  CHECK(flow.due() == lv::timestamp{10});
  flow.advance({34});
  REQUIRE(output.size() == 1);
  CHECK(output[0].start == 3);
  CHECK(output[0].end == 10);
  CHECK(flow.due() == lv::never);
  flow.push(reading{.level = 2});
  flow.advance({40});
  REQUIRE(output.size() == 2);
  CHECK(output[1].start == 3);
  CHECK(output[1].end == 40);
  CHECK(output[1].sum == 3);
  flow.finish();
  CHECK(output.size() == 2);
}

TEST_CASE("what a retired key has not said yet is emitted before the key is forgotten") {
  std::vector<result> output;
  auto check = [&](auto trigger) {
    output.clear();
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                         lv::global_window(trigger, support::of_level(), support::of_value()) |
                         lv::to([&](const auto& row) { output.push_back(support::result_of(row)); }));
    REQUIRE(flow.open());
    flow.advance({100'000'000'000});
    flow.push(std::vector<reading>(3, {.sensor = 7, .level = 1}));
    flow.advance({200'000'000'000});
    flow.push(std::vector<reading>(2, {.sensor = 8, .level = 5}));
    flow.finish();
    REQUIRE(output.size() == 2);
    CHECK(output[0].key == 7);
    CHECK(output[0].sum == 3);
    CHECK(output[1].key == 8);
    CHECK(output[1].sum == 10);
  };
  check(lv::every(10));
  check(special);
  check(lv::every(1_h));
  check(lv::every(1_h, lv::at(&reading::time)));
}
