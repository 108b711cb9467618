// SPDX-License-Identifier: BSL-1.0
#include <levada/op/process.hpp>

#include "../support/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

constexpr std::uint32_t sensors = 5;

/// After each second event of a key, and when it was silent for a while: how many there were, and the highest.
struct summary {
  std::uint32_t key = 0;
  std::int64_t at = 0;
  std::int32_t events = 0, highest = 0;
  bool by_alarm = false;

  friend bool operator==(const summary&, const summary&) = default;
};
struct seen {
  std::int32_t events = 0, highest = -1000;
};
constexpr lv::duration silence{25};
constexpr std::int64_t again(std::int64_t t) { return t + 1 + (t & 3) * 2; }

template <lv::time_domain Domain>
auto summaries() {
  return lv::process<"here", summary, Domain>(
      seen{},
      [](seen& s, const reading& e, auto& context) {
        ++s.events;
        s.highest = std::max(s.highest, e.level);
        if (s.events % 2 == 0) context.emit({context.key(), context.now().ns, s.events, s.highest, false});
        if (s.events == 7)
          context.clear_timer();
        else
          context.set_timer((Domain == lv::time_domain::event ? e.time : context.now()) + silence);
      },
      [](seen& s, lv::timestamp t, auto& context) {
        context.emit({context.key(), t.ns, s.events, s.highest, true});
        s = {};
        if (context.key() == 3 && t.ns % 2 == 0) context.set_timer({again(t.ns)});  // maybe at once
      });
}

/// The same with a map and a search.
struct naive {
  lv::time_domain domain;
  std::map<std::uint32_t, seen> of_key{};
  std::map<std::uint32_t, std::int64_t> alarms{};
  std::vector<summary> output{};
  std::int64_t reached = INT64_MIN;  // the watermark, or the clock

  void push(const reading& e, std::int64_t now) {
    seen& s = of_key[e.sensor];
    ++s.events;
    s.highest = std::max(s.highest, e.level);
    if (s.events % 2 == 0) output.push_back({e.sensor, now, s.events, s.highest, false});
    const std::int64_t alarm = (domain == lv::time_domain::event ? e.time.ns : now) + silence.ns;
    if (s.events == 7)
      alarms.erase(e.sensor);
    else
      alarms[e.sensor] = std::max(alarm, reached + 1);
  }
  void reach(std::int64_t to) {
    reached = to;
    while (!alarms.empty()) {
      const auto first = std::ranges::min_element(alarms, {}, [](const auto& a) { return std::pair(a.second, a.first); });
      if (first->second > to) break;
      const auto [key, t] = *first;
      alarms.erase(first);
      output.push_back({key, t, of_key[key].events, of_key[key].highest, true});
      of_key[key] = {};
      if (key == 3 && t % 2 == 0) alarms[key] = again(t);
    }
  }
  void end() {
    const auto left = std::exchange(alarms, {});
    std::vector<std::pair<std::int64_t, std::uint32_t>> order;
    for (const auto& [key, t] : left) order.push_back({t, key});
    std::ranges::sort(order);
    for (const auto& [t, key] : order) output.push_back({key, t, of_key[key].events, of_key[key].highest, true});
  }
};

reading at(std::int64_t time) { return {.time = {time}}; }

}  // namespace

TEST_CASE("in event time it does as a map of states and a search for the first alarm do, in any spans and over restarts") {
  auto events = support::readings(3000, sensors);
  support::random r{5};
  std::int64_t time = -2000;
  for (reading& e : events) e.time = {(time += static_cast<std::int64_t>(r.below(12))) - static_cast<std::int64_t>(r.below(60))};
  for (const std::int64_t lateness : {0, 20, 90}) {
    CAPTURE(lateness);
    naive reference{lv::time_domain::event};
    support::marks marks{lateness, 3};
    for (const reading& e : events) {
      if (const std::int64_t mark = marks.next(e.time.ns); mark != INT64_MIN) reference.reach(mark);
      reference.push(e, 0);
    }
    reference.end();
    const auto alarms = std::ranges::count(reference.output, true, &summary::by_alarm);
    CHECK(alarms > 50);

    auto makes = [&](std::vector<summary>& output) {
      return lv::flow(lv::from(lv::input<reading>()) | lv::link{support::marks{lateness, 3}} |
                      lv::key_by(&reading::sensor, lv::dense_keys{sensors}) | summaries<lv::time_domain::event>() |
                      lv::to([&output](const summary& s) {
                        output.push_back(s);
                        if (!s.by_alarm) output.back().at = 0;
                      }));
    };
    const bool same = support::in_any_spans<summary>(events, makes) == reference.output;
    CHECK(same);
    const bool same_after_restarts = support::with_restarts<summary>(events, 11, makes) == reference.output;
    CHECK(same_after_restarts);
  }
}

