// SPDX-License-Identifier: BSL-1.0
#include <levada/op/event_time.hpp>

#include "../support/archive.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

constexpr lv::timestamp at(std::int64_t seconds) { return {seconds * 1'000'000'000}; }

/// Whatever passes, in order: events by their time, watermarks, pauses.
struct seen {
  enum what { event, mark, at_rest } kind;
  std::int64_t time = 0;
  friend bool operator==(const seen&, const seen&) = default;
};
seen event_at(std::int64_t seconds) { return {seen::event, at(seconds).ns}; }
seen mark_at(std::int64_t seconds) { return {seen::mark, at(seconds).ns}; }
constexpr seen at_rest{seen::at_rest, 0};

struct listener {
  [[maybe_unused]] static constexpr std::string_view kind = "listener";
  [[maybe_unused]] static constexpr std::string_view name = "listener";
  std::vector<seen>* all;
  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  template <class E>
  void operator()(const E& e, auto out) {
    all->push_back({seen::event, lv::payload(e).time.ns});
    out(e);
  }
  void on(const lv::watermark& w, auto out) {
    all->push_back({seen::mark, w.time.ns});
    out.raise(w);
  }
  void on(const lv::idle& i, auto out) {
    all->push_back(at_rest);
    out.raise(i);
  }
};

template <class... Strategy>
auto listened(std::vector<seen>& all, Strategy... strategy) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::event_time<"time">(&reading::time, strategy...) |
                  lv::link{listener{&all}} | lv::to<"end">([](const reading&) {}));
}

/// Times that step back by up to 20 ms, and further now and then.
std::vector<reading> unordered(std::size_t n) {
  auto events = support::readings(n);
  support::random r{3};
  for (reading& one : events)
    one.time = one.time - lv::duration{static_cast<std::int64_t>(r.below(r.one_in(50) ? 200'000'000 : 20'000'000))};
  return events;
}

/// One event, and then a pause that it says itself.
struct pausing {
  using event_type = reading;
  int polls = 0;
  [[nodiscard]] lv::polled poll(auto out, std::size_t) {
    if (polls++ > 0) return lv::polled::nothing;
    const reading one{.time = at(50)};
    out(std::span<const reading>(&one, 1));
    out.raise(lv::idle{});
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return 0; }
};

}  // namespace

TEST_CASE("bounded: the watermark is the greatest time minus the lateness, rounded down, in front of the event that raises it") {
  const auto events = unordered(3000);
  constexpr lv::duration lateness = 20_ms, every = 7_ms;
  std::vector<seen> expected;
  std::int64_t greatest = INT64_MIN, raised = INT64_MIN;
  for (const reading& r : events) {
    greatest = std::max(greatest, r.time.ns);
    const std::int64_t reached = (greatest - lateness.ns) / every.ns * every.ns;
    if (reached > raised) expected.push_back({seen::mark, raised = reached});
    expected.push_back({seen::event, r.time.ns});
  }
  for (std::size_t length : support::span_lengths) {  // wherever it is cut
    CAPTURE(length);
    std::vector<seen> all;
    auto flow = listened(all, lv::bounded{lateness, every});
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    flow.finish();
    CHECK(all == expected);
    CHECK(flow.counts<"time">().out == events.size());
    CHECK(flow.counts<"end">().in == events.size());
  }
}

TEST_CASE("masked events pass, alive or not; only those that are alive make time rise") {
  const auto events = unordered(2000);
  std::vector<seen> alone, masked;
  std::uint64_t n = 0;
  for (std::size_t length : support::span_lengths) {
    alone.clear(), masked.clear();
    auto early_ones = [](const reading& r) { return r.level < 300; };
    auto one = lv::flow(lv::from(lv::input<reading>()) | lv::filter(early_ones) |
                        lv::event_time(&reading::time, lv::bounded{5_ms, 1_ms}) | lv::link{listener{&alone}} |
                        lv::to([&](const reading&) { ++n; }));
    auto other = lv::flow(lv::from(lv::input<reading>()) | lv::select(early_ones) |
                          lv::event_time(&reading::time, lv::bounded{5_ms, 1_ms}) | lv::link{listener{&masked}} |
                          lv::to([&](const reading&) { ++n; }));
    REQUIRE(one.open());
    REQUIRE(other.open());
    support::in_spans(events, length, [&](auto part) { one.push(part), other.push(part); });
    CHECK(alone == masked);
  }
  CHECK(n > 0);
}

