// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/subscriber.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace {
constexpr std::uint64_t ring = 512, slice = ring / 8;

struct pair_on {
  scratch_bus scratch;
  lv::topic<sample> topic;
  lv::publisher<sample> p;
  lv::subscriber<sample> s;
  explicit pair_on(lv::topic_options options = {.capacity = ring})
      : topic(scratch.bus(), "t", options), p(*lv::publisher<sample>::open(topic)), s(*lv::subscriber<sample>::open(topic)) {}
};
struct longer {  // sample, and a member that old subscribers do not know
  std::uint64_t index, value;
  std::uint32_t epoch, sum;
  double added;
};
struct renamed {
  std::uint64_t number, value;
};
}  // namespace

TEST_CASE("subscriber: events come whole and in order, over many laps, in spans that never wrap") {
  for (std::uint64_t first : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 700, (std::uint64_t{1} << 63) - 700}) {
    pair_on on({.capacity = ring, .first_sequence = first});
    CHECK(on.s.position() == first);
    std::mt19937_64 random{first};
    std::uint64_t expected = first;
    for (int round = 0; round < 5'000; ++round) {
      publish(on.p, 1 + random() % 90, {round});
      CHECK(on.s.unread() == on.p.sequence() - expected);
      auto t = on.s.read();
      if (t.signal != nullptr) continue;
      auto n = t.events.size() < 40 ? t.events.size() : t.events.size() - random() % 10;  // not always all
      for (std::size_t i = 0; i < n; ++i) {
        REQUIRE(t.events[i].index == expected++);
        REQUIRE(is_whole(t.events[i]));
      }
      on.s.release(n);
      CHECK(on.s.position() == expected);
    }
    CHECK(expected > first + 20 * ring);
  }
}

TEST_CASE("subscriber: events lie where the publisher wrote them, and stay until they are released") {
  pair_on on;
  publish(on.p, 3);
  auto a = on.s.read(), b = on.s.read();
  REQUIRE(a.events.size() == 3);
  CHECK(a.events.data() == b.events.data());
  CHECK(publish(on.p, 10 * ring) == ring - 3);
  CHECK(a.events[0].index == 0);
  CHECK(is_whole(a.events[2]));
}

TEST_CASE("subscriber: signals come between the events that they separate") {
  pair_on on;
  std::mt19937_64 random{3};
  std::vector<std::uint64_t> at;  // where the signals were put
  std::uint64_t read = 0, seen = 0;
  for (int round = 0; round < 3'000; ++round) {
    publish(on.p, random() % 5);
    if (random() % 3 == 0 && on.p.signal(lv::lane_kind::barrier, at.size(), {})) at.push_back(on.p.sequence());
    for (auto n = random() % 4; n > 0; --n) {
      auto t = on.s.read();
      if (t.signal != nullptr) {
        CHECK(t.events.empty());
        CHECK(t.signal->kind() == lv::lane_kind::barrier);
        CHECK(t.signal->value == seen);
        CHECK(t.signal->sequence == read);
        REQUIRE(seen < at.size());
        CHECK(at[seen++] == read);
      }
      read += t.events.size();
      on.s.release(t.events.size());
    }
  }
  CHECK(seen > 500);
}

TEST_CASE("subscriber: time is that of the publisher's spans, to the grain, and never runs backward") {
  pair_on on({.capacity = ring, .grain = 10_ms});
  CHECK(on.s.time() == lv::long_ago);
  auto at = [](std::int64_t ms) { return lv::timestamp{ms * 1'000'000}; };
  publish(on.p, 1, at(1000));
  publish(on.p, 1, at(1009));  // within the grain: no record
  publish(on.p, 1, at(1010));
  publish(on.p, 1, at(500));  // the clock was set back
  publish(on.p, 1, at(1020));
  auto t = on.s.read();
  CHECK(t.events.size() == 2);
  CHECK(on.s.time() == at(1000));
  on.s.release(1);
  CHECK(on.s.read().events.size() == 1);
  on.s.release(1);
  t = on.s.read();
  CHECK(t.events.size() == 2);
  CHECK(on.s.time() == at(1010));
  on.s.release(2);
  CHECK(on.s.read().events.size() == 1);
  CHECK(on.s.time() == at(1020));
  CHECK(on.s.epoch() == 1);
}