TEST_CASE("in processing time too; there alarms do not ring at the end of the stream, because their time has not come") {
  auto events = support::readings(3000, sensors);
  for (std::size_t i = 0; i < events.size(); i += 2) events[i].sensor = 0;  // so that the others are silent for long
  naive reference{lv::time_domain::processing};
  for (std::size_t i = 0; i < events.size(); ++i) {
    reference.reach(static_cast<std::int64_t>(i));
    reference.push(events[i], static_cast<std::int64_t>(i));
  }
  CHECK(std::ranges::count(reference.output, true, &summary::by_alarm) > 50);
  auto makes = [&](std::vector<summary>& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::link{support::marks{}} |
                    lv::key_by(&reading::sensor, lv::dense_keys{sensors}) | summaries<lv::time_domain::processing>() |
                    lv::to([&output](const summary& s) { output.push_back(s); }));
  };
  const bool same = support::with_restarts<summary>(events, 1, makes) == reference.output;
  CHECK(same);
}

TEST_CASE("an alarm that rings again and again rings at each of its times, however far time jumps; the end lets it ring once") {
  std::vector<std::int64_t> rang;
  auto flow = lv::flow(lv::from(lv::input<reading>()) |
                       lv::process<std::int64_t, lv::time_domain::event>(
                           0, [](int&, const reading& e, auto& context) { context.set_timer(e.time + 10_ns); },
                           [](int&, lv::timestamp t, auto& context) {
                             context.emit(t.ns);
                             context.set_timer(t + 10_ns);
                           }) |
                       lv::to([&](std::int64_t t) { rang.push_back(t); }));
  REQUIRE(flow.open());
  flow.push(at(0));
  flow.raise_everywhere(lv::watermark{{9}});
  CHECK(rang.empty());
  flow.raise_everywhere(lv::watermark{{35}});
  CHECK(rang == std::vector<std::int64_t>{10, 20, 30});
  flow.raise_everywhere(lv::watermark{{20}});  // backward: ignored
  CHECK(rang.size() == 3);
  flow.finish();
  CHECK(rang == std::vector<std::int64_t>{10, 20, 30, 40});
}

TEST_CASE("an alarm for a time that has passed rings with the next watermark, and does not hold the flow up") {
  std::vector<std::pair<std::int64_t, std::int64_t>> rang;
  auto flow = lv::flow(lv::from(lv::input<reading>()) |
                       lv::process<std::int64_t, lv::time_domain::event>(
                           0, [](int&, const reading& e, auto& context) { context.set_timer(e.time); },
                           [](int&, lv::timestamp t, auto& context) {
                             context.emit(t.ns);
                             context.set_timer(t);
                           }) |
                       lv::to([&](std::int64_t t) { rang.emplace_back(t, 0); }));
  REQUIRE(flow.open());
  flow.raise_everywhere(lv::watermark{{50}});
  flow.push(at(20));
  CHECK(rang.empty());
  flow.raise_everywhere(lv::watermark{{60}});
  CHECK(rang.size() == 1);
  flow.raise_everywhere(lv::watermark{{61}});
  CHECK(rang.size() == 2);
  flow.finish();
  CHECK(rang.size() == 3);
}

TEST_CASE("the context knows when the alarm rings, the time, and the watermark in either domain") {
  struct look {
    std::int64_t timer, now, watermark;
    bool operator==(const look&) const = default;
  };
  std::vector<look> looks;
  auto look_at = [](auto& context) { return look{context.timer().ns, context.now().ns, context.watermark().ns}; };
  auto flow = lv::flow(lv::from(lv::input<reading>()) |
                       lv::process<"here", look>(
                           0,
                           [=](int&, const reading& e, auto& context) {
                             if (e.level == 1) context.set_timer(context.now() + 10_ns);
                             if (e.level == 2) context.clear_timer();
                             context.emit(look_at(context));
                           },
                           [=](int&, lv::timestamp, auto& context) { context.emit(look_at(context)); }) |
                       lv::to([&](const look& l) { looks.push_back(l); }));
  flow.advance({100});
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  flow.raise_everywhere(lv::watermark{{7}});
  flow.push(reading{.level = 1});
  CHECK(flow.due() == lv::timestamp{110});
  flow.advance({120});
  flow.push(reading{.level = 1});
  flow.push(reading{.level = 2});
  flow.advance({200});
  flow.finish();
  CHECK(looks == std::vector<look>{{110, 100, 7}, {lv::never.ns, 120, 7}, {130, 120, 7}, {lv::never.ns, 120, 7}});
}

TEST_CASE("a retired key's state is as at the beginning; its alarm does not ring, and is counted as dropped") {
  std::vector<std::pair<std::uint32_t, int>> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::process<"here", std::pair<std::uint32_t, int>>(
                           100,
                           [](int& n, const reading&, auto& context) {
                             context.emit({context.key(), ++n});
                             context.set_timer(context.now() + 3600_s);
                           },
                           [](int&, lv::timestamp, auto& context) { context.emit({context.key(), 0}); }) |
                       lv::to([&](const std::pair<std::uint32_t, int>& p) { output.push_back(p); }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>(2, {.sensor = 7}));
  flow.advance({200'000'000'000});
  flow.push(reading{.sensor = 8});
  flow.advance({3'750'000'000'000});
  CHECK(output == std::vector<std::pair<std::uint32_t, int>>{{7, 101}, {7, 102}, {8, 101}});
  CHECK(flow.counts<"here">().dropped == 2);
}
