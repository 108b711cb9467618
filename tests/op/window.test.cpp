// SPDX-License-Identifier: BSL-1.0
#include <levada/op/window.hpp>

#include "../support/archive.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

/// What the tests look at of a row. Levels are whole numbers, so sums are exact in any order.
struct result {
  std::uint32_t key = 0;
  std::int64_t start = 0, end = 0;
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  std::int32_t least = 0, greatest = 0, first = 0, last = 0;
  double deviation = 0;

  bool operator==(const result& o) const {
    return std::tie(key, start, end, count, sum, least, greatest, first, last) ==
               std::tie(o.key, o.start, o.end, o.count, o.sum, o.least, o.greatest, o.first, o.last) &&
           std::fabs(deviation - o.deviation) < 1e-9;
  }
};

/// Of events given one by one, as a window would be computed with a pencil.
result by_hand(std::uint32_t key, std::int64_t start, std::int64_t end, const std::vector<reading>& events) {
  result r{.key = key, .start = start, .end = end, .least = INT32_MAX, .greatest = INT32_MIN};
  double mean = 0;
  for (const reading& e : events) {
    ++r.count;
    r.sum += e.level;
    r.least = std::min(r.least, e.level);
    r.greatest = std::max(r.greatest, e.level);
    mean += e.value;
  }
  mean /= static_cast<double>(events.size());
  for (const reading& e : events) r.deviation += (e.value - mean) * (e.value - mean);
  r.deviation = std::sqrt(r.deviation / static_cast<double>(events.size()));
  r.first = events.front().level;
  r.last = events.back().level;
  return r;
}

template <auto Shape, lv::stalls Stalls = lv::stalls::automatic>
auto all_results() {
  return lv::window<"window", Shape, Stalls>(lv::aggregate<lv::sum, lv::min, lv::max, lv::first, lv::last>(&reading::level),
                                             lv::aggregate<lv::count, lv::stddev>([](const reading& r) { return r.value; }));
}
auto into(std::vector<result>& output) {
  return lv::to<"end">([&output](const auto& row) {
    result r{.start = row.start.ns,
             .end = row.end.ns,
             .count = row.template get<lv::count>(),
             .sum = row.template get<lv::sum>(),
             .least = row.template get<lv::min>(),
             .greatest = row.template get<lv::max>(),
             .first = row.template get<lv::first>(),
             .last = row.template get<lv::last>(),
             .deviation = row.template get<lv::stddev>()};
    if constexpr (requires { row.key; }) r.key = row.key;
    output.push_back(r);
  });
}

enum class stream { plain, keyed, masked, keyed_masked };
constexpr auto lively = [](const reading& r) { return r.level > -500; };

/// feed(flow, output) with a flow of each form of stream.
template <auto Shape, lv::stalls Stalls = lv::stalls::automatic>
void with_flow(stream form, lv::keys keys, auto&& feed) {
  std::vector<result> output;
  auto source = lv::from(lv::input<reading>());
  auto check = [&](auto flow) {
    REQUIRE(flow.open());
    feed(flow, output);
  };
  switch (form) {
    case stream::plain: return check(lv::flow(source | all_results<Shape, Stalls>() | into(output)));
    case stream::keyed:
      return check(lv::flow(source | lv::key_by(&reading::sensor, keys) | all_results<Shape, Stalls>() | into(output)));
    case stream::masked: return check(lv::flow(source | lv::select(lively) | all_results<Shape, Stalls>() | into(output)));
    case stream::keyed_masked:
      return check(lv::flow(source | lv::select(lively) | lv::key_by(&reading::sensor, keys) | all_results<Shape, Stalls>() |
                            into(output)));
  }
}
constexpr stream forms[] = {stream::plain, stream::keyed, stream::masked, stream::keyed_masked};
bool keyed(stream form) { return form == stream::keyed || form == stream::keyed_masked; }
bool passes(stream form, const reading& r) { return form == stream::plain || form == stream::keyed || lively(r); }

