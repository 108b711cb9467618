// SPDX-License-Identifier: BSL-1.0
// What happens when the ring is full: a subscriber is waited for, evicted, or overwritten.
#include <levada/bus/frames.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/os/loop.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::uint64_t ring = 512;
constexpr lv::subscriber_options overwritten{.overflow = lv::overflow_policy::overwrite};

lv::topic<sample> topic_on(const scratch_bus& scratch, std::uint64_t first = 0) {
  return {scratch.bus(), "t", {.capacity = ring, .first_sequence = first}};
}

/// Reads what is there, at most `most` events, and holds it against the rule: each event in its place, whole, or counted as lost.
template <class Ring = sample>
struct reader {
  lv::subscriber<Ring>& of;
  std::uint64_t next, got = 0, lost = 0, wrong = 0, signals = 0;
  explicit reader(lv::subscriber<Ring>& s) : of(s), next(s.position()) {}

  void read(std::uint64_t most) {
    while (most > 0) {
      const auto turn = of.read();
      lost += turn.lost, next += turn.lost;
      if (!turn) return;
      if (turn.signal != nullptr) ++signals;
      const auto n = std::min<std::uint64_t>(most, turn.events.size());
      for (const auto& e : turn.events.first(n)) wrong += is_whole(e) && e.index == next++ ? 0u : 1u;
      of.release(n);
      got += n, most -= n;
    }
  }
};

/// The same for frames of any length, whose sequences count words. A frame says where it stands, and is filled with that.
template <>
struct reader<lv::frames<>> {
  lv::subscriber<lv::frames<>>& of;
  std::uint64_t next, got = 0, lost = 0, wrong = 0, signals = 0;
  explicit reader(lv::subscriber<lv::frames<>>& s) : of(s), next(s.position()) {}

  void read(std::uint64_t most) {
    while (most > 0) {
      const auto turn = of.read();
      lost += turn.lost, next += turn.lost;
      if (!turn) return;
      if (turn.signal != nullptr) ++signals;
      const auto n = std::min<std::uint64_t>(most, turn.events.size());
      for (const lv::frame& f : turn.events.first(n)) {
        for (std::size_t i = 0; i < f.length / 8; ++i) {
          std::uint64_t word = 0;
          std::memcpy(&word, f.data + 8 * i, 8);
          wrong += word == next + i ? 0u : 1u;
        }
        const auto words = lv::detail::words_of_frame(f.length);
        next += words, got += words;
      }
      of.release(n);
      most -= n;
    }
  }
};
/// Frames of up to an eighth of the ring, n words or a little more in all; as many as fit.
std::uint64_t publish(lv::publisher<lv::frames<>>& p, std::uint64_t n, lv::timestamp now = {}) {
  static std::mt19937_64 random(11);
  const auto begin = p.sequence();
  while (p.sequence() - begin < n) {
    const auto room = p.claim(random() % 16 == 0 ? 8 * (random() % (p.most_bytes() / 8) + 1) : 8 * (random() % 5 + 1));
    if (room.empty()) break;
    for (std::size_t i = 0; i < room.size() / 8; ++i) {
      const auto word = p.sequence() + i;
      std::memcpy(room.data() + 8 * i, &word, 8);
    }
    p.commit(room.size(), now);
  }
  return p.sequence() - begin;
}

template <class Ring>
lv::topic<Ring> topic_of(const scratch_bus& scratch, std::uint64_t first = 0) {
  return {scratch.bus(), "t", {.capacity = ring, .first_sequence = first}};
}

/// As publish(), and waits where the ring is full.
void publish_all(lv::publisher<sample>& p, std::uint64_t n) {
  for (auto end = p.sequence() + n; p.sequence() < end;)
    if (publish(p, end - p.sequence()) == 0) REQUIRE(p.wait_for_room(60_s));
}

}  // namespace

TEST_CASE("overwrite: nobody waits for such a subscriber, and what it has missed is counted") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open(topic_on(scratch));
  auto s = lv::subscriber<sample>::open(topic_on(scratch), overwritten);
  REQUIRE(p);
  REQUIRE(s);
  CHECK(publish(*p, 10 * ring + 3) == 10 * ring + 3);
  const auto turn = s->read();
  REQUIRE(!turn.events.empty());
  CHECK(turn.lost == turn.events[0].index);
  CHECK(turn.lost >= 9 * ring);
  CHECK(turn.lost <= 9 * ring + 3 + ring / 8);
  CHECK(s->lost() == turn.lost);
  CHECK(s->read().lost == 0);  // told once
}