TEST_CASE("below key_by events keep their key") {
  std::vector<seen> all;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
               lv::event_time(&reading::time, lv::bounded{0_s, 1_s}) | lv::link{listener{&all}} | lv::to([](const reading&) {}));
  REQUIRE(flow.open());
  flow.push(reading{.time = at(3), .sensor = 9});
  CHECK(all == std::vector<seen>{mark_at(3), event_at(3)});
}

TEST_CASE("periodic: the greatest time minus the lateness, as processing time goes on") {
  std::vector<seen> all;
  auto flow = listened(all, lv::periodic{2_s, 10_s});
  REQUIRE(flow.open());
  flow.advance(at(1000));
  flow.push(std::vector<reading>(100, reading{.time = at(50)}));
  flow.push(reading{.time = at(49)});
  all.clear();
  CHECK(flow.due() == at(1010));
  flow.advance(at(1009));
  CHECK(all.empty());
  flow.advance(at(1010));
  CHECK(all == std::vector<seen>{mark_at(48)});
  CHECK(flow.due() == lv::never);  // nothing new, and nobody is woken for it
  flow.advance(at(1020));
  CHECK(all.size() == 1);
}

TEST_CASE("punctuated: what an event says is the watermark, whether it says it always or now and then") {
  std::vector<seen> all, optional_ones;
  auto says = [](const reading& r) { return r.level > 0 ? at(r.level) : lv::long_ago; };
  auto may_say = [](const reading& r) { return r.level > 0 ? std::optional(at(r.level)) : std::nullopt; };
  auto flow = listened(all, lv::punctuated{says});
  auto other = listened(optional_ones, lv::punctuated{may_say});
  REQUIRE(flow.open());
  REQUIRE(other.open());
  const std::vector<reading> events{
      {.time = at(5)}, {.time = at(6), .level = 6}, {.time = at(7), .level = 4}, {.time = at(9), .level = 8}};
  flow.push(events);
  for (const reading& r : events) other.push(r);
  CHECK(all == std::vector<seen>{event_at(5), mark_at(6), event_at(6), event_at(7), mark_at(8), event_at(9)});
  CHECK(all == optional_ones);
}

TEST_CASE("several splits: time is the least of them, and what a split says counts for itself alone") {
  support::random r{11};
  constexpr std::uint32_t splits = 3;
  for (std::size_t length : {std::size_t{1}, std::size_t{50}, std::size_t{200}}) {
    std::vector<seen> all, expected;
    auto flow = listened(all, lv::bounded{0_s, 1_s}, lv::event_time_options{.splits = splits});
    REQUIRE(flow.open());
    std::array<std::int64_t, splits> now{100, 500, 900}, greatest;
    greatest.fill(INT64_MIN);
    std::int64_t raised = INT64_MIN;
    for (int round = 0; round < 100; ++round) {
      const auto split = static_cast<std::uint32_t>(r.below(splits));
      std::vector<reading> span(r.below(length) + 1);
      for (reading& one : span) {
        one.time = at(now[split] += static_cast<std::int64_t>(r.below(10)));
        greatest[split] = now[split];
        const std::int64_t least = *std::ranges::min_element(greatest);
        if (least > raised) expected.push_back(mark_at(raised = least));
        expected.push_back({seen::event, one.time.ns});
      }
      flow.split(split);
      flow.push(span);
    }
    CHECK(all == expected);
    CHECK(std::ranges::count(all, seen::mark, &seen::kind) > 10);
  }
}

TEST_CASE("splits beyond those that were said share the last clock") {
  std::vector<seen> all;
  auto flow = listened(all, lv::bounded{0_s, 1_s}, lv::event_time_options{.splits = 2});
  REQUIRE(flow.open());
  flow.split(0), flow.push(reading{.time = at(5)});
  flow.split(7), flow.push(reading{.time = at(3)});
  CHECK(all == std::vector<seen>{event_at(5), mark_at(3), event_at(3)});
}

TEST_CASE("a silent split holds nobody up; when it comes back it takes part, and time never runs backward") {
  std::vector<seen> all;
  auto flow = listened(all, lv::bounded{0_s, 1_s}, lv::event_time_options{.splits = 2, .idle = 10_s});
  REQUIRE(flow.open());
  auto push = [&](std::uint32_t split, std::int64_t time) { flow.split(split), flow.push(reading{.time = at(time)}); };
  flow.advance(at(1000));
  push(0, 50), push(1, 40);
  for (std::int64_t now = 1001; now <= 1009; ++now) flow.advance(at(now)), push(0, 50 + now - 1000);
  CHECK(all.back() == event_at(59));
  CHECK(std::ranges::count(all, mark_at(40)) == 1);
  CHECK(flow.due() == at(1010));
  flow.advance(at(1010));  // now it is noticed,
  push(0, 60);
  CHECK(std::ranges::count(all, seen::mark, &seen::kind) == 1);
  flow.advance(at(1011));  // and now believed
  CHECK(all.back() == mark_at(60));
  push(1, 45);  // back, and late
  push(0, 70);
  CHECK(all.back() == event_at(70));  // time waits for it again
  push(1, 65);
  CHECK(all[all.size() - 2] == mark_at(65));
  std::int64_t last = 0;
  for (const seen& s : all)
    if (s.kind == seen::mark) CHECK(std::exchange(last, s.time) < s.time);
}