TEST_CASE("subscriber: the extremes of time do not overflow") {
  pair_on on({.capacity = ring, .grain = lv::duration{INT64_MAX}});
  for (auto now : {lv::long_ago, lv::timestamp{-1}, lv::timestamp{0}, lv::never, lv::long_ago}) publish(on.p, 1, now);
  CHECK(drain(on.s).events == 5);
}

TEST_CASE("subscriber: begins at the oldest event that is left, or at the next one") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  REQUIRE(p->signal(lv::lane_kind::watermark, 5, {}));
  publish(*p, 10);
  auto earliest = lv::subscriber<sample>::open(t), latest = lv::subscriber<sample>::open(t, {.from = lv::start_at::latest});
  REQUIRE(earliest);
  REQUIRE(latest);
  CHECK(latest->position() == 10);
  publish(*p, 1);
  auto a = drain(*earliest);
  CHECK(a.events == 11);
  CHECK(a.signals == 1);  // the one before the first event belongs to it
  auto b = drain(*latest);
  CHECK(b.events == 1);
  CHECK(b.first == 10);
  CHECK(b.signals == 0);
  CHECK(b.wrong_epoch == 0);  // the covering record was found
}

TEST_CASE("subscriber: seven eighths of the ring stay for those who come late") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  std::mt19937_64 random{5};
  for (int round = 0; round < 300; ++round) {
    publish(*p, random() % 100, {round * 1'000'000});
    auto s = lv::subscriber<sample>::open(t);
    REQUIRE(s);
    CHECK(s->lost() == 0);
    CHECK(s->unread() >= std::min(p->sequence(), ring - slice));
    auto a = drain(*s);
    CHECK(a.first + a.events == p->sequence());
    CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
  }
}

TEST_CASE("subscriber: a name goes on where its namesake stopped, without loss while the ring holds what it missed") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  std::uint64_t expected = 0;
  for (int round = 0; round < 50; ++round) {
    auto s = lv::subscriber<sample>::open(t, {.name = "guard", .from = lv::start_at::latest});
    REQUIRE(s);
    CHECK(s->lost() == 0);
    auto a = drain(*s);
    CHECK(a.first == (a.events == 0 ? 0 : expected));
    CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
    expected += a.events;
    CHECK(expected == p->sequence());
    auto gone = *std::move(s);
    CHECK(publish(*p, 400) == 400);
  }
}

TEST_CASE("subscriber: what was overwritten before a namesake came back is counted exactly") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  publish(*p, 10);
  {
    auto s = lv::subscriber<sample>::open(t, {.name = "guard"});
    REQUIRE(s);
    CHECK(drain(*s).events == 10);
  }
  publish(*p, ring);  // waits for nobody after a look at the lock
  while (p->sequence() < 5 * ring)
    if (publish(*p, 5 * ring - p->sequence()) == 0) REQUIRE(p->wait_for_room(10_s));
  auto s = lv::subscriber<sample>::open(t, {.name = "guard"});
  REQUIRE(s);
  CHECK(s->lost() == s->position() - 10);
  auto a = drain(*s);
  CHECK(a.first == 10 + s->lost());
  CHECK(10 + s->lost() + a.events == 5 * ring);
  CHECK(a.events >= ring - slice);
  CHECK(a.torn + a.out_of_order == 0);
}

TEST_CASE("subscriber: a signal that was not read is not skipped by a restart") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  for (std::uint64_t id = 0; id < 20; ++id) {
    publish(*p, 3);
    REQUIRE(p->signal(lv::lane_kind::barrier, id, {}));
    REQUIRE(p->signal(lv::lane_kind::watermark, id, {}));
  }
  std::uint64_t signals = 0, events = 0;
  while (events < 60 || signals < 40) {
    auto s = lv::subscriber<sample>::open(t, {.name = "guard"});
    REQUIRE(s);
    auto turn = s->read();
    REQUIRE(turn);
    if (turn.signal != nullptr) {
      CHECK(turn.signal->value == signals / 2);
      CHECK(events == 3 * (signals / 2 + 1));
      ++signals;
    }
    events += turn.events.size();
    s->release(turn.events.size());
  }
}

