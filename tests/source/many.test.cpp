// SPDX-License-Identifier: BSL-1.0
// A topic of many producers as a source: what their signals come to, and what happens when one of them dies.
#include <levada/bus/many.hpp>

#include "../support/scratch_bus.hpp"
#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/bus/line.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/sink/topic.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/topic.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

struct sample {
  std::int64_t value;
};
using heard = support::page;

template <class Ring = sample>
struct reading {
  scratch_bus scratch;
  lv::topic<lv::many<Ring>> topic{scratch.bus(), "numbers", {.capacity = 512}};
  heard all;
  auto flow() { return lv::flow(lv::from(topic) | lv::map(&sample::value) | lv::to(support::diary{&all})); }
  lv::publisher<lv::many<Ring>> publisher() {
    auto p = lv::publisher<lv::many<Ring>>::open(topic);
    REQUIRE(p);
    return std::move(*p);
  }
  /// What has come since.
  heard take() {
    std::erase_if(all, [](const std::string& line) { return line == "start 1" || line == "tick 0"; });
    return std::exchange(all, {});
  }
};
void send(auto& p, std::int64_t value, lv::timestamp now = {}) {
  const auto room = p.claim(1);
  REQUIRE(room.size() == 1);
  room[0] = sample{value};
  p.commit(1, now);
}
void watermark(auto& p, std::int64_t ns) { REQUIRE(p.signal(lv::lane_kind::watermark, static_cast<std::uint64_t>(ns), {})); }
void say(auto& p, lv::lane_kind kind) { REQUIRE(p.signal(kind, 0, {})); }
/// Until nothing comes; true if that was the end.
bool read_all(auto& flow) {
  for (;;) {
    const auto came = flow.poll();
    if (came != lv::polled::events) return came == lv::polled::end;
  }
}

}  // namespace

TEST_CASE("event time of many producers is that of the one that is furthest behind") {
  reading on;
  auto flow = on.flow();
  REQUIRE(flow.open());
  auto a = on.publisher(), b = on.publisher();
  watermark(a, 100);
  read_all(flow);
  CHECK(on.take() == heard{});  // the other one is there and has said nothing
  watermark(b, 50);
  read_all(flow);
  CHECK(on.take() == heard{"watermark 50"});
  watermark(b, 300);
  read_all(flow);
  CHECK(on.take() == heard{"watermark 100"});
  watermark(a, 90);  // behind what it had said
  read_all(flow);
  CHECK(on.take() == heard{});
  {
    auto late = on.publisher();
    watermark(a, 400);
    watermark(b, 400);
    read_all(flow);
    CHECK(on.take() == heard{});
    watermark(late, 150);
    read_all(flow);
    CHECK(on.take() == heard{"watermark 150"});
    say(late, lv::lane_kind::idle);
    read_all(flow);
    CHECK(on.take() == heard{"watermark 400"});
  }
}

TEST_CASE("they are idle when all are, and who comes back says the old time again") {
  reading on;
  auto flow = on.flow();
  REQUIRE(flow.open());
  auto a = on.publisher(), b = on.publisher();
  watermark(a, 100);
  watermark(b, 200);
  say(a, lv::lane_kind::idle);
  read_all(flow);
  CHECK(on.take() == heard{"watermark 100", "watermark 200"});
  say(b, lv::lane_kind::idle);
  say(b, lv::lane_kind::idle);
  read_all(flow);
  CHECK(on.take() == heard{"idle"});
  watermark(a, 150);
  read_all(flow);
  CHECK(on.take() == heard{"watermark 200"});
}

TEST_CASE("the stream ends when all who ever came have said the end, and nothing has come since") {
  reading on;
  auto flow = on.flow();
  REQUIRE(flow.open());
  {
    auto a = on.publisher(), b = on.publisher();
    send(a, 1);
    say(a, lv::lane_kind::end);
    CHECK_FALSE(read_all(flow));
    send(b, 2);
  }
  CHECK_FALSE(read_all(flow));  // the other one went away without a word
  {
    auto c = on.publisher();
    CHECK(c.producer() == 1);  // and is followed at its place
    auto d = on.publisher();
    CHECK(d.producer() == 0);
    send(d, 3);
    say(c, lv::lane_kind::end);
    CHECK_FALSE(read_all(flow));  // one has come back after the end
    say(d, lv::lane_kind::end);
  }
  CHECK(read_all(flow));
  CHECK(on.take() == heard{"1", "2", "idle", "3", "end"});  // both were gone for a while
}

