// SPDX-License-Identifier: BSL-1.0
#include <levada/op/session_window.hpp>

#include "../support/rows.hpp"

#include <levada/flow/aside.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;
using support::result;

namespace {

constexpr std::uint32_t sensors = 5;

/// Events about `pause` apart, with gaps, in disorder by up to `jitter`; some are much older.
std::vector<reading> disordered(std::size_t n, std::int64_t pause, std::int64_t jitter, std::uint64_t seed) {
  support::random r{seed};
  std::vector<reading> all = support::readings(n, sensors, seed);
  std::int64_t time = 1000;
  for (reading& e : all) {
    time += static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(r.one_in(20) ? 40 * pause : 2 * pause)));
    e.time = {time - static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(jitter) + 1)) -
              (r.one_in(30) ? 20 * jitter : 0)};
  }
  return all;
}

/// Keeps the events that are not late, sorts them and splits them where a gap is.
struct naive {
  std::int64_t gap;
  bool keyed;
  std::int64_t watermark = INT64_MIN;
  std::map<std::uint32_t, std::vector<reading>> waiting{};  // by key, in the order of arrival
  std::vector<result> output{};
  std::vector<reading> late{};

  std::vector<std::vector<reading>> split(std::vector<reading> events) const {
    std::ranges::sort(events, {}, [](const reading& e) { return std::pair(e.time, e.value); });  // the value is the arrival
    std::vector<std::vector<reading>> sessions;
    for (const reading& e : events) {
      if (sessions.empty() || (e.time - sessions.back().back().time).ns >= gap) sessions.emplace_back();
      sessions.back().push_back(e);
    }
    return sessions;
  }
  void push(const reading& e) {
    auto& own = waiting[keyed ? e.sensor : 0];
    own.push_back(e);
    for (const auto& session : split(own))
      if (std::ranges::find(session, e) != session.end() && session.back().time.ns + gap <= watermark) {
        own.pop_back();
        late.push_back(e);
        return;
      }
  }
  void reach(std::int64_t mark) {
    watermark = mark;
    std::vector<result> over;
    for (auto& [key, own] : waiting) {
      std::vector<reading> open;
      for (const auto& session : split(own)) {
        const std::int64_t end = session.back().time.ns + gap;
        if (end <= mark)
          over.push_back(support::by_hand(key, session.front().time.ns, end, session));
        else
          for (const reading& e : own)
            if (std::ranges::find(session, e) != session.end()) open.push_back(e);
      }
      std::vector<reading> in_order;  // of arrival
      for (const reading& e : own)
        if (std::ranges::find(open, e) != open.end()) in_order.push_back(e);
      own = in_order;
    }
    std::ranges::sort(over, {}, [](const result& r) { return std::tuple(r.end, r.key, r.start); });
    output.insert(output.end(), over.begin(), over.end());
  }
};

template <lv::session Shape, lv::late Policy = lv::late::drop>
auto flow_of(support::marks marks, bool keyed, std::vector<result>& output, std::vector<reading>* late = nullptr) {
  auto sessions = [] {
    return lv::session_window<"here", Shape>(lv::at<Policy>(&reading::time), support::of_level(), support::of_value());
  };
  auto into = lv::to<"end">([&output](const auto& row) { output.push_back(support::result_of(row)); });
  auto late_into = lv::to([late](const reading& e) { late->push_back(e); });
  auto source = lv::from(lv::input<reading>()) | lv::link{marks};
  auto key = lv::key_by([keyed](const reading& e) { return keyed ? e.sensor : 0u; }, lv::dense_keys{sensors});
  if constexpr (Policy == lv::late::aside)
    return lv::flow(source | key | sessions() | lv::aside(late_into) | into);
  else
    return lv::flow(source | key | sessions() | into);
}

constexpr lv::session wide(lv::duration gap) { return {.gap = gap, .open = 24}; }

