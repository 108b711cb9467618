// SPDX-License-Identifier: BSL-1.0
#include <levada/op/window.hpp>

#include "../support/archive.hpp"
#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

constexpr lv::timestamp at_second(std::int64_t seconds) { return {seconds * 1'000'000'000}; }
std::int64_t floor_of(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// What a row says.
struct result {
  std::uint32_t key = 0;
  std::int64_t start = 0, end = 0;
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  std::int32_t least = 0, greatest = 0, first = 0, last = 0;
  friend bool operator==(const result&, const result&) = default;
};
struct revised {
  result now{}, before{};
  std::uint32_t number = 0;
  bool early = false;
  friend bool operator==(const revised&, const revised&) = default;
};
template <class Row>
result result_of(const Row& row) {
  result r{0,
           row.start.ns,
           row.end.ns,
           row.template get<lv::count>(),
           row.template get<lv::sum>(),
           row.template get<lv::min>(),
           row.template get<lv::max>(),
           row.template get<lv::first>(),
           row.template get<lv::last>()};
  if constexpr (requires { row.key; }) r.key = row.key;
  return r;
}
template <class Row>
revised revised_of(const Row& row) {
  if constexpr (requires { row.before; })
    return {result_of(row.now), row.is_first() ? result{} : result_of(row.before), row.number, row.early};
  else
    return {result_of(row), {}, 0, false};
}
auto into(std::vector<revised>& output) {
  return lv::to<"end">([&output](const auto& row) { output.push_back(revised_of(row)); });
}
constexpr auto all_of_level() {
  return lv::aggregate<lv::count, lv::sum, lv::min, lv::max, lv::first, lv::last>(&reading::level);
}

/// A window with a pencil: keeps every event, looks at all of them, knows no ring and no list.
struct naive {
  std::int64_t size, slide;
  lv::late policy = lv::late::drop;
  std::int64_t allowed = 0;
  std::int64_t mark = INT64_MIN;
  std::vector<std::pair<std::uint32_t, reading>> events{};
  std::map<std::pair<std::int64_t, std::uint32_t>, revised> told{};  // by window and key
  std::vector<revised> output{};
  std::vector<reading> late{};

  [[nodiscard]] std::int64_t close_at() const { return policy == lv::late::update || mark == INT64_MIN ? mark : mark - allowed; }
  [[nodiscard]] std::int64_t forgotten_at() const { return mark == INT64_MIN ? mark : mark - allowed; }

  void say(std::int64_t start, std::uint32_t key) {
    result r{.key = key, .start = start, .end = start + size, .least = INT32_MAX, .greatest = INT32_MIN};
    std::vector<reading> own;
    for (std::int64_t pane = start; pane < start + size; pane += slide)  // those of a pane came after those of the pane before it
      for (const auto& [k, e] : events)
        if (k == key && floor_of(e.time.ns, slide) * slide == pane) own.push_back(e);
    for (const reading& e : own) {
      ++r.count;
      r.sum += e.level;
      r.least = std::min(r.least, e.level);
      r.greatest = std::max(r.greatest, e.level);
    }
    r.first = own.front().level;
    r.last = own.back().level;
    if (policy != lv::late::update) return output.push_back({r, {}, 0, false});
    const auto before = told.find({start, key});
    const revised one =
        before == told.end() ? revised{r, {}, 0, false} : revised{r, before->second.now, before->second.number + 1, false};
    told[{start, key}] = one;
    output.push_back(one);
  }
  void take(std::uint32_t key, const reading& e) {
    const std::int64_t pane = floor_of(e.time.ns, slide) * slide;
    if (mark != INT64_MIN && pane + size <= (policy == lv::late::update ? floor_of(forgotten_at(), slide) * slide : close_at()))
      return late.push_back(e);
    events.emplace_back(key, e);
    for (std::int64_t start = pane - size + slide; start <= pane; start += slide)
      if (policy == lv::late::update && is_over(start) && start + size > floor_of(forgotten_at(), slide) * slide) say(start, key);
  }
  [[nodiscard]] bool is_over(std::int64_t start) const { return mark != INT64_MIN && start + size <= close_at(); }
  /// Of windows that are not over.
  [[nodiscard]] std::set<std::int64_t> starts() const {
    std::set<std::int64_t> all;
    for (const auto& [key, e] : events)
      for (std::int64_t start = floor_of(e.time.ns, slide) * slide - size + slide; start <= e.time.ns; start += slide)
        if (!is_over(start)) all.insert(start);
    return all;
  }
  void reach(std::int64_t to) {
    const auto open = starts();
    mark = to;
    for (std::int64_t start : open)
      if (is_over(start)) fire(start);
  }
  void fire(std::int64_t start) {
    std::vector<std::uint32_t> keys;
    for (std::int64_t pane = start; pane < start + size; pane += slide)
      for (const auto& [key, e] : events)
        if (floor_of(e.time.ns, slide) * slide == pane && std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    for (std::uint32_t key : keys) say(start, key);
  }
  void finish() {
    for (std::int64_t start : starts()) fire(start);
  }
};

/// Out of order, late, doubled, with standstill and leaps.
std::vector<reading> disordered(std::size_t n, std::int64_t begin, std::uint64_t seed) {
  support::random r{seed};
  std::vector<reading> all;
  std::int64_t now = begin;
  while (all.size() < n) {
    now += static_cast<std::int64_t>(r.below(r.one_in(60) ? 4'000'000'000 : 60'000'000));
    const auto back = static_cast<std::int64_t>(r.below(r.one_in(20) ? 9'000'000'000 : 500'000'000));
    all.push_back({{now - back}, static_cast<std::uint32_t>(r.below(6)), static_cast<std::int32_t>(r.below(2001)) - 1000, 0});
    if (r.one_in(15)) all.push_back(all[r.below(all.size())]);
  }
  return all;
}

constexpr lv::duration lateness = 300_ms, grain = 100_ms;
constexpr auto lively = [](const reading& r) { return r.level > -600; };

template <auto Shape, lv::late Policy>
void equals_naive(lv::duration allowed, std::int64_t begin, std::uint64_t seed) {
  CAPTURE(Shape.size.ns);
  CAPTURE(Shape.slide.ns);
  CAPTURE(begin);
  const auto events = disordered(600, begin, seed);
  for (bool keyed : {false, true})
    for (bool masked : {false, true}) {
      CAPTURE(keyed);
      CAPTURE(masked);
      naive reference{Shape.size.ns, Shape.slide.ns, Policy, allowed.ns};
      std::int64_t greatest = INT64_MIN, raised = INT64_MIN;
      for (const reading& e : events) {
        greatest = std::max(greatest, e.time.ns);
        if (const std::int64_t mark = floor_of(greatest - lateness.ns, grain.ns) * grain.ns; mark > raised)
          reference.reach(raised = mark);
        if (!masked || lively(e)) reference.take(keyed ? e.sensor : 0, e);
      }
      reference.finish();
      REQUIRE(!reference.late.empty());

      for (std::size_t length : {std::size_t{1}, std::size_t{65}, std::size_t{100'000}}) {
        CAPTURE(length);
        std::vector<revised> output;
        std::vector<reading> late;
        auto feed = [&](auto flow) {
          REQUIRE(flow.open());
          support::in_spans(events, length, [&](auto part) { flow.push(part); });
          flow.finish();
          CHECK(output == reference.output);
          CHECK(flow.template counts<"end">().in == output.size());
          if constexpr (Policy == lv::late::aside)
            CHECK(late == reference.late);
          else
            CHECK(flow.template counts<"window">().dropped == reference.late.size());
        };
        auto source = lv::from(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{lateness, grain});
        auto live = lv::select([masked](const reading& r) { return !masked || lively(r); });
        auto key = lv::key_by(&reading::sensor);
        auto window = lv::window<"window", Shape>(lv::at<Policy>(&reading::time, allowed), lv::ahead{30_s}, all_of_level());
        auto put_aside = lv::aside(lv::to([&late](const reading& r) { late.push_back(r); }));
        if constexpr (Policy == lv::late::aside) {
          if (keyed)
            feed(lv::flow(source | live | key | window | put_aside | into(output)));
          else
            feed(lv::flow(source | live | window | put_aside | into(output)));
        } else {
          if (keyed)
            feed(lv::flow(source | live | key | window | into(output)));
          else
            feed(lv::flow(source | live | window | into(output)));
        }
      }
    }
}
constexpr lv::sliding<lv::duration> time_of(lv::duration size, lv::duration slide) { return {size, slide}; }
constexpr std::int64_t begins[] = {1'700'000'000'123'456'789, -3'000'000'000};

}  // namespace

TEST_CASE("windows in event time equal the naive ones: late events are dropped and counted") {
  for (std::int64_t begin : begins) {
    equals_naive<time_of(1_s, 1_s), lv::late::drop>({}, begin, 1);
    equals_naive<time_of(3_s, 1_s), lv::late::drop>({}, begin, 2);
    equals_naive<time_of(2_s, 250_ms), lv::late::drop>({}, begin, 3);
  }
}

TEST_CASE("windows in event time equal the naive ones: late events are put aside") {
  equals_naive<time_of(1_s, 1_s), lv::late::aside>({}, begins[0], 4);
  equals_naive<time_of(2_s, 500_ms), lv::late::aside>({}, begins[1], 5);
}

TEST_CASE("windows in event time equal the naive ones: late events revise what was said") {
  for (std::int64_t begin : begins) {
    equals_naive<time_of(1_s, 1_s), lv::late::update>(2_s, begin, 6);
    equals_naive<time_of(3_s, 1_s), lv::late::update>(4_s, begin, 7);
    equals_naive<time_of(2_s, 500_ms), lv::late::update>(1_s, begin, 8);
    equals_naive<time_of(1_s, 1_s), lv::late::update>(700_ms, begin, 9);
  }
}

TEST_CASE("without revisions a lateness that is allowed holds windows open") {
  equals_naive<time_of(1_s, 1_s), lv::late::drop>(1500_ms, begins[0], 10);
  equals_naive<time_of(2_s, 1_s), lv::late::aside>(3_s, begins[1], 11);
}

TEST_CASE("windows that are held open take no room from what is ahead") {
  std::vector<revised> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{0_s, 1_s}) |
                       lv::window<"window", lv::tumbling{1_s}>(lv::at(&reading::time, 20_s), all_of_level()) | into(output));
  REQUIRE(flow.open());
  for (std::int64_t s = 0; s < 100; ++s) flow.push(reading{.time = at_second(s)});
  CHECK(output.size() == 79);  // up to that which ended 20 s before the last event
  flow.push(reading{.time = at_second(79)});
  flow.finish();
  CHECK(output.size() == 100);
  CHECK(output[79].now.count == 2);
  CHECK(flow.counts<"window">().dropped == 0);
}

TEST_CASE("counts alone are taken without a branch, and are the same") {
  const auto events = disordered(3000, begins[0], 12);
  using row = std::tuple<std::uint32_t, std::int64_t, std::uint64_t>;
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::vector<row> branch, masked;
    auto to = [](std::vector<row>& rows) {
      return lv::to([&rows](const auto& r) { rows.emplace_back(r.key, r.start.ns, r.template get<lv::count>()); });
    };
    auto source = [] { return lv::from(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{lateness, grain}); };
    auto count = [] {
      return lv::key_by(&reading::sensor, lv::dense_keys{6}) |
             lv::window<"window", time_of(2_s, 1_s)>(lv::at(&reading::time), lv::aggregate<lv::count>(&reading::level));
    };
    auto one = lv::flow(source() | lv::filter(lively) | count() | to(branch));
    auto other = lv::flow(source() | lv::select(lively) | count() | to(masked));
    REQUIRE(one.open());
    REQUIRE(other.open());
    support::in_spans(events, length, [&](auto part) { one.push(part), other.push(part); });
    one.finish(), other.finish();
    CHECK(branch.size() > 100);
    CHECK(branch == masked);
    CHECK(one.counts<"window">().dropped == other.counts<"window">().dropped);
  }
}

TEST_CASE("a watermark fires all windows that are over, a leap of years too, and goes on after what they say") {
  std::vector<revised> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{0_s, 1_s}) |
                       lv::window<time_of(4_s, 2_s)>(lv::at(&reading::time), all_of_level()) | into(output));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.time = at_second(101), .level = 1}, {.time = at_second(103), .level = 2}});
  CHECK(output.size() == 1);
  flow.push(reading{.time = at_second(40'000'000'000 / 10), .level = 5});
  CHECK(output.size() == 3);
  CHECK(output.back().now.start == at_second(102).ns);
  flow.finish();
  REQUIRE(output.size() == 5);
  CHECK(output.back().now.start == at_second(4'000'000'000).ns);
}

TEST_CASE("events too far ahead of the watermark are dropped and counted, or put aside; what is nearer is not touched by it") {
  std::vector<revised> output;
  std::uint64_t put_aside = 0;
  auto source = lv::from<"in">(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{0_s, 1_s}, {.splits = 2});
  const std::vector<reading> of_a{{.time = at_second(100)}, {.time = at_second(105)}};
  auto feed = [&](auto& flow) {
    REQUIRE(flow.open());
    flow.split(0), flow.push(reading{.time = at_second(100)});
    flow.split(1), flow.push(reading{.time = at_second(100)});
    for (std::int64_t s : {101, 103, 104, 200, 1'000'000}) flow.push(reading{.time = at_second(s)});
    flow.split(0), flow.push(reading{.time = at_second(110)});
    flow.split(1), flow.push(reading{.time = at_second(110)});
    flow.finish();
    std::vector<std::int64_t> starts;
    for (const revised& r : output) starts.push_back(r.now.start / 1'000'000'000);
    CHECK(starts == std::vector<std::int64_t>{100, 101, 103, 110});
  };
  SUBCASE("dropped") {
    auto flow = lv::flow(
        source | lv::window<"window", lv::tumbling{1_s}>(lv::at(&reading::time), lv::ahead{3_s}, all_of_level()) | into(output));
    feed(flow);
    CHECK(flow.counts<"window">().dropped == 3);
  }
  SUBCASE("put aside") {
    auto flow = lv::flow(
        source |
        lv::window<"window", lv::tumbling{1_s}>(lv::at<lv::late::aside>(&reading::time), lv::ahead{3_s}, all_of_level()) |
        lv::aside(lv::to([&](const reading&) { ++put_aside; })) | into(output));
    feed(flow);
    CHECK(put_aside == 3);
    CHECK(flow.counts<"window">().dropped == 0);
  }
}

TEST_CASE("before the first watermark panes may come in any order, as far apart as the ring is long") {
  std::vector<revised> output;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) |
               lv::window<"window", lv::tumbling{1_s}>(lv::at(&reading::time), lv::ahead{3_s}, all_of_level()) | into(output));
  REQUIRE(flow.open());
  for (std::int64_t s : {50, 48, 47, 51, 46, 50}) flow.push(reading{.time = at_second(s)});
  flow.finish();
  std::vector<std::int64_t> starts;
  for (const revised& r : output) starts.push_back(r.now.start / 1'000'000'000);
  CHECK(starts == std::vector<std::int64_t>{47, 48, 50});
  CHECK(flow.counts<"window">().dropped == 2);
}

TEST_CASE("early results come in processing time, as revisions, where something is new; the last one is not early") {
  std::vector<revised> output;
  auto flow = lv::flow(
      lv::from(lv::input<reading>()) | lv::event_time(&reading::time, lv::bounded{0_s, 1_s}) | lv::key_by(&reading::sensor) |
      lv::window<lv::tumbling{10_s}>(lv::at(&reading::time), lv::early{.every = 2_s}, all_of_level()) | into(output));
  REQUIRE(flow.open());
  flow.advance(at_second(1000));
  CHECK(flow.due() == lv::never);
  flow.push(
      std::vector<reading>{{.time = at_second(1), .sensor = 1, .level = 5}, {.time = at_second(2), .sensor = 2, .level = 6}});
  CHECK(flow.due() == at_second(1002));
  flow.advance(at_second(1002));
  REQUIRE(output.size() == 2);
  CHECK(output[0].early);
  CHECK(output[0].number == 0);
  flow.push(reading{.time = at_second(3), .sensor = 2, .level = 7});
  flow.advance(at_second(1004));
  REQUIRE(output.size() == 3);  // key 1 has nothing new to say
  CHECK(output[2].now.sum == 13);
  CHECK(output[2].before.sum == 6);
  CHECK(output[2].number == 1);
  flow.push(reading{.time = at_second(10), .sensor = 3});
  REQUIRE(output.size() == 5);
  CHECK_FALSE(output[3].early);
  CHECK(output[3].now.sum == 5);
  CHECK(output[3].before.sum == 5);
  CHECK(output[3].number == 1);
  CHECK(output[4].number == 2);
}

TEST_CASE("early results come with every so many events of a key") {
  const auto events = disordered(500, begins[0], 15);
  std::map<std::pair<std::uint32_t, std::int64_t>, std::uint64_t> counts;
  for (std::size_t length : {std::size_t{1}, std::size_t{64}, std::size_t{1000}}) {
    std::vector<revised> output;
    auto flow =
        lv::flow(lv::from(lv::input<reading>()) | lv::select(lively) | lv::key_by(&reading::sensor) |
                 lv::window<lv::tumbling{1_h}>(lv::at(&reading::time), lv::early{.events = 7}, all_of_level()) | into(output));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    std::map<std::uint32_t, std::uint64_t> seen;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> expected, said;
    for (const reading& e : events)
      if (lively(e) && ++seen[e.sensor] % 7 == 0) expected.emplace_back(e.sensor, seen[e.sensor]);
    for (const revised& r : output) said.emplace_back(r.now.key, r.now.count);
    CHECK(said == expected);
  }
}

TEST_CASE("a retired key's panes are forgotten; what was in open windows is counted as dropped") {
  std::vector<revised> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 2, .idle = 1_s}) |
                       lv::window<"window", time_of(4_s, 2_s)>(lv::at(&reading::time), all_of_level()) | into(output));
  REQUIRE(flow.open());
  flow.advance(at_second(1000));
  flow.push(std::vector<reading>(5, {.time = at_second(50), .sensor = 1}));
  flow.push(std::vector<reading>(70, {.time = at_second(50), .sensor = 2}));
  flow.advance(at_second(1002));
  flow.push(reading{.time = at_second(51), .sensor = 2});
  flow.advance(at_second(1004));  // 1 goes
  CHECK(flow.counts<"window">().dropped == 5);
  flow.push(reading{.time = at_second(51), .sensor = 3});  // in its slot
  flow.finish();
  REQUIRE(output.size() == 4);
  CHECK(output[0].now.key == 2);
  CHECK(output[0].now.count == 71);
  CHECK(output[1].now.key == 3);
  CHECK(output[1].now.count == 1);
}

TEST_CASE("windows go on after a restart where they were") {
  const auto events = disordered(800, begins[0], 16);
  auto make = [](std::vector<revised>& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::event_time<"time">(&reading::time, lv::bounded{lateness, grain}) |
                    lv::key_by(&reading::sensor, lv::dense_keys{6}) |
                    lv::window<"window", time_of(3_s, 1_s)>(lv::at<lv::late::update>(&reading::time, 2_s), lv::early{1_s, 9},
                                                            all_of_level()) |
                    into(output));
  };
  auto feed = [&](auto& flow, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      flow.push(events[i]);
      if (i % 50 == 0) flow.advance(at_second(1000 + static_cast<std::int64_t>(i)));
    }
  };
  std::vector<revised> once, first, second;
  auto whole = make(once), before = make(first), after = make(second);
  REQUIRE(whole.open());
  REQUIRE(before.open());
  REQUIRE(after.open());
  feed(whole, 0, events.size());
  feed(before, 0, 400);
  support::carry_over(before.at<"time">(), after.at<"time">());
  support::carry_over(before.at<"window">(), after.at<"window">());
  feed(after, 400, events.size());
  first.insert(first.end(), second.begin(), second.end());
  CHECK(first == once);
  CHECK(std::ranges::count_if(once, [](const revised& r) { return r.number > 1; }) > 5);
}