TEST_CASE_TEMPLATE("whatever the two do, wherever counting begins: each event comes whole and in its place or is counted as lost",
                   Ring, sample, lv::line<sample>, lv::frames<>) {
  for (const auto policy : {lv::overflow_policy::overwrite, lv::overflow_policy::evict, lv::overflow_policy::block})
    for (const std::uint64_t first : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 700, (std::uint64_t{1} << 63) - 700}) {
      scratch_bus scratch;
      auto p = lv::publisher<Ring>::open(topic_of<Ring>(scratch, first));
      auto s = lv::subscriber<Ring>::open(topic_of<Ring>(scratch, first), {.overflow = policy, .lease = 60_s});
      REQUIRE(p);
      REQUIRE(s);
      reader<Ring> r(*s);
      std::mt19937_64 random(first + 1);
      std::uint64_t signals = 0;
      for (std::int64_t round = 0; round < 5000; ++round) {
        publish(*p, random() % (round % 7 == 0 ? 2 * ring : 40), {round * 1'000'000});
        if (random() % 5 == 0 && p->signal(lv::lane_kind::watermark, 1, {})) ++signals;
        r.read(random() % 300);
      }
      while (r.got + r.lost < p->sequence() - first) r.read(2 * ring);  // a line ring looks further only now and then
      r.read(2 * ring);
      CHECK(r.wrong == 0);
      CHECK(r.lost == s->lost());
      CHECK(r.got > 10'000);
      CHECK(r.signals <= signals);
      if (policy == lv::overflow_policy::overwrite) {
        CHECK(r.lost > 10'000);
        CHECK(r.signals > signals / 2);
      } else {
        CHECK(r.lost == 0);
        CHECK(r.signals == signals);
      }
    }
}

TEST_CASE("overwrite: records of the lane that are gone are counted too, and the rest come in their places") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open(topic_on(scratch));
  auto s = lv::subscriber<sample>::open(topic_on(scratch), overwritten);
  REQUIRE(p);
  REQUIRE(s);
  constexpr std::uint64_t signals = 2000;  // the lane has room for 256
  for (std::uint64_t i = 0; i < signals; ++i) {
    publish(*p, 1);
    REQUIRE(p->signal(lv::lane_kind::barrier, i, {}));
  }
  std::uint64_t came = 0, last = 0;
  while (const auto turn = s->read()) {
    if (turn.signal != nullptr) {
      CHECK(turn.signal->value + 1 == turn.signal->sequence);
      CHECK((came == 0 || turn.signal->value == last + 1));
      last = turn.signal->value;
      ++came;
    }
    s->release(turn.events.size());
  }
  CHECK(last == signals - 1);
  CHECK(came >= 200);
  CHECK(came <= 256);
  CHECK(s->lost_records() + came == signals + 1);  // and one for the producer
}

TEST_CASE("overwrite: members that a publisher added at the end do not disturb") {
  struct longer {
    std::uint64_t index, value;
    std::uint32_t epoch, sum;
    std::uint32_t added[3];
  };
  scratch_bus scratch;
  auto p = lv::publisher<longer>::open({scratch.bus(), "t", {.capacity = ring}});
  auto s = lv::subscriber<sample>::open({scratch.bus(), "t"}, overwritten);
  REQUIRE(p);
  REQUIRE(s);
  reader<> r(*s);
  std::mt19937_64 random(3);
  for (int round = 0; round < 1000; ++round) {
    auto room = p->claim(random() % 60);
    for (auto& slot : room) {
      const auto e = make_sample(p->sequence() + static_cast<std::uint64_t>(&slot - room.data()));
      slot = {e.index, e.value, e.epoch, e.sum, {}};
    }
    p->commit(room.size(), {});
    if (round % 20 == 0) r.read(2 * ring);
  }
  r.read(2 * p->capacity());
  CHECK(r.wrong == 0);
  CHECK(r.lost > 0);
  CHECK(r.got + r.lost == p->sequence());
}