template <lv::sliding<std::size_t> Shape, lv::stalls Stalls = lv::stalls::automatic>
void count_windows_match() {
  CAPTURE(Shape.size);
  CAPTURE(Shape.slide);
  const auto events = support::readings(3 * Shape.size + 1500);
  for (stream form : forms) {
    CAPTURE(static_cast<int>(form));
    for (std::size_t length : {std::size_t{1}, std::size_t{65}, std::size_t{100'000}}) {
      CAPTURE(length);
      std::map<std::uint32_t, std::vector<std::pair<reading, std::int64_t>>> seen;
      std::vector<result> expected;
      with_flow<Shape, Stalls>(form, {}, [&](auto& flow, const std::vector<result>& output) {
        std::int64_t now = 1000;
        support::in_spans(events, length, [&](std::span<const reading> part) {
          flow.advance({++now});
          flow.push(part);
          for (const reading& e : part) {
            if (!passes(form, e)) continue;
            auto& own = seen[keyed(form) ? e.sensor : 0];
            own.push_back({e, now});
            if (own.size() < Shape.size || own.size() % Shape.slide != 0) continue;
            std::vector<reading> last;
            for (std::size_t i = own.size() - Shape.size; i < own.size(); ++i) last.push_back(own[i].first);
            expected.push_back(by_hand(keyed(form) ? e.sensor : 0, own[own.size() - Shape.size].second, now, last));
          }
        });
        flow.finish();  // what is not full stays silent
        CHECK(!expected.empty());
        CHECK(output == expected);
        CHECK(flow.template counts<"window">().out == expected.size());
        CHECK(flow.template counts<"end">().in == expected.size());
      });
    }
  }
}

/// A naive time window: keeps everything, looks at everything.
struct naive {
  std::int64_t size, slide;
  std::vector<std::tuple<std::int64_t, std::uint32_t, reading>> events;  // when, key, what
  std::vector<result> output{};

  static std::int64_t floor(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
  void fire(std::int64_t end) {
    std::map<std::uint32_t, std::vector<reading>> of_key;
    for (const auto& [when, key, e] : events)
      if (when >= end - size && when < end) of_key[key].push_back(e);
    for (const auto& [key, list] : of_key) output.push_back(by_hand(key, end - size, end, list));
  }
  /// Time goes from `before` to `now`: every window that ended on the way fires.
  void tick(std::int64_t before, std::int64_t now) {
    std::int64_t last = INT64_MIN;
    for (const auto& [when, key, e] : events) last = std::max(last, when);
    if (events.empty()) return;
    for (std::int64_t end = (floor(before, slide) + 1) * slide; end <= now && end - size <= last; end += slide) fire(end);
  }
};
/// Keys fire in the order in which they came; the naive one sorts them.
std::vector<result> sorted(std::vector<result> rows) {
  std::ranges::sort(rows, {}, [](const result& r) { return std::pair(r.end, r.key); });
  return rows;
}

template <lv::sliding<lv::duration> Shape>
void time_windows_match(std::int64_t begin, std::uint64_t seed) {
  CAPTURE(Shape.size.ns);
  CAPTURE(Shape.slide.ns);
  CAPTURE(begin);
  for (stream form : forms) {
    CAPTURE(static_cast<int>(form));
    with_flow<Shape>(form, {}, [&](auto& flow, const std::vector<result>& output) {
      naive reference{Shape.size.ns, Shape.slide.ns, {}};
      support::random r{seed};
      std::int64_t now = begin;
      flow.advance({now});
      for (const reading& one : support::readings(60)) {
        std::vector<reading> span(r.one_in(3) ? r.below(150) : r.below(3), one);
        for (reading& e : span) {
          e.sensor = static_cast<std::uint32_t>(r.below(20));
          e.level = static_cast<std::int32_t>(r.below(2001)) - 1000;
          if (passes(form, e)) reference.events.push_back({now, keyed(form) ? e.sensor : 0, e});
        }
        flow.push(span);
        std::int64_t step = static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(2 * Shape.slide.ns)));
        if (r.one_in(5)) step = 0;
        if (r.one_in(5)) step = Shape.slide.ns - naive::floor(now, Shape.slide.ns) * 0;
        if (r.one_in(8)) step = Shape.size.ns * static_cast<std::int64_t>(r.below(4));
        if (r.one_in(20)) step = 86'400'000'000'000 * 400;  // more than a year
        flow.advance({now - 1});                            // backward: ignored
        reference.tick(now, now + step);
        now += step;
        flow.advance({now});
      }
      flow.finish();
      reference.fire((naive::floor(now, Shape.slide.ns) + 1) * Shape.slide.ns);
      CHECK(output.size() > 20);
      CHECK(sorted(output) == reference.output);
      CHECK(flow.template counts<"window">().out == output.size());
      CHECK(flow.template counts<"window">().dropped == 0);
    });
  }
}

/// A flow that is stopped in the middle, and one that was fed nothing but what the first one has saved.
template <auto Shape, lv::stalls Stalls = lv::stalls::automatic>
void goes_on_after_a_restart() {
  CAPTURE(lv::detail::extent(Shape.size));
  const auto make = [](std::vector<result>& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{7}) |
                    all_results<Shape, Stalls>() | into(output));
  };
  const auto events = support::readings(3000);
  std::int64_t now = 0;
  const auto feed = [&](auto& flow, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      now = static_cast<std::int64_t>(i) * 1'000'000;
      flow.advance({now});
      flow.push(events[i]);
    }
  };
  for (std::size_t stop : {0u, 1u, 700u, 1001u, 1900u}) {
    CAPTURE(stop);
    std::vector<result> whole, rest;
    auto one = make(whole);
    REQUIRE(one.open());
    feed(one, 0, stop);
    whole.clear();
    support::archive kept(one.template at<"window">());
    feed(one, stop, events.size());
    one.finish();

    auto other = make(rest);
    REQUIRE(other.open());
    other.advance({static_cast<std::int64_t>(stop) * 1'000'000 - 1'000'000});
    kept.load_into(other.template at<"window">());
    feed(other, stop, events.size());
    other.finish();
    CHECK(!whole.empty());
    CHECK(rest == whole);
  }
}