TEST_CASE("a split that was never heard counts as silent from the first tick on") {
  std::vector<seen> all;
  auto flow = listened(all, lv::bounded{0_s, 1_s}, lv::event_time_options{.splits = 2, .idle = 10_s});
  REQUIRE(flow.open());
  flow.advance(at(1000));
  for (std::int64_t now = 1001; now <= 1011; ++now) flow.advance(at(now)), flow.push(reading{.time = at(now)});
  CHECK(std::vector<seen>(all.end() - 3, all.end()) == std::vector<seen>{mark_at(1010), mark_at(1011), event_at(1011)});
  CHECK(std::ranges::count(all, seen::mark, &seen::kind) == 2);
}

TEST_CASE("what waits to be read is not overtaken: under a runner a split is idle only after every source was asked") {
  std::vector<seen> all;
  auto flow = listened(all, lv::bounded{0_s, 1_s}, lv::event_time_options{.splits = 2, .idle = 10_s});
  REQUIRE(flow.open());
  auto turn_is_over = [&] { flow.raise_everywhere(lv::flush{}); };
  auto push = [&](std::uint32_t split, std::int64_t time) { flow.split(split), flow.push(reading{.time = at(time)}); };
  flow.advance(at(1000));
  push(0, 50), push(1, 50);
  turn_is_over();
  for (std::int64_t now = 2000; now < 2100; now += 10) flow.advance(at(now)), push(0, now - 900);  // read in one go
  turn_is_over();
  CHECK(all.back() == event_at(1190));
  CHECK(std::ranges::count(all, seen::mark, &seen::kind) == 1);
  push(1, 1100);  // it had been waiting
  CHECK(all[all.size() - 2] == mark_at(1100));
}

TEST_CASE("when all are silent time waits and says so, until one comes back") {
  std::vector<seen> all;
  auto flow = listened(all, lv::bounded{0_s, 1_s}, lv::event_time_options{.idle = 10_s});
  REQUIRE(flow.open());
  flow.advance(at(1000));
  flow.push(reading{.time = at(50)});
  flow.advance(at(1010));
  CHECK(flow.due() == at(1011) + 250_ms);
  flow.advance(at(1011));
  flow.advance(at(1100));
  CHECK(all == std::vector<seen>{mark_at(50), event_at(50), at_rest});
  CHECK(flow.due() == lv::never);
  flow.push(reading{.time = at(50)});  // merges below wait for this stream again
  CHECK(all == std::vector<seen>{mark_at(50), event_at(50), at_rest, mark_at(50), event_at(50)});
}

TEST_CASE("or it flows on with processing time, so that the last windows fire") {
  std::vector<seen> all;
  auto flow = listened(all, lv::bounded{5_s, 1_s}, lv::event_time_options{.idle = 10_s, .when_idle = lv::silence::flows});
  REQUIRE(flow.open());
  flow.advance(at(1000));
  flow.push(reading{.time = at(50)});
  flow.advance(at(1010));
  flow.advance(at(1012));
  all.clear();
  CHECK(flow.due() == at(1013));
  flow.advance(at(1020));
  flow.advance(at(1020) + 500_ms);
  flow.advance(at(1022));
  CHECK(all == std::vector<seen>{mark_at(53), mark_at(55)});
  flow.push(reading{.time = at(55)});  // in time still
  CHECK(all.back() == event_at(55));
}

TEST_CASE("a pause that begins before the first tick lasts from that tick on") {
  std::vector<seen> all;
  auto flow =
      lv::flow(lv::from(pausing{}) | lv::event_time(&reading::time, lv::bounded{0_s, 1_s}, {.when_idle = lv::silence::flows}) |
               lv::link{listener{&all}} | lv::to([](const reading&) {}));
  REQUIRE(flow.open());
  flow.poll();
  flow.advance(at(1000));
  CHECK(all == std::vector<seen>{mark_at(50), event_at(50)});
  flow.advance(at(1003));
  CHECK(all == std::vector<seen>{mark_at(50), event_at(50), mark_at(53)});
}