TEST_CASE_TEMPLATE("overwrite: against a publisher that never waits, on another thread, nothing is torn and all is counted", Ring,
                   sample, lv::line<sample>, lv::frames<>) {
  scratch_bus scratch;
  auto segment = lv::detail::segment::open_both(topic_of<Ring>(scratch));
  REQUIRE(segment);
  auto p = lv::publisher<Ring>::over(*segment);
  auto s = lv::subscriber<Ring>::over(*segment, overwritten);
  REQUIRE(p);
  REQUIRE(s);
  constexpr std::uint64_t total = 400'000;
  std::atomic<std::uint64_t> end{UINT64_MAX};
  std::thread writer([&] {
    std::mt19937_64 random(1);
    while (p->sequence() < total) publish(*p, std::min(1 + random() % 60, total - p->sequence()));
    end = p->sequence();
  });
  reader<Ring> r(*s);
  std::mt19937_64 random(2);
  while (r.got + r.lost < end) r.read(random() % 500);
  writer.join();
  CHECK(r.wrong == 0);
  CHECK(r.got + r.lost == end);
  CHECK(r.lost == s->lost());
  CHECK(p->evictions() == 0);
}

TEST_CASE("overwrite: frames as large as an eighth of the ring come whole as well, and a late one begins at a frame") {
  scratch_bus scratch;
  auto p = lv::publisher<lv::frames<>>::open({scratch.bus(), "t", {.capacity = 1 << 20}});
  REQUIRE(p);
  std::uint64_t number = 0;
  const auto send = [&] {
    const auto room = p->claim(p->most_bytes() - 8 * (number % 3));
    REQUIRE(!room.empty());
    std::memset(room.data(), static_cast<int>(number % 251), room.size());
    p->commit(room.size(), {static_cast<std::int64_t>(number)}, static_cast<std::uint32_t>(number));
    ++number;
  };
  for (int i = 0; i < 20; ++i) send();
  auto s = lv::subscriber<lv::frames<>>::open({scratch.bus(), "t"}, overwritten);
  REQUIRE(s);
  std::uint64_t came = 0;
  for (int i = 0; i < 100; ++i) {
    const auto turn = s->read();
    for (const lv::frame& f : turn.events) {
      CHECK(f.length == p->most_bytes() - 8 * (f.kind % 3));
      CHECK(f.data[0] == static_cast<std::byte>(f.kind % 251));
      CHECK(f.data[f.length - 1] == static_cast<std::byte>(f.kind % 251));
      ++came;
    }
    s->release(turn.events.size());
    send();
  }
  CHECK(came >= 100);
  CHECK(s->status());
}

TEST_CASE("evict: one that stands still for longer than its lease is told, and reads no more; others lose nothing") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open(topic_on(scratch));
  auto slow =
      lv::subscriber<sample>::open(topic_on(scratch), {.name = "slow", .overflow = lv::overflow_policy::evict, .lease = 20_ms});
  auto other = lv::subscriber<sample>::open(topic_on(scratch));
  REQUIRE(p);
  REQUIRE(slow);
  REQUIRE(other);
  reader<> r(*other);
  publish(*p, ring);
  CHECK(p->claim(1).empty());
  r.read(ring);
  CHECK(slow->status());
  REQUIRE(slow->park() == false);
  publish_all(*p, 5);
  CHECK(p->evictions() == 1);
  const auto status = slow->status();
  REQUIRE(!status);
  CHECK(status.error().kind == lv::failure::unavailable);
  CHECK(
      status.error().sentence.view() ==
      "a subscriber was evicted at sequence 0: it kept the publisher waiting for longer than its lease without reading (give it a "
      "longer one, a larger ring, or less to do)");
  CHECK(!slow->read());
  CHECK(slow->wait(1_s));  // it does not sleep for ever
  publish_all(*p, ring / 2);
  r.read(ring);
  CHECK(r.got == p->sequence());
  CHECK(r.wrong == 0);

  // Its name is a promise: opened anew it goes on, and knows what it has missed.
  *slow = *lv::subscriber<sample>::open(topic_on(scratch));
  auto again = lv::subscriber<sample>::open(topic_on(scratch), {.name = "slow"});
  REQUIRE(again);
  reader<> late(*again);
  late.read(2 * ring);
  CHECK(again->lost() + late.got == p->sequence());
  CHECK(late.wrong == 0);
}

TEST_CASE_TEMPLATE("evict: in every ring one that was evicted is told, and takes nothing for an event that was overwritten", Ring,
                   sample, lv::line<sample>, lv::frames<>) {
  scratch_bus scratch;
  auto p = lv::publisher<Ring>::open(topic_of<Ring>(scratch));
  auto s = lv::subscriber<Ring>::open(topic_of<Ring>(scratch), {.overflow = lv::overflow_policy::evict, .lease = 1_ms});
  REQUIRE(p);
  REQUIRE(s);
  reader<Ring> r(*s);
  publish(*p, ring / 2);
  r.read(10);
  const auto got = r.got;
  CHECK(r.got > 0);
  for (std::uint64_t done = 0; done < 3 * ring;) done += publish(*p, 64);  // full until its lease is over
  CHECK(p->evictions() == 1);
  for (int i = 0; i < 3000; ++i) r.read(ring);
  CHECK(r.got == got);
  CHECK(r.wrong == 0);
  CHECK(!s->status());
}