constexpr lv::sliding<std::size_t> events_of(std::size_t size, std::size_t slide) { return {size, slide}; }
constexpr lv::sliding<lv::duration> time_of(lv::duration size, lv::duration slide) { return {size, slide}; }

}  // namespace

TEST_CASE("count windows equal the naive ones: tumbling, sliding, slide 1, of one event, of many panes") {
  count_windows_match<events_of(1, 1)>();
  count_windows_match<events_of(2, 1)>();
  count_windows_match<events_of(10, 10)>();
  count_windows_match<events_of(12, 4)>();
  count_windows_match<events_of(64, 1)>();
  count_windows_match<events_of(200, 100)>();
  count_windows_match<events_of(180, 18)>();
}

TEST_CASE("windows go on after a restart where they were") {
  goes_on_after_a_restart<events_of(10, 10)>();
  goes_on_after_a_restart<events_of(12, 4)>();
  goes_on_after_a_restart<events_of(100, 1)>();
  goes_on_after_a_restart<events_of(100, 1), lv::stalls::bounded>();
  goes_on_after_a_restart<events_of(90, 9), lv::stalls::bounded>();
  goes_on_after_a_restart<time_of(100_ms, 10_ms)>();
}

TEST_CASE_TEMPLATE("while an image is taken of them windows of many panes go on, and the image stays as it was", Choice,
                   std::integral_constant<lv::stalls, lv::stalls::allowed>,
                   std::integral_constant<lv::stalls, lv::stalls::bounded>) {
  std::vector<result> plain, imaged;
  const auto make = [](std::vector<result>& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{7}) |
                    all_results<events_of(50, 1), Choice::value>() | into(output));
  };
  auto one = make(plain), other = make(imaged);
  REQUIRE(one.open());
  REQUIRE(other.open());
  const auto events = support::readings(3000);
  const std::span<const reading> all(events);
  one.push(all);
  other.push(all.first(1200));
  auto& window = other.template at<"window">();
  lv::image kept;
  kept.begin(window.places.begin(), sizeof *window.places.begin(), window.places.size());
  window.places.keep_in(&kept);
  const auto bytes = std::as_bytes(std::span(window.places.begin(), window.places.size()));
  const std::vector<std::byte> before(bytes.begin(), bytes.end());
  other.push(all.subspan(1200, 900));
  std::size_t enough = SIZE_MAX;
  CHECK(kept.step(enough));
  constexpr std::size_t cell = sizeof *window.places.begin();
  REQUIRE(kept.order().size() == window.places.size());
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < kept.order().size(); ++k)
    wrong += std::equal(kept.bytes() + k * cell, kept.bytes() + (k + 1) * cell, before.data() + kept.order()[k] * cell) ? 0u : 1u;
  CHECK(wrong == 0);
  CHECK(!std::ranges::equal(bytes, before));
  window.places.keep_in(nullptr);
  other.push(all.subspan(2100));
  CHECK(imaged == plain);
}