TEST_CASE("subscriber: sixteen have a place, and the names of those who left keep theirs") {
  scratch_bus scratch;
  auto bus = scratch.bus();
  lv::topic<sample> t{bus, "t"};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  std::vector<lv::subscriber<sample>> all;
  for (int i = 0; i < 16; ++i) {
    auto s = lv::subscriber<sample>::open(t, {.name = lv::compose<64>("n", i)});
    REQUIRE(s);
    all.push_back(*std::move(s));
  }
  CHECK(p->subscribers() == 16);
  auto more = lv::subscriber<sample>::open(t);
  REQUIRE(!more);
  CHECK(more.error().kind == lv::failure::unavailable);
  auto twice = lv::subscriber<sample>::open(t, {.name = "n3"});
  REQUIRE(!twice);
  CHECK(twice.error().sentence.view() == "topic 't' already has a subscriber named 'n3' (pid " +
                                             std::to_string(lv::process_id()) + "): stop it first, or take another name");
  all.clear();
  CHECK(p->subscribers() == 0);
  CHECK(!lv::subscriber<sample>::open(t));  // sixteen promises
  CHECK(lv::subscriber<sample>::open(t, {.name = "n3"}));
  REQUIRE(bus.forget("t", "n5"));
  CHECK(lv::subscriber<sample>::open(t));
  CHECK(lv::subscriber<sample>::open(t));  // the place of a temporary one is free again
  CHECK(!lv::subscriber<sample>::open(t, {.name = lv::text<64>(std::string(48, 'n'))}));
}

TEST_CASE("subscriber: members that a publisher added at the end do not disturb") {
  scratch_bus scratch;
  auto bus = scratch.bus();
  auto p = lv::publisher<longer>::open(lv::topic<longer>{bus, "t", {.capacity = 1024}});
  REQUIRE(p);
  auto s = lv::subscriber<sample>::open(lv::topic<sample>{bus, "t"});
  REQUIRE(s);
  std::uint64_t sent = 0, got = 0;
  for (int round = 0; round < 100; ++round) {
    auto room = p->claim(77);
    for (auto& slot : room) {
      auto e = make_sample(sent++);
      slot = {e.index, e.value, e.epoch, e.sum, 0.5};
    }
    p->commit(room.size(), {});
    while (auto t = s->read()) {
      for (const auto& e : t.events) {
        CHECK(e.index == got++);
        CHECK(is_whole(e));
      }
      s->release(t.events.size());
    }
  }
  CHECK(got == 7'700);
}

TEST_CASE("subscriber: other events are refused in a sentence that names both sides") {
  scratch_bus scratch;
  auto bus = scratch.bus();
  REQUIRE(lv::publisher<sample>::open({bus, "t"}));
  for (int i = 0; i < 2; ++i) {
    auto kind = lv::failure::usage;
    lv::text<376> words;
    if (i == 0) {
      auto s = lv::subscriber<renamed>::open({bus, "t"});
      REQUIRE(!s);
      kind = s.error().kind, words = s.error().sentence;
      CHECK(words.view().find("'number'") != words.view().npos);
      CHECK(words.view().find("'index'") != words.view().npos);
    } else {
      auto s = lv::subscriber<longer>::open({bus, "t"});
      REQUIRE(!s);
      kind = s.error().kind, words = s.error().sentence;
      CHECK(words.view().find("'added'") != words.view().npos);
    }
    CHECK(kind == lv::failure::data);
  }
}

TEST_CASE("subscriber: park says false when something is there, events or a signal, and wait ends at once") {
  pair_on on;
  CHECK(on.s.park());
  on.s.unpark();
  CHECK(!on.s.wait(1_ms));
  publish(on.p, 1);
  CHECK(!on.s.park());
  CHECK(on.s.wait(10_s));
  drain(on.s);
  REQUIRE(on.p.signal(lv::lane_kind::idle, 0, {}));
  CHECK(!on.s.park());
  drain(on.s);
  CHECK(on.s.park());
  publish(on.p, 1);
  on.s.unpark(true);  // the ring has come: no rescue
  CHECK(on.s.rescued() == 0);
}

TEST_CASE("subscriber: heads that are damaged are not followed") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring}};
  auto segment = lv::detail::segment::open_both(t);
  REQUIRE(segment);
  auto s = lv::subscriber<sample>::open(t);
  REQUIRE(s);
  auto& control = *segment->view().control;
  for (std::uint64_t v : {UINT64_MAX, std::uint64_t{1} << 40}) {
    control.head.release(v);
    control.lane_head.release(v);
    CHECK(!s->read());
  }
}