TEST_CASE("the end of all is not taken for it where somebody has come after one of them, and is not read yet") {
  reading on;
  auto flow = on.flow();
  REQUIRE(flow.open());
  auto a = std::optional(on.publisher()), b = std::optional(on.publisher());
  say(*a, lv::lane_kind::end);
  a.reset();
  auto next = on.publisher();
  CHECK(next.producer() == 0);
  send(next, 1);
  say(*b, lv::lane_kind::end);
  b.reset();
  CHECK_FALSE(read_all(flow));
  say(next, lv::lane_kind::end);
  CHECK(read_all(flow));
  CHECK(on.take() == heard{"idle", "1", "end"});
}

TEST_CASE("a flow that is started anew knows who had ended while it had read on") {
  reading on;
  auto a = on.publisher(), b = on.publisher();
  const auto guard = [&] {
    return lv::flow(lv::from(lv::subscribe(on.topic, {.name = "guard"})) | lv::to([](const sample&) {}));
  };
  {
    auto flow = guard();
    REQUIRE(flow.open());
    say(a, lv::lane_kind::end);
    CHECK_FALSE(read_all(flow));
  }
  auto flow = guard();
  REQUIRE(flow.open());
  CHECK_FALSE(read_all(flow));
  say(b, lv::lane_kind::end);
  CHECK(read_all(flow));
}

TEST_CASE("a producer that was killed holds event time back until all it has sent is read") {
  reading on;
  auto flow = on.flow();
  REQUIRE(flow.open());
  auto a = on.publisher();
  {
    auto b = on.publisher();
    watermark(a, 100);
    watermark(b, 50);
    read_all(flow);
    send(b, 7);
    watermark(b, 60);
  }
  watermark(a, 200);
  read_all(flow);
  CHECK(on.take() == heard{"watermark 50", "7", "watermark 60", "watermark 200"});
  auto c = on.publisher();
  CHECK(c.producer() == 1);
  send(c, 8);
  read_all(flow);
  watermark(a, 300);
  read_all(flow);
  CHECK(on.take() == heard{"8", "watermark 300"});  // it holds nothing back before its first watermark
  watermark(c, 310);
  read_all(flow);
  watermark(a, 400);
  read_all(flow);
  CHECK(on.take() == heard{"watermark 310"});
}

TEST_CASE("where nothing comes any more, a killed producer is found after a wait that lasted for the patience of the source") {
  reading on;
  auto flow = on.flow();
  REQUIRE(flow.open());
  auto a = on.publisher();
  {
    auto b = on.publisher();
    watermark(a, 100);
    watermark(b, 50);
    read_all(flow);
  }
  read_all(flow);
  CHECK(on.take() == heard{"watermark 50"});
  flow.for_each_live_source([](auto& source) {
    REQUIRE(source.park());
    source.unpark(true);
  });
  read_all(flow);
  CHECK(on.take() == heard{"watermark 100"});
}

TEST_CASE("barriers of producers do not cross: those of the flow's other sources do") {
  reading on;
  using support::step;
  auto flow = lv::flow(lv::merge(lv::from(on.topic) | lv::map(&sample::value),
                                 lv::from(support::scripted{{{step::nothing}, {step::barrier, 5}, {step::event, 2}}})) |
                       lv::to(support::diary{&on.all}));
  REQUIRE(flow.open());
  auto a = on.publisher();
  REQUIRE(a.signal(lv::lane_kind::barrier, 3, {}));
  send(a, 1);
  flow.poll();
  CHECK(on.take() == heard{"1"});
  flow.poll();
  CHECK(on.take() == heard{"barrier 5"});  // the merge waits for nobody
  flow.poll();
  CHECK(on.take() == heard{"2"});
}