TEST_CASE("a time too far ahead of processing time is corrected, or the event dropped where a function gives its time") {
  std::vector<seen> all;
  constexpr lv::event_time_options options{.ahead = 10_s};
  SUBCASE("corrected") {
    for (std::size_t around : {std::size_t{0}, std::size_t{100}}) {
      all.clear();
      auto flow = listened(all, lv::bounded{1_s, 1_s}, options);
      REQUIRE(flow.open());
      flow.push(reading{.time = at(5000)});  // nobody knows the time yet
      flow.advance(at(6000));
      all.clear();
      std::vector<reading> span(around, reading{.time = at(5900)});
      span.push_back({.time = at(6010)});
      span.push_back({.time = lv::never, .sensor = 3});
      span.push_back({.time = at(6005)});
      flow.push(span);
      REQUIRE(all.size() >= 4);
      const std::vector<seen> last(all.end() - 4, all.end());
      CHECK(last == std::vector<seen>{mark_at(6009), event_at(6010), event_at(6010), event_at(6005)});
      CHECK(flow.at<"time">().clamped == 1);
      CHECK(flow.counts<"time">().dropped == 0);
      flow.advance(at(7000));
      flow.push(reading{.time = at(6500)});
      CHECK(all.back() == event_at(6500));
    }
  }
  SUBCASE("dropped") {
    auto flow = lv::flow(lv::from(lv::input<reading>()) |
                         lv::event_time<"time">([](const reading& r) { return r.time; }, lv::bounded{1_s, 1_s}, options) |
                         lv::link{listener{&all}} | lv::to<"end">([](const reading&) {}));
    REQUIRE(flow.open());
    flow.advance(at(6000));
    flow.push(std::vector<reading>{{.time = at(6011)}, {.time = at(6001)}});
    CHECK(all == std::vector<seen>{mark_at(6000), event_at(6001)});
    CHECK(flow.counts<"time">().dropped == 1);
    CHECK(flow.counts<"end">().in == 1);
  }
}

TEST_CASE("the ends of the scale are times as well") {
  std::vector<seen> all;
  auto flow = listened(all, lv::bounded{1_s, 1_s});
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.time = lv::long_ago}, {.time = at(-5)}, {.time = lv::never}, {.time = lv::never}});
  std::vector<std::int64_t> marks;
  for (const seen& s : all)
    if (s.kind == seen::mark) marks.push_back(s.time);
  REQUIRE(marks.size() == 2);
  CHECK(marks[0] == at(-6).ns);
  CHECK(marks[1] > at(9'000'000'000).ns);
}

TEST_CASE("its clocks survive a restart") {
  const auto events = unordered(1000);
  std::vector<seen> once, first, second;
  constexpr lv::event_time_options options{.splits = 2, .idle = 10_s};
  auto feed = [&](auto& flow, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      flow.split(i % 2), flow.push(events[i]);
      if (i % 100 == 0) flow.advance(at(1000 + static_cast<std::int64_t>(i)));
    }
  };
  auto whole = listened(once, lv::bounded{5_ms, 1_ms}, options), before = listened(first, lv::bounded{5_ms, 1_ms}, options),
       after = listened(second, lv::bounded{5_ms, 1_ms}, options);
  REQUIRE(whole.open());
  REQUIRE(before.open());
  REQUIRE(after.open());
  feed(whole, 0, 1000);
  feed(before, 0, 500);
  support::carry_over(before.at<"time">(), after.at<"time">());
  feed(after, 500, 1000);
  first.insert(first.end(), second.begin(), second.end());
  CHECK(first == once);
}

TEST_CASE("what has waited while the flow was stopped is not overtaken: no split was silent then, and time did not flow") {
  std::vector<seen> first, second;
  constexpr lv::event_time_options options{.idle = 10_s, .when_idle = lv::silence::flows};
  auto before = listened(first, lv::bounded{0_s, 1_s}, options), after = listened(second, lv::bounded{0_s, 1_s}, options);
  REQUIRE(before.open());
  REQUIRE(after.open());
  before.advance(at(1000));
  before.push(reading{.time = at(50)});
  before.advance(at(1010));
  before.advance(at(1012));
  before.advance(at(1013));
  CHECK(first == std::vector<seen>{mark_at(50), event_at(50), mark_at(51)});
  support::carry_over(before.at<"time">(), after.at<"time">());

  after.advance(at(5000));
  after.push(reading{.time = at(60)});
  CHECK(second == std::vector<seen>{mark_at(51), mark_at(60), event_at(60)});
  second.clear();
  after.advance(at(5010));
  after.advance(at(5012));
  after.advance(at(5014));
  CHECK(second == std::vector<seen>{mark_at(62)});
}
