// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/publisher.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {
struct other {
  std::uint64_t index;
  double value;
  std::uint64_t rest;
};
struct wide {  // of a size that may be streamed
  std::uint64_t index, rest[7];
};
constexpr std::uint64_t ring = 512, slice = ring / 8;  // 24 bytes times 512 are three pages
}  // namespace

TEST_CASE("publisher: claims are free slots in a row, at most an eighth of the ring at once") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open({scratch.bus(), "t", {.capacity = ring}});
  REQUIRE(p);
  CHECK(p->capacity() == ring);
  CHECK(p->claim(0).empty());
  CHECK(p->claim(5).size() == 5);
  CHECK(p->claim(100'000).size() == slice);
  CHECK(p->sequence() == 0);  // what is not committed is forgotten
  p->commit(0, {});
  CHECK(p->sequence() == 0);
  for (std::uint64_t n = 0; n < 10 * ring; ++n) {
    auto room = p->claim(1 + n % 7);
    REQUIRE(!room.empty());  // nobody subscribes: nobody waits
    p->commit(room.size(), {});
  }
}

TEST_CASE("publisher: a live subscriber that does not read keeps it from writing, and one that goes away does not") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  {
    auto s = lv::subscriber<sample>::open(t, {.name = "slow"});
    REQUIRE(s);
    CHECK(p->subscribers() == 1);
    CHECK(p->subscriber_alive("slow"));
    CHECK(!p->subscriber_alive("fast"));
    CHECK(publish(*p, 10 * ring) == ring);
    CHECK(p->claim(1).empty());
    CHECK(!p->wait_for_room(1_ms));
    CHECK(p->blocked_by().view() == "slow");
    auto t1 = s->read();
    CHECK(t1.events.size() == slice);
    s->release(slice);
    CHECK(publish(*p, 10 * ring) == slice);
  }
  CHECK(p->subscribers() == 0);
  CHECK(!p->subscriber_alive("slow"));
  CHECK(p->wait_for_room(10_s));
  CHECK(publish(*p, 10 * ring) == 10 * ring);
}

TEST_CASE("publisher: there is one at a time, and the second learns who") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "m/r"};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto q = lv::publisher<sample>::open(t);
  REQUIRE(!q);
  CHECK(q.error().kind == lv::failure::unavailable);
  CHECK(q.error().sentence.view() == "topic 'm/r' already has a publisher (pid " + std::to_string(lv::process_id()) +
                                         "): stop it first, or use another topic");
}

TEST_CASE("publisher: a successor goes on at the same sequence with a new epoch") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  auto s = lv::subscriber<sample>::open(t);
  REQUIRE(s);
  for (std::uint32_t epoch = 1; epoch <= 3; ++epoch) {
    auto p = lv::publisher<sample>::open(t);
    REQUIRE(p);
    CHECK(p->epoch() == epoch);
    CHECK(p->sequence() == (epoch - 1) * 10);
    CHECK(s->producer_alive());
    CHECK(s->producer_pid() == lv::process_id());
    publish(*p, 10);
  }
  CHECK(!s->producer_alive());
  auto a = drain(*s);
  CHECK(a.events == 30);
  CHECK(a.wrong_epoch == 0);
}

TEST_CASE("publisher: other events are refused in a sentence that names both sides") {
  scratch_bus scratch;
  REQUIRE(lv::publisher<sample>::open({scratch.bus(), "t"}));
  auto p = lv::publisher<other>::open({scratch.bus(), "t"});
  REQUIRE(!p);
  CHECK(p.error().kind == lv::failure::data);
  auto words = p.error().sentence.view();
  CHECK(words.find("'value' as 8-byte unsigned integer") != words.npos);
  CHECK(words.find("'value' as 8-byte floating") != words.npos);
}

TEST_CASE("publisher: a signal needs room in the lane, and signals that are read make room") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<sample>::open(t);
  auto s = lv::subscriber<sample>::open(t);
  REQUIRE(p);
  REQUIRE(s);
  std::uint64_t sent = 0;
  while (p->signal(lv::lane_kind::watermark, sent, {})) ++sent;
  CHECK(sent >= 250);
  CHECK(sent < 256);
  CHECK(p->claim(1).empty());  // no room for the record that a commit may need
  CHECK(!p->wait_for_room(1_ms));
  CHECK(drain(*s).signals == sent);
  CHECK(p->wait_for_room(10_s));
  for (std::uint64_t round = 0; round < 2'000; ++round) {  // signals alone, for longer than the lane
    REQUIRE(p->signal(lv::lane_kind::watermark, round, {}));
    auto t1 = s->read();
    REQUIRE(t1.signal != nullptr);
    CHECK(t1.signal->value == round);
    CHECK(!s->read());
  }
}