TEST_CASE("evict: what is still there comes no more either") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open(topic_on(scratch));
  auto s = lv::subscriber<sample>::open(topic_on(scratch), {.overflow = lv::overflow_policy::evict, .lease = 1_ms});
  auto other = lv::subscriber<sample>::open(topic_on(scratch));  // keeps it
  REQUIRE(p);
  REQUIRE(s);
  REQUIRE(other);
  publish(*p, ring);
  REQUIRE(!s->read().events.empty());
  while (p->evictions() == 0) REQUIRE(p->claim(1).empty());
  CHECK(!s->status());
  CHECK(!s->read());
}

TEST_CASE("evict: one that sleeps when it is evicted is woken") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open(topic_on(scratch));
  auto s = lv::subscriber<sample>::open(topic_on(scratch), {.overflow = lv::overflow_policy::evict, .lease = 1_ms});
  REQUIRE(p);
  REQUIRE(s);
  REQUIRE(s->park());
  publish(*p, ring);   // this has rung as well
  s->unpark();         // a ring that was spent on something else
  publish_all(*p, 1);  // evicts
  lv::loop loop = *lv::loop::make();
  REQUIRE(loop.watch(s->wake_fd()));
  CHECK(loop.wait(lv::wall_clock{}.steady() + 60_s));
}

TEST_CASE("evict: one that is slow and never stands still is waited for") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open(topic_on(scratch));
  auto s = lv::subscriber<sample>::open(topic_on(scratch), {.overflow = lv::overflow_policy::evict, .lease = 500_ms});
  REQUIRE(p);
  REQUIRE(s);
  reader<> r(*s);
  for (int i = 0; i < 60; ++i) {  // longer than the lease in all
    publish(*p, ring);
    CHECK(!p->wait_for_room(10_ms));
    r.read(ring / 8);
  }
  CHECK(p->evictions() == 0);
  CHECK(s->status());
  CHECK(r.lost == 0);
  CHECK(r.wrong == 0);
}

// Reads a little, stops, and when it goes on has been evicted: it must not take anything that was overwritten for an event.
TEST_CASE("peer: stopped subscriber" * doctest::skip()) {
  const lv::topic<sample> topic{lv::bus::in(peer_folder(), "bus"), "t"};
  auto s = lv::subscriber<sample>::open(topic, {.overflow = lv::overflow_policy::evict, .lease = 5_ms});
  REQUIRE(s);
  reader<> r(*s);
  while (r.got < 100) {
    r.read(100 - r.got);
    if (r.got < 100) REQUIRE(s->wait(60_s));
  }
  bell_in(peer_folder(), "stopped").ring();
  ::raise(SIGSTOP);
  r.read(ring);
  REQUIRE(r.got == 100);
  REQUIRE(r.wrong == 0);
  REQUIRE(!s->status());
  std::exit(7);
}

TEST_CASE("evict: a subscriber that was stopped past its lease is fenced when it goes on") {
  scratch_bus scratch;
  auto p = lv::publisher<sample>::open(topic_on(scratch));
  REQUIRE(p);
  const auto stopped = bell_in(scratch.folder().string(), "stopped");
  auto peer = start_peer("stopped subscriber", scratch);
  publish(*p, 200);
  REQUIRE(stopped.wait(60_s));
  publish_all(*p, 3 * ring);
  CHECK(p->evictions() == 1);
  peer.kill(SIGCONT);
  const auto end = peer.wait();
  CHECK(end.signal == 0);
  CHECK(end.code == 7);
}

TEST_CASE("overwrite: a lane that says it is longer than it can be is not read") {
  scratch_bus scratch;
  auto segment = lv::detail::segment::open_both(lv::topic<sample>{scratch.bus(), "t", {.capacity = 512}});
  REQUIRE(segment);
  auto p = lv::publisher<sample>::over(*segment);
  auto s = lv::subscriber<sample>::over(*segment, {.overflow = lv::overflow_policy::overwrite});
  REQUIRE(p);
  REQUIRE(s);
  publish(*p, 10);
  auto& control = *segment->view().control;
  control.lane_head.release(control.lane_head.acquire() + (std::uint64_t{1} << 62));
  CHECK(drain(*s).events == 10);
}