TEST_CASE("subscriber: a moved-over one leaves, and the other one's unread events stay") {
  scratch_bus on;
  lv::topic<sample> t{on.bus(), "t", {.capacity = 512}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto a = lv::subscriber<sample>::open(t), b = lv::subscriber<sample>::open(t);
  REQUIRE(a);
  REQUIRE(b);
  *a = std::move(*b);
  CHECK(p->subscribers() == 1);
  std::uint64_t accepted = 0;
  for (int round = 0; round < 40; ++round) {
    auto room = p->claim(64);
    for (auto& e : room) e = make_sample(accepted++);
    p->commit(room.size(), lv::timestamp{1});
  }
  CHECK(accepted == p->capacity());
  CHECK(a->unread() == accepted);
}

TEST_CASE("subscriber: whose folder somebody removed lives on, and nothing it has not read is overwritten") {
  scratch_bus on;
  lv::topic<sample> t{on.bus(), "t", {.capacity = 512}};
  auto s = lv::subscriber<sample>::open(t);
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(s);
  REQUIRE(p);
  std::filesystem::remove_all(on.folder());
  std::uint64_t accepted = 0;
  for (int round = 0; round < 40; ++round) {
    auto room = p->claim(64);
    for (auto& e : room) e = make_sample(accepted++);
    p->commit(room.size(), lv::timestamp{1});
    if (room.empty()) CHECK(!p->wait_for_room(lv::duration{2'000'000}));
  }
  CHECK(accepted == p->capacity());
  CHECK(s->unread() == accepted);
}

TEST_CASE("subscriber: who has left keeps nobody waiting, and its name is free, even while the object lives") {
  scratch_bus scratch;
  const lv::topic<sample> topic{scratch.bus(), "t", {.capacity = ring}};
  auto p = *lv::publisher<sample>::open(topic);
  for (const char* name : {"", "guard"}) {
    auto s = *lv::subscriber<sample>::open(topic, {.name = name});
    while (publish(p, ring) == ring) {
    }
    s.leave();
    CHECK(p.wait_for_room(60_s));
    CHECK(p.subscribers() == 0);
    CHECK(lv::subscriber<sample>::open(topic, {.name = name}));
  }
}

TEST_CASE("subscriber: one with a name that has left is in nobody's way, and its name is free, while it is still there") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto s = lv::subscriber<sample>::open(t, {.name = "guard"});
  REQUIRE(s);
  publish(*p, 100);
  s->release(s->read().events.size());
  const auto stopped = s->position();
  s->leave();
  CHECK(!p->subscriber_alive("guard"));
  CHECK(publish(*p, 400) == 400);
  auto namesake = lv::subscriber<sample>::open(t, {.name = "guard"});
  REQUIRE(namesake);
  CHECK(namesake->position() == stopped);
  CHECK(drain(*namesake).events == 500 - stopped);
  CHECK(!s->park());  // and what it may still do does not move the other's cursor
  CHECK(publish(*p, 10'000) == 512);
}

TEST_CASE("subscriber: where a damaged head stands at the last sequence there is, a read returns") {
  scratch_bus scratch;
  const lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512}};
  auto segment = lv::detail::segment::open_both(t);
  REQUIRE(segment);
  auto& control = *segment->view().control;
  control.head.release(UINT64_MAX);
  control.reserve.release(UINT64_MAX);
  for (const auto overflow : {lv::overflow_policy::block, lv::overflow_policy::overwrite}) {
    auto s = lv::subscriber<sample>::over(*segment, {.from = lv::start_at::latest, .overflow = overflow});
    REQUIRE(s);
    CHECK(s->position() == UINT64_MAX);
    CHECK(!s->read());
    CHECK(!s->read());
  }
}