template <lv::duration Gap>
void sessions_match(std::int64_t jitter, std::int64_t lateness, std::int64_t grain, std::uint64_t seed) {
  CAPTURE(Gap.ns);
  CAPTURE(jitter);
  CAPTURE(lateness);
  auto events = disordered(1500, 10, jitter, seed);
  for (std::size_t i = 0; i < events.size(); ++i) events[i].value = static_cast<double>(i);
  for (const bool keyed : {false, true}) {
    CAPTURE(keyed);
    naive reference{Gap.ns, keyed};
    support::marks marks{lateness, grain};
    for (const reading& e : events) {
      if (const std::int64_t mark = marks.next(e.time.ns); mark != INT64_MIN) reference.reach(mark);
      reference.push(e);
    }
    reference.reach(INT64_MAX);
    CHECK(!reference.output.empty());

    auto makes = [&](std::vector<result>& output) { return flow_of<wide(Gap)>({lateness, grain}, keyed, output); };
    CHECK(support::in_any_spans<result>(events, makes) == reference.output);
    CHECK(support::with_restarts<result>(events, 170, makes) == reference.output);

    std::vector<result> output;
    std::vector<reading> late;
    auto flow = flow_of<wide(Gap), lv::late::aside>({lateness, grain}, keyed, output, &late);
    REQUIRE(flow.open());
    flow.push(events);
    flow.finish();
    CHECK(output == reference.output);
    CHECK(late == reference.late);

    output.clear();
    auto dropping = flow_of<wide(Gap)>({lateness, grain}, keyed, output);
    REQUIRE(dropping.open());
    dropping.push(events);
    CHECK(dropping.template counts<"here">().dropped == reference.late.size());
  }
}

reading at(std::int64_t time, std::int32_t level = 1, std::uint32_t sensor = 0) { return {{time}, sensor, level, 0}; }

}  // namespace

TEST_CASE("sessions of event time are what sorting and splitting the events gives that are not late") {
  sessions_match<30_ns>(0, 0, 1, 1);
  sessions_match<30_ns>(25, 25, 1, 2);
  sessions_match<30_ns>(100, 60, 16, 3);
  sessions_match<200_ns>(300, 100, 1, 4);
  sessions_match<1_ns>(10, 5, 1, 5);
  sessions_match<100'000_ns>(50, 50, 10, 6);
}

TEST_CASE("a session ends a gap after its last event: an event exactly then is one of the next") {
  std::vector<result> output;
  auto flow = flow_of<lv::session{.gap = 10_ns}>({}, false, output);
  REQUIRE(flow.open());
  flow.push(std::vector{at(100), at(109, 2), at(119, 4)});  // the watermark is at 119: all before it has come
  REQUIRE(output.size() == 1);
  CHECK(output[0].start == 100);
  CHECK(output[0].end == 119);
  CHECK(output[0].count == 2);
  CHECK(output[0].first == 1);
  CHECK(output[0].last == 2);
  flow.finish();
  REQUIRE(output.size() == 2);
  CHECK(output[1].start == 119);
  CHECK(output[1].sum == 4);
}

TEST_CASE("what is allowed holds sessions open, as a watermark does that is so much later") {
  const auto events = disordered(1500, 10, 60, 7);
  const auto sessions = [&](lv::duration allowed, std::int64_t lateness) {
    std::vector<result> output;
    auto flow =
        lv::flow(lv::from(lv::input<reading>()) | lv::link{support::marks{lateness, 1}} |
                 lv::session_window<wide(10_ns)>(lv::at(&reading::time, allowed), support::of_level(), support::of_value()) |
                 lv::to([&output](const auto& row) { output.push_back(support::result_of(row)); }));
    REQUIRE(flow.open());
    flow.push(std::span<const reading>(events));
    flow.finish();
    return output;
  };
  CHECK(sessions(25_ns, 0) == sessions(0_ns, 25));
  CHECK(sessions(25_ns, 0) != sessions(0_ns, 0));
}