TEST_CASE("they equal the naive ones whether or not they may stall") {
  count_windows_match<events_of(9, 1), lv::stalls::allowed>();
  count_windows_match<events_of(9, 1), lv::stalls::bounded>();
  count_windows_match<events_of(100, 1), lv::stalls::bounded>();
  count_windows_match<events_of(180, 18), lv::stalls::bounded>();
}

TEST_CASE("time windows equal the naive ones: tumbling, sliding, with standstill, jumps of years, before 1970") {
  for (std::int64_t begin :
       {std::int64_t{1'700'000'000'123'456'789}, std::int64_t{0}, std::int64_t{-1'000'000'000'000'000'000}}) {
    time_windows_match<time_of(1_s, 1_s)>(begin, 1);
    time_windows_match<time_of(10_s, 1_s)>(begin, 2);
    time_windows_match<time_of(3_ms, 1_ms)>(begin, 3);
    time_windows_match<time_of(100_s, 50_s)>(begin, 4);
    time_windows_match<time_of(300_ms, 1_ms)>(begin, 5);
  }
}

TEST_CASE("tumbling is sliding by its own size") {
  CHECK(lv::tumbling{7}.slide == 7);
  CHECK(lv::tumbling{7_s}.slide == 7_s);
  std::vector<result> a, b;
  auto flow = lv::flow(lv::from<"a">(lv::input<reading>()) | all_results<lv::tumbling{7}>() | into(a),
                       lv::from<"b">(lv::input<reading>()) | all_results<lv::sliding{7, 7}>() | into(b));
  REQUIRE(flow.open());
  const auto events = support::readings(100);
  flow.push<"a">(events);
  flow.push<"b">(events);
  CHECK(a.size() == 14);
  CHECK(a == b);
}