TEST_CASE("processing time is that of the latest producer, and never runs backward") {
  reading on;
  auto flow = on.flow();
  REQUIRE(flow.open());
  auto a = on.publisher(), b = on.publisher();
  send(a, 1, {1'000});
  send(b, 2, {3'000});
  read_all(flow);
  send(a, 3, {2'000});
  b.tell_time({5'000'000});
  read_all(flow);
  CHECK(on.take() == heard{"tick 1000", "1", "tick 3000", "2", "3", "tick 5000000"});
}

TEST_CASE("whatever producers do, event time, idleness and the end are what a plain account makes of it") {
  constexpr std::size_t places = 4;
  struct account {
    bool had_producer = false, is_idle = false, has_ended = false;
    std::int64_t watermark = INT64_MIN;
  };
  std::uint64_t signals = 0, ends = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    reading on;
    auto flow = on.flow();
    REQUIRE(flow.open());
    support::random random{seed};
    account all[places];
    std::optional<lv::publisher<lv::many<sample>>> open[places];
    std::int64_t passed = INT64_MIN;
    bool paused = false, has_event_time = false, ended = false;
    heard expected;
    const auto settle = [&] {
      has_event_time = true;
      std::int64_t least = INT64_MAX;
      bool all_idle = true;
      for (const account& one : all) {
        if (!one.had_producer || one.is_idle) continue;
        all_idle = false;
        least = std::min(least, one.watermark);
      }
      if (all_idle) {
        if (!paused) expected.push_back("idle");
        paused = true;
        return;
      }
      if (least > passed || paused) expected.push_back("watermark " + std::to_string(std::max(least, passed)));
      passed = std::max(least, passed);
      paused = false;
    };
    for (int step = 0; step < 400 && !ended; ++step) {
      const auto i = random.below(places);
      account& one = all[i];
      auto& p = open[i];
      bool came = true;
      if (!p) {
        const auto is_cut_off = [&](std::size_t k) { return all[k].had_producer && !all[k].has_ended; };
        std::size_t wanted = 0;
        while (open[wanted]) ++wanted;
        for (std::size_t k = places; k-- > 0;)
          if (!open[k] && is_cut_off(k)) wanted = k;
        auto next = on.publisher();
        CHECK(next.producer() == wanted);
        all[wanted].had_producer = true;
        open[wanted] = std::move(next);
        came = false;
      } else {
        switch (random.below(10)) {
          case 0:
            p.reset();
            came = false;
            break;
          case 1:
            say(*p, lv::lane_kind::idle);
            one.is_idle = true;
            one.has_ended = false;
            settle();
            break;
          case 2:
            say(*p, lv::lane_kind::end);
            p.reset();
            one.is_idle = one.has_ended = true;
            ended = std::ranges::all_of(all, [](const account& a) { return !a.had_producer || a.has_ended; });
            if (!ended) settle();
            break;
          case 3:
          case 4:
          case 5: {
            const auto time = static_cast<std::int64_t>(static_cast<std::uint64_t>(step) * 10 + random.below(100));
            watermark(*p, time);
            one.watermark = std::max(one.watermark, time);
            one.is_idle = one.has_ended = false;
            settle();
            break;
          }
          default:
            send(*p, step);
            expected.push_back(std::to_string(step));
            one.has_ended = false;
        }
      }
      CHECK(read_all(flow) == ended);
      if (came && has_event_time && !ended) {  // and then it looks for the dead
        for (std::size_t k = 0; k < places; ++k)
          if (!open[k] && all[k].had_producer) all[k].is_idle = true;
        settle();
      }
      auto got = on.take();
      std::erase(got, "end");
      REQUIRE(got == expected);
      signals += expected.size();
      expected.clear();
    }
    ends += ended ? 1u : 0u;
  }
  CHECK(signals > 3'000);
  CHECK(ends > 10);
}

TEST_CASE_TEMPLATE("flows publish to one topic and another flow reads them all", Ring, sample, lv::line<sample>) {
  reading<Ring> on;
  std::vector<std::int64_t> got;
  auto reader = lv::flow(lv::from(on.topic) | lv::map(&sample::value) | lv::to([&](std::int64_t v) { got.push_back(v); }));
  auto writer = [&] { return lv::flow(lv::from(lv::input<sample>()) | lv::to(lv::publish(on.topic, {.ends = true}))); };
  auto a = writer(), b = writer();
  REQUIRE(reader.open());
  REQUIRE(a.open());
  REQUIRE(b.open());
  for (std::int64_t i = 0; i < 100; ++i) {
    a.push(sample{i});
    b.push(sample{1000 + i});
  }
  a.finish();
  CHECK_FALSE(read_all(reader));
  b.finish();
  CHECK(read_all(reader));
  REQUIRE(got.size() == 200);
  std::int64_t next[] = {0, 1000};
  for (const std::int64_t v : got) CHECK(v == next[v / 1000]++);
}

TEST_CASE("events of many producers that were overwritten are counted as dropped; one that is evicted ends the flow in words") {
  for (const auto policy : {lv::overflow_policy::overwrite, lv::overflow_policy::evict}) {
    reading on;
    std::uint64_t got = 0;
    auto flow = lv::flow(lv::from<"in">(lv::subscribe(on.topic, {.overflow = policy, .lease = 1_ms})) |
                         lv::to([&](const sample&) { ++got; }));
    REQUIRE(flow.open());
    auto a = on.publisher(), b = on.publisher();
    for (int round = 0; round < 100; ++round)
      for (auto* p : {&a, &b}) {
        while (p->claim(32).empty()) REQUIRE(p->wait_for_room(60_s));
        p->commit(32, {round});
      }
    if (policy == lv::overflow_policy::overwrite) {
      CHECK_FALSE(read_all(flow));
      CHECK(got > 0);
      CHECK(flow.counts<"in">().dropped > 5'000);
      CHECK(got + flow.counts<"in">().dropped == 6'400);
    } else {
      CHECK(read_all(flow));
      REQUIRE(!flow.status());
      CHECK(flow.status().error().sentence.view().starts_with("a subscriber was evicted at sequence 0"));
    }
  }
}