TEST_CASE("an event between two sessions makes them one; first and last go by time, not by arrival") {
  std::vector<result> output;
  auto flow = flow_of<lv::session{.gap = 10_ns}>({.lateness = 1000}, false, output);
  REQUIRE(flow.open());
  flow.push(std::vector{at(120, 6), at(125, 7), at(122, 60), at(100, 2), at(104, 3), at(102, 30), at(112, 5), at(95, 1)});
  flow.finish();
  REQUIRE(output.size() == 1);
  CHECK(output[0].start == 95);
  CHECK(output[0].end == 135);
  CHECK(output[0].count == 8);
  CHECK(output[0].sum == 114);
  CHECK(output[0].first == 1);
  CHECK(output[0].last == 7);
}

TEST_CASE("whoever needs more sessions at a time than may be open is dropped, and counted") {
  std::vector<result> output;
  auto flow = flow_of<lv::session{.gap = 10_ns, .open = 2}>({.lateness = 1000}, false, output);
  REQUIRE(flow.open());
  flow.push(std::vector{at(100), at(120), at(140), at(105), at(80), at(112)});
  CHECK(flow.counts<"here">().dropped == 2);
  flow.push(at(160));  // 112 has made one of the two, so there is room again
  CHECK(flow.counts<"here">().dropped == 2);
  flow.finish();
  CHECK(output.size() == 2);
}

TEST_CASE("a session that has lasted longest is cut, and never is a longer one made by an event between two") {
  constexpr lv::session shape{.gap = 10_ns, .longest = 25_ns, .open = 80};
  SUBCASE("in order: where a pencil cuts it") {
    std::vector<reading> events = disordered(2000, 4, 0, 7);
    for (reading& e : events) e.sensor = 0;
    std::vector<std::vector<reading>> sessions;
    for (const reading& e : events) {
      const bool joins = !sessions.empty() && (e.time - sessions.back().back().time) < shape.gap &&
                         (e.time - sessions.back().front().time) < shape.longest;
      if (!joins) sessions.emplace_back();
      sessions.back().push_back(e);
    }
    std::vector<result> expected;
    for (const auto& s : sessions)
      expected.push_back(
          support::by_hand(0, s.front().time.ns, std::min(s.back().time + shape.gap, s.front().time + shape.longest).ns, s));
    auto makes = [&](std::vector<result>& output) { return flow_of<shape>({}, false, output); };
    CHECK(support::in_any_spans<result>(events, makes) == expected);
    CHECK(support::with_restarts<result>(events, 100, makes) == expected);
  }
  SUBCASE("in disorder: each event counts once, none is longer, rows are in the order of their ends") {
    auto events = disordered(3000, 4, 30, 8);
    for (reading& e : events) e.level = static_cast<std::int32_t>(e.time.ns);
    auto makes = [&](std::vector<result>& output) { return flow_of<shape>({.lateness = 700}, true, output); };
    const auto output = support::in_any_spans<result>(events, makes);
    std::uint64_t counted = 0;
    for (const result& r : output) {
      counted += r.count;
      CHECK(r.greatest - r.least < shape.longest.ns);
      CHECK(r.least == r.start);
      CHECK(r.first == r.least);
      CHECK(r.last == r.greatest);
    }
    CHECK(counted == events.size());
    CHECK(std::ranges::is_sorted(output, {}, &result::end));
  }
}