TEST_CASE("windows of time are aligned to 1970, whenever the flow starts") {
  for (std::int64_t begin : {12'345, 12'000, 19'999, -1, -10'000}) {
    CAPTURE(begin);
    std::vector<result> output;
    auto flow = lv::flow(lv::from(lv::input<reading>()) | all_results<lv::tumbling{lv::duration{10'000}}>() | into(output));
    flow.advance({begin});
    REQUIRE(flow.open());
    flow.push(reading{});
    const std::int64_t start = naive::floor(begin, 10'000) * 10'000;
    CHECK(flow.due() == lv::timestamp{start + 10'000});
    flow.advance({start + 9'999});
    CHECK(output.empty());
    flow.advance({start + 10'000});
    REQUIRE(output.size() == 1);
    CHECK(output[0].start == start);
    CHECK(output[0].end == start + 10'000);
    CHECK(flow.due() == lv::timestamp{start + 20'000});  // it may be empty then: one tick more finds out
    flow.advance({start + 20'000});
    CHECK(output.size() == 1);
    CHECK(flow.due() == lv::never);
  }
}

TEST_CASE("a window of time wakes nobody while there is nothing in it, and all keys fire, not only the one that speaks") {
  std::vector<result> output;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | all_results<time_of(2_s, 1_s)>() | into(output));
  flow.advance({0});
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  flow.push(std::vector<reading>{{.sensor = 3}, {.sensor = 1}, {.sensor = 2}});
  flow.advance({1'000'000'000});
  flow.push(reading{.sensor = 1});
  flow.advance({2'000'000'000});
  flow.advance({3'000'000'000});
  std::vector<std::uint32_t> keys;
  for (const result& r : output) keys.push_back(r.key);
  CHECK(keys == std::vector<std::uint32_t>{3, 1, 2, 3, 1, 2, 1});
}

TEST_CASE("without any clock the events are in one window, that the end of the stream emits") {
  std::vector<result> output;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | all_results<time_of(10_s, 1_s)>() | into(output));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>(100, {.level = 2}));
  flow.finish();
  REQUIRE(output.size() == 1);
  CHECK(output[0].sum == 200);
}

TEST_CASE("events from before the clock was known are in the windows before its first tick") {
  std::vector<result> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | all_results<time_of(2_s, 1_s)>() | into(output));
  REQUIRE(flow.open());
  flow.push(reading{.level = 2});
  flow.advance({1'700'000'000'000'000'000});
  flow.push(reading{.level = 3});
  flow.finish();
  REQUIRE(output.size() == 3);
  CHECK(output[0].sum == 2);
  CHECK(output[1].sum == 2);
  CHECK(output[2].sum == 3);
}

TEST_CASE("a retired key's window is forgotten; what a window of time still held is counted as dropped") {
  SUBCASE("count") {
    with_flow<events_of(4, 2)>(stream::keyed, {.bound = 1, .idle = 1_s}, [](auto& flow, const std::vector<result>& output) {
      flow.advance({100'000'000'000});
      flow.push(std::vector<reading>(3, {.sensor = 1, .level = 1}));
      flow.advance({200'000'000'000});
      flow.push(std::vector<reading>(4, {.sensor = 2, .level = 10}));
      REQUIRE(output.size() == 1);
      CHECK(output[0].key == 2);
      CHECK(output[0].sum == 40);
      CHECK(flow.template counts<"window">().dropped == 0);
    });
  }
  SUBCASE("time, idle for longer than the window") {
    with_flow<time_of(4_s, 2_s)>(stream::keyed, {.bound = 1, .idle = 5_s}, [](auto& flow, const std::vector<result>& output) {
      flow.advance({100'000'000'000});
      flow.push(reading{.sensor = 1, .level = 1});
      flow.advance({120'000'000'000});
      flow.push(reading{.sensor = 2, .level = 10});
      flow.finish();
      REQUIRE(output.size() == 3);
      CHECK(output[0].sum == 1);
      CHECK(output[1].sum == 1);
      CHECK(output[2].key == 2);
      CHECK(output[2].sum == 10);
      CHECK(flow.template counts<"window">().dropped == 0);
    });
  }
  SUBCASE("time, idle for less than the window") {
    with_flow<time_of(60_s, 60_s)>(stream::keyed, {.bound = 2, .idle = 1_s}, [](auto& flow, const std::vector<result>& output) {
      flow.advance({120'000'000'000});
      flow.push(std::vector<reading>{{.sensor = 1}, {.sensor = 2}});
      flow.advance({122'000'000'000});
      flow.push(reading{.sensor = 2});
      flow.advance({124'000'000'000});  // 1 goes
      flow.push(std::vector<reading>{{.sensor = 3, .level = 5}, {.sensor = 2}});
      flow.finish();
      REQUIRE(output.size() == 2);
      CHECK(output[0].key == 2);
      CHECK(output[0].count == 3);
      CHECK(output[1].key == 3);
      CHECK(output[1].sum == 5);
      CHECK(flow.template counts<"window">().dropped == 1);
    });
  }
}

TEST_CASE("the largest window, of more bytes than a stack has, starts and retires") {
  auto check = [](auto shape) {
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by<"sensor">(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                         lv::window<decltype(shape)::value>(
                             lv::aggregate<lv::mean, lv::stddev, lv::min, lv::max, lv::first, lv::last>(&reading::value),
                             lv::aggregate<lv::mean, lv::stddev, lv::min, lv::max, lv::first, lv::last>(&reading::level),
                             lv::aggregate<lv::mean, lv::stddev, lv::min, lv::max, lv::first, lv::last>(&reading::sensor)) |
                         lv::to([](const auto&) {}));
    REQUIRE(flow.open());
    flow.advance({100'000'000'000});
    flow.push(reading{.sensor = 1});
    flow.advance({1'000'000'000'000'000'000});
    flow.push(reading{.sensor = 2});
    CHECK(flow.template counts<"sensor">().dropped == 0);
  };
  check(std::integral_constant<lv::sliding<std::size_t>, events_of(65536, 1)>{});
  check(std::integral_constant<lv::sliding<lv::duration>, time_of(65536_ms, 1_ms)>{});
}

TEST_CASE("the same input under a manual clock gives the same rows, bit for bit") {
  auto once = [] {
    std::vector<result> output;
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 16, .idle = 30_s}) |
                         all_results<time_of(10_s, 1_s)>() | into(output));
    if (!flow.open()) return output;
    lv::manual_clock clock{{1'700'000'000'000'000'000}, {}};
    support::random r{4};
    for (const reading& e : support::readings(3000)) {
      flow.advance(clock.now());
      flow.push(e);
      clock.advance(lv::duration{static_cast<std::int64_t>(r.below(r.one_in(100) ? 40'000'000'000 : 200'000'000))});
    }
    flow.finish();
    return output;
  };
  const auto first = once();
  CHECK(first.size() > 1000);
  CHECK(first == once());
}