TEST_CASE("publisher: a standby waits for the place, and for no longer than it was told") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  std::optional<lv::publisher<sample>> first(*lv::publisher<sample>::open(t));
  const auto refused = lv::publisher<sample>::open(t, 1_ms);
  REQUIRE(!refused);
  CHECK(refused.error().kind == lv::failure::unavailable);
  publish(*first, 10);
  std::uint32_t epoch = 0;
  std::uint64_t sequence = 0;
  std::thread standby([&] {
    auto p = lv::publisher<sample>::open(t, 60_s);
    if (p) epoch = p->epoch(), sequence = p->sequence();
  });
  first.reset();
  standby.join();
  CHECK(epoch == 2);
  CHECK(sequence == 10);
}

TEST_CASE("publisher: counters that are damaged are refused") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  auto s = lv::detail::segment::open_both(t);
  REQUIRE(s);
  s->view().control->head.release(1'000'000);
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(!p);
  CHECK(p.error().kind == lv::failure::data);
}

TEST_CASE("publisher: moves with everything it holds") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  auto made = lv::publisher<sample>::open(t);
  REQUIRE(made);
  lv::publisher<sample> p = *std::move(made);
  CHECK(publish(p, 1000) == 1000);
  CHECK(!lv::publisher<sample>::open(t));
}

TEST_CASE_TEMPLATE("publisher: append copies as many events as have room, past the caches or through them", E, sample, wide) {
  for (const auto how : {lv::store_policy::cached, lv::store_policy::streaming}) {
    scratch_bus scratch;
    const lv::topic<E> t{scratch.bus(), "t", {.capacity = ring}};
    auto p = lv::publisher<E>::open(t);
    auto s = lv::subscriber<E>::open(t);
    REQUIRE(p);
    REQUIRE(s);
    std::vector<E> events(ring + 100);
    std::uint64_t written = 0, read = 0, wrong = 0;
    for (std::size_t n = 1; read < 20 * ring; n = n * 7 % 601) {
      for (std::size_t i = 0; i < n; ++i) events[i].index = written + i;
      const auto room = p->capacity() - (written - read);
      const auto done = p->append(std::span(events).first(n), {}, how);
      CHECK(done == std::min<std::uint64_t>(n, room));
      written += done;
      if (n % 3 == 0) continue;
      for (auto turn = s->read(); !turn.events.empty(); turn = s->read()) {
        for (const E& e : turn.events) wrong += e.index == read++ ? 0u : 1u;
        s->release(turn.events.size());
      }
      CHECK(read == written);
    }
    CHECK(wrong == 0);
    CHECK(p->append({}, {}, how) == 0);
  }
}

TEST_CASE("publisher: while the lane is full nothing is granted, however much of the ring is free") {
  scratch_bus scratch;
  const lv::topic<sample> t{scratch.bus(), "t", {.capacity = 4096}};
  auto p = lv::publisher<sample>::open(t);
  auto s = lv::subscriber<sample>::open(t);
  REQUIRE(p);
  REQUIRE(s);
  std::uint64_t claims = 0;
  for (; !p->claim(3).empty(); ++claims) {
    if (claims % 2 == 0) [[maybe_unused]]
      const bool sent = p->signal(lv::lane_kind::watermark, claims, {});  // after a claim there is room for one
    p->commit(3, {static_cast<std::int64_t>(claims) * 10'000'000});       // and for a record of the time
  }
  CHECK(claims > 500);
  CHECK(p->sequence() == 3 * claims);
  CHECK(p->sequence() < p->capacity() - 500);
  CHECK(p->claim(1).empty());
  CHECK(p->claim(SIZE_MAX).empty());
  for (auto turn = s->read(); turn; turn = s->read()) s->release(turn.events.size());
  CHECK(p->claim(SIZE_MAX).size() == p->capacity() / 8);
}

TEST_CASE("publisher: knows up to where all that it waits for have released, whoever joins or leaves") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512, .first_sequence = 100}};
  auto p = *lv::publisher<sample>::open(t);
  CHECK(p.released() == 100);
  publish(p, 20);
  CHECK(p.released() == 120);  // nobody is there
  auto a = *lv::subscriber<sample>::open(t, {.from = lv::start_at::latest});
  auto b = *lv::subscriber<sample>::open(t);
  auto viewer = *lv::subscriber<sample>::open(t, {.overflow = lv::overflow_policy::overwrite});
  CHECK(p.released() == 100);
  drain(b);
  CHECK(p.released() == 120);
  publish(p, 5);
  CHECK(p.released() == 120);
  drain(a);
  CHECK(p.released() == 120);
  drain(b);
  CHECK(p.released() == 125);
  publish(p, 5);
  a.leave();
  drain(b);
  CHECK(p.released(129) == 130);  // nobody waits for one that has left
  auto sleepy = *lv::subscriber<sample>::open(t, {.overflow = lv::overflow_policy::evict, .lease = lv::duration{1}});
  while (p.released(129) != 130) {  // looked at once a millisecond, though the ring is far from full
  }
  CHECK(p.evictions() == 1);
  CHECK(!sleepy.status());
}