TEST_CASE("sessions of processing time end by the clock alone, for all keys, and wake whoever waits") {
  std::vector<result> output;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{sensors}) |
               lv::session_window<"here", lv::session{.gap = 10_ns, .longest = 25_ns}>(support::of_level(), support::of_value()) |
               lv::to([&](const auto& row) { output.push_back(support::result_of(row)); }));
  flow.advance({100});
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  flow.push(at(0, 1, 2));
  CHECK(flow.due() == lv::timestamp{110});
  flow.advance({105});
  flow.push(std::vector{at(0, 2, 2), at(0, 3, 1)});
  flow.advance({110});  // only a look: the session has gone on
  CHECK(output.empty());
  CHECK(flow.due() == lv::timestamp{115});
  flow.advance({114});
  flow.push(at(0, 4, 2));
  flow.advance({120});
  flow.push(at(0, 5, 2));
  REQUIRE(output.size() == 1);
  CHECK(output[0] == result{1, 105, 115, 1, 3, 3, 3, 3, 3, 0});
  flow.advance({125});  // the longest
  REQUIRE(output.size() == 2);
  CHECK(output[1].key == 2);
  CHECK(output[1].start == 100);
  CHECK(output[1].end == 125);
  CHECK(output[1].sum == 12);
  CHECK(flow.due() == lv::never);
  flow.push(at(0, 6, 2));
  flow.finish();
  REQUIRE(output.size() == 3);
  CHECK(output[2].start == 125);
  CHECK(output[2].end == 135);
}

TEST_CASE("sessions of processing time are what splitting the events by their arrival gives, over restarts as well") {
  const auto events = support::readings(2000, sensors);
  auto makes = [&](std::vector<result>& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::link{support::marks{}} |
                    lv::key_by(&reading::sensor, lv::dense_keys{sensors}) |
                    lv::session_window<"here", 3_ns>(support::of_level(), support::of_value()) |
                    lv::to([&output](const auto& row) { output.push_back(support::result_of(row)); }));
  };
  std::map<std::uint32_t, std::vector<std::pair<std::int64_t, reading>>> of_key;
  for (std::size_t i = 0; i < events.size(); ++i) of_key[events[i].sensor].push_back({static_cast<std::int64_t>(i), events[i]});
  std::vector<result> expected;
  for (const auto& [key, list] : of_key)
    for (std::size_t i = 0; i < list.size();) {
      std::vector<reading> session;
      const std::int64_t begin = list[i].first;
      std::int64_t last = begin;
      for (; i < list.size() && list[i].first - last < 3; ++i) {
        last = list[i].first;
        session.push_back(list[i].second);
      }
      expected.push_back(support::by_hand(key, begin, last + 3, session));
    }
  std::ranges::sort(expected, {}, [](const result& r) { return std::pair(r.end, r.key); });
  CHECK(support::with_restarts<result>(events, 1, makes) == expected);
}

TEST_CASE("a retired key's sessions are emitted before it is forgotten") {
  std::vector<result> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::session_window<"here", 10_ns>(lv::at(&reading::time), support::of_level(), support::of_value()) |
                       lv::to([&](const auto& row) { output.push_back(support::result_of(row)); }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(std::vector{at(50, 1, 7), at(20, 2, 7)});
  flow.advance({200'000'000'000});
  REQUIRE(output.size() == 2);
  CHECK(output[0].start == 20);
  CHECK(output[0].key == 7);
  CHECK(output[1].start == 50);
  flow.push(at(52, 5, 8));
  flow.finish();
  REQUIRE(output.size() == 3);
  CHECK(output[2].key == 8);
  CHECK(output[2].count == 1);
  CHECK(flow.counts<"here">().dropped == 0);
}

TEST_CASE("times at the ends of the scale are no harm") {
  std::vector<result> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) |
                       lv::session_window<"here", lv::session{.gap = 10_s, .longest = 1_h}>(
                           lv::at(&reading::time), support::of_level(), support::of_value()) |
                       lv::to([&](const auto& row) { output.push_back(support::result_of(row)); }));
  REQUIRE(flow.open());
  flow.push(std::vector{at(INT64_MAX), at(INT64_MIN), at(0), at(INT64_MAX - 5), at(INT64_MIN + 5)});
  flow.raise_everywhere(lv::watermark{{1}});
  CHECK(output.size() == 1);
  flow.finish();
  REQUIRE(output.size() == 3);
  CHECK(output[0].count == 2);
  CHECK(output[2].end == INT64_MAX);
  CHECK(output[2].count == 2);
}
