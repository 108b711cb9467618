// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/line.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <levada/bus/record_publisher.hpp>
#include <levada/bus/record_subscriber.hpp>

#include <atomic>
#include <csignal>
#include <deque>
#include <random>
#include <string>
#include <thread>

namespace {

using samples = lv::line<sample>;
using lv::detail::line_word;
constexpr std::uint64_t ring = 64, slice = ring / 8;

struct pair_on {
  scratch_bus scratch;
  lv::topic<samples> topic;
  lv::publisher<samples> p;
  lv::subscriber<samples> s;
  explicit pair_on(lv::topic_options options = {.capacity = ring})
      : topic(scratch.bus(), "t", options), p(*lv::publisher<samples>::open(topic)), s(*lv::subscriber<samples>::open(topic)) {}
};
struct shared {
  scratch_bus scratch;
  lv::topic<samples> topic{scratch.bus(), "t", {.capacity = ring}};
  lv::detail::segment segment{*lv::detail::segment::open_both(topic)};
};
/// Accepts n samples and dies, as it were, before a slot says so.
void publish_in_silence(lv::detail::line_producer& p, std::uint64_t n) {
  auto slots = reinterpret_cast<lv::line_slot<sample>*>(p.ring().data);
  REQUIRE(p.granted(n) == n);
  for (auto i = p.position(); i < p.position() + n; ++i) slots[i & (p.ring().measure.capacity - 1)] = make_sample(i, p.epoch());
  p.producer::commit(n, {}, [] {});
}
struct pair_of_numbers {
  std::uint64_t index, value;
};

}  // namespace

TEST_CASE("line: an event and its word share a cache line") {
  static_assert(sizeof(lv::line_slot<sample>) == 64 && alignof(lv::line_slot<sample>) == 64);
  pair_on on;
  CHECK(on.p.capacity() == ring);
  auto room = on.p.claim(100);
  CHECK(room.size() == slice);
  CHECK(reinterpret_cast<std::uintptr_t>(room.data()) % 64 == 0);
  CHECK(publish(on.p, 2) == 2);
  auto t = on.s.read();
  REQUIRE(t.events.size() == 1);
  const auto* first = t.events.data();
  on.s.release(1);
  t = on.s.read();
  REQUIRE(t.events.size() == 1);
  CHECK(reinterpret_cast<std::uintptr_t>(t.events.data()) - reinterpret_cast<std::uintptr_t>(first) == 64);
}

TEST_CASE("line: random interleavings agree with a naive queue, over many laps, wherever counting begins") {
  constexpr auto near_2_32 = (std::uint64_t{1} << 32) - 700, near_2_63 = (std::uint64_t{1} << 63) - 700;
  for (std::uint64_t first : {std::uint64_t{0}, near_2_32, near_2_63, lv::detail::most_first_sequence}) {
    pair_on on({.capacity = ring, .first_sequence = first});
    struct item {
      bool is_signal;
      std::uint64_t value;
    };
    std::deque<item> naive;
    std::mt19937_64 random{first};
    std::uint64_t events = 0, signals = 0, full = 0;
    auto look = [&] {
      const bool there = random() % 8 == 0 && on.s.wait({});  // what a wait finds, the next read finds
      auto t = on.s.read();
      if (there) REQUIRE(t);
      if (t.signal != nullptr) {
        REQUIRE(!naive.empty());
        REQUIRE(naive.front().is_signal);
        CHECK(t.signal->value == naive.front().value);
        CHECK(t.signal->sequence == on.s.position());
        naive.pop_front();
        ++signals;
      } else if (!t.events.empty()) {
        REQUIRE(!naive.empty());
        REQUIRE(!naive.front().is_signal);
        REQUIRE(t.events[0].index == naive.front().value);
        REQUIRE(is_whole(t.events[0]));
        if (random() % 8 == 0) return;  // read again later
        on.s.release(1);
        naive.pop_front();
        ++events;
      } else {
        REQUIRE((naive.empty() || naive.front().is_signal));  // an event is seen at once
      }
    };
    for (int round = 0; round < 30'000; ++round) {
      if (auto what = random() % 16; what < 7) {
        const auto n = 1 + random() % 4, at = on.p.sequence();
        const auto done = publish(on.p, n, {static_cast<std::int64_t>(random() % 1'000'000'000)});
        full += done < n ? 1u : 0u;
        for (std::uint64_t i = 0; i < done; ++i) naive.push_back({false, at + i});
      } else if (what < 9) {
        const auto value = random();
        if (on.p.signal(lv::lane_kind::watermark, value, {})) naive.push_back({true, value});
      } else {
        for (auto n = random() % 5; n > 0; --n) look();
      }
    }
    CHECK(events > 20 * ring);
    CHECK(signals > 1'000);
    CHECK(full > 100);
  }
}

TEST_CASE("line: a signal alone is seen at once where there is room, and by whoever waits where there is none") {
  pair_on on;
  REQUIRE(on.p.signal(lv::lane_kind::idle, 7, {}));
  auto t = on.s.read();
  REQUIRE(t.signal != nullptr);
  CHECK(t.signal->value == 7);
  CHECK(!on.s.read());
  CHECK(publish(on.p, 1) == 1);
  CHECK(on.s.read().events.size() == 1);
  on.s.release(1);
  REQUIRE(on.p.signal(lv::lane_kind::idle, 8, {}));
  REQUIRE(on.s.read().signal != nullptr);

  CHECK(publish(on.p, 10 * ring) == ring);
  REQUIRE(on.p.signal(lv::lane_kind::idle, 9, {}));
  for (std::uint64_t i = 0; i < ring; ++i) {
    REQUIRE(on.s.read().events.size() == 1);
    on.s.release(1);
  }
  CHECK(on.s.wait({}));
  t = on.s.read();
  REQUIRE(t.signal != nullptr);
  CHECK(t.signal->value == 9);
}

TEST_CASE("line: time alone moves too") {
  pair_on on;
  on.p.tell_time({5'000'000'000});
  CHECK(!on.s.read());
  CHECK(on.s.time() == lv::timestamp{5'000'000'000});
}

TEST_CASE("line: park says false when something is there, events or a signal, and wait ends at once") {
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
  on.s.unpark(true);
  CHECK(on.s.rescued() == 0);
}

TEST_CASE("line: several subscribers read everything, and a slow one keeps the publisher from writing") {
  pair_on on;
  auto late = lv::subscriber<samples>::open(on.topic, {.name = "late"});
  REQUIRE(late);
  CHECK(publish(on.p, 10 * ring) == ring);
  CHECK(drain(on.s).events == ring);
  CHECK(on.p.claim(1).empty());
  CHECK(!on.p.wait_for_room(1_ms));
  CHECK(on.p.blocked_by().view() == "late");
  auto a = drain(*late);
  CHECK(a.events == ring);
  CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
  CHECK(on.p.wait_for_room(10_s));
  *late = *lv::subscriber<samples>::open(on.topic, {.name = "later"});
  CHECK(drain(*late).events >= ring - slice);
}

TEST_CASE("line: what head says is accepted, though no slot says so") {
  shared on;
  auto s = *lv::subscriber<samples>::over(on.segment);
  {
    auto p = lv::detail::line_producer::open(on.segment);
    REQUIRE(p);
    publish_in_silence(*p, 3);
    CHECK(s.unread() == 3);
    CHECK(drain(s).events == 3);  // the first look is at head
    publish_in_silence(*p, 2);
    std::uint64_t polls = 1;
    while (!s.read()) ++polls;
    CHECK(polls > 100);
    CHECK(polls < 10'000);
    CHECK(drain(s).events == 2);
    publish_in_silence(*p, 1);
    CHECK(!s.read());
    CHECK(s.wait({}));
    CHECK(drain(s).events == 1);
    for (int i = 0; i < 2; ++i) {
      reinterpret_cast<lv::line_slot<sample>*>(p->ring().data)[p->position()] = make_sample(p->position(), p->epoch());
      p->commit(p->granted(1), {});
      CHECK(drain(s).events == 1);
    }
    publish_in_silence(*p, 5);
  }
  CHECK(!s.read());
  auto p = lv::publisher<samples>::over(on.segment);  // a successor repairs the words
  REQUIRE(p);
  auto a = drain(s);
  CHECK(a.events == 5);
  CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
  const auto& view = on.segment.view();
  for (std::uint64_t i = 0; i < 13; ++i) {
    const auto said = line_word::at(view, i).said.acquire() - line_word::base(view, i);
    CHECK(said == (i < 6    ? -line_word::base(view, i)  // nobody misses these
                   : i == 7 ? line_word::event_alone
                            : line_word::event_behind_records));
  }
}

TEST_CASE("line: a subscriber of another kind is refused in words, and a publisher") {
  scratch_bus scratch;
  auto bus = scratch.bus();
  REQUIRE(lv::publisher<samples>::open({bus, "l"}));
  REQUIRE(lv::publisher<sample>::open({bus, "s"}));
  auto s = lv::subscriber<sample>::open({bus, "l"});
  REQUIRE(!s);
  CHECK(s.error().kind == lv::failure::data);
  CHECK(s.error().sentence.view() ==
        "topic 'l' is a line ring; this subscriber is for a stream ring: name it as topic<line<T>>, or use another topic");
  auto p = lv::publisher<samples>::open({bus, "s"});
  REQUIRE(!p);
  CHECK(p.error().sentence.view() ==
        "topic 's' is a stream ring; this publisher is for a line ring: name it as topic<T>, or use another topic");
  auto other = lv::subscriber<lv::line<lv::topic_options>>::open({bus, "l"});
  REQUIRE(!other);
  CHECK(other.error().kind == lv::failure::data);
}

TEST_CASE("line: a subscriber that knows fewer members reads in place") {
  scratch_bus scratch;
  auto p = lv::publisher<samples>::open({scratch.bus(), "t"});
  auto s = lv::subscriber<lv::line<pair_of_numbers>>::open({scratch.bus(), "t"});
  REQUIRE(p);
  REQUIRE(s);
  publish(*p, 3);
  for (std::uint64_t i = 0; i < 3; ++i) {
    auto t = s->read();
    REQUIRE(t.events.size() == 1);
    CHECK(t.events[0].index == i);
    CHECK(t.events[0].value == make_sample(i).value);
    s->release(1);
  }
}

TEST_CASE("line: whoever learns its members at run time reads it too, and may be overwritten") {
  pair_on on;
  for (auto overflow : {lv::overflow_policy::block, lv::overflow_policy::overwrite}) {
    auto s = lv::record_subscriber::open(on.scratch.bus(), "t", {.from = lv::start_at::latest, .overflow = overflow});
    REQUIRE(s);
    const auto first = on.p.sequence();
    CHECK(publish(on.p, 5) == 5);
    std::uint64_t n = 0;
    for (auto t = s->read(); t; t = s->read()) {
      for (std::size_t i = 0; i < t.events.size(); ++i, ++n) CHECK(t.events[i].number(0) == static_cast<double>(first + n));
      s->release(t.events.size());
    }
    CHECK(n == 5);
    drain(on.s);
  }
  CHECK(!lv::record_publisher::open(on.scratch.bus(), "t"));
}

TEST_CASE("line: heads and words that are damaged are not followed") {
  shared on;
  auto s = lv::subscriber<samples>::open(on.topic);
  REQUIRE(s);
  auto& control = *on.segment.view().control;
  for (std::uint64_t v : {UINT64_MAX, std::uint64_t{1} << 40}) {
    control.head.release(v);
    control.lane_head.release(v);
    for (std::uint64_t said : {UINT64_MAX, std::uint64_t{1}, std::uint64_t{1} << 63}) {
      line_word::at(on.segment.view(), 0).said.release(said);
      for (int i = 0; i < 3'000; ++i) CHECK(!s->read());
    }
  }
}

TEST_CASE("line: two threads, by release and acquire alone") {
  shared on;
  auto p = *lv::publisher<samples>::over(on.segment);
  auto s = *lv::subscriber<samples>::over(on.segment);
  const std::uint64_t total = 60'000;
  std::thread writer([&] {
    while (p.sequence() < total) {
      publish(p, 1 + p.sequence() % 5, {static_cast<std::int64_t>(p.sequence()) * 100'000});
      if (p.claim(1).empty() && !p.wait_for_room(60_s)) break;
    }
  });
  std::uint64_t events = 0, bad = 0;
  while (events < total) {
    auto t = s.read();
    for (const auto& e : t.events) bad += is_whole(e) && e.index == events++ && e.epoch == s.epoch() ? 0u : 1u;
    s.release(t.events.size());
    if (!t && !s.wait(60_s)) break;
  }
  writer.join();
  CHECK(events >= total);
  CHECK(bad == 0);
  CHECK(s.rescued() == 0);
  CHECK(p.rescued() == 0);
}

TEST_CASE("line: no ring is lost, whatever the phase of the sleep, for events and for signals") {
  shared on;
  auto p = *lv::publisher<samples>::over(on.segment);
  auto s = *lv::subscriber<samples>::over(on.segment);
  const std::uint64_t rounds = 4'000;
  std::atomic<std::uint64_t> done{0};
  auto dawdle = [](std::mt19937_64& random) {
    static std::atomic<int> nothing;
    for (auto n = random() % 3000; n > 0; --n) nothing.fetch_add(1, std::memory_order_relaxed);
  };
  std::thread reader([&] {
    std::mt19937_64 random{1};
    for (std::uint64_t n = 0; n < rounds;) {
      if (auto t = s.read()) {
        s.release(t.events.size());
        done.store(++n, std::memory_order_release);
      } else {
        dawdle(random);
        if (!s.wait(60_s)) break;
      }
    }
  });
  std::mt19937_64 random{2};
  for (std::uint64_t n = 0; n < rounds; ++n) {
    while (done.load(std::memory_order_acquire) != n) std::this_thread::yield();
    dawdle(random);
    while (p.claim(1).empty())
      if (!p.wait_for_room(60_s)) break;
    if (n % 4 == 3)
      REQUIRE(p.signal(lv::lane_kind::watermark, n, {}));
    else
      p.commit(1, {});
  }
  reader.join();
  CHECK(done == rounds);
  CHECK(s.rescued() == 0);
}

namespace {

lv::topic<samples> topic_in(const std::string& folder) { return {lv::bus::in(folder, "bus"), "t", {.capacity = ring}}; }
[[noreturn]] void die() {
  ::raise(SIGKILL);
  std::abort();
}
constexpr int steps = 10;

}  // namespace

// Publishes on and on, and kills itself at a chosen step after a while; at step 0 it waits to be killed.
TEST_CASE("peer: line publisher" * doctest::skip()) {
  auto segment = lv::detail::segment::open_both(topic_in(peer_folder()));
  REQUIRE(segment);
  auto p = lv::detail::line_producer::open(*segment);
  REQUIRE(p);
  auto slots = reinterpret_cast<lv::line_slot<sample>*>(p->ring().data);
  const char* chosen = std::getenv("LEVADA_TEST_STEP");
  const int step = chosen != nullptr ? std::atoi(chosen) : 0;
  std::mt19937_64 random{p->position() + 1};
  for (auto left = 5 + random() % 50;; --left) {
    const auto n = p->granted(1 + random() % 5);
    if (n == 0) {
      [[maybe_unused]] bool freed = p->wait_for_room(1_s);
      ++left;
      continue;
    }
    const bool now = step != 0 && left == 0;
    const auto first = p->position();
    const lv::timestamp time{static_cast<std::int64_t>(first) * 100'000};
    if (now && step == 1) die();  // claimed
    for (std::uint64_t i = 0; i < n; ++i) {
      slots[(first + i) & (ring - 1)] = make_sample(first + i, p->epoch());
      if (now && step == 2 && i == n / 2) die();  // half written
    }
    if (now && step == 3) die();                                                              // written
    if (now && step == 4) p->producer::tell_time(time + lv::duration{1'000'000'000}), die();  // between lane_head and head
    if (now && step == 5) p->tell_time(time + lv::duration{1'000'000'000}), die();            // the same, and the slot says so
    if (now && step == 6) p->producer::commit(n, time, [] { die(); });                        // between head and the slots
    if (now && step == 7)
      p->producer::commit(n, time, [&] {  // between two slots
        line_word::at(p->ring(), first).said.release(line_word::base(p->ring(), first) + line_word::event_behind_records);
        die();
      });
    p->commit(n, time);
    if (now && step == 8) die();  // committed
    if (p->position() % 3 == 0) [[maybe_unused]]
      bool sent = now && step == 9 ? p->producer::signal(lv::lane_kind::watermark, p->position(), {})
                                   : p->signal(lv::lane_kind::watermark, p->position(), {});
    if (now && step == 9) die();  // signalled
  }
}

TEST_CASE("line: publishers that die at any step lose, double and tear nothing that was accepted") {
  scratch_bus scratch;
  auto made = lv::subscriber<samples>::open(topic_in(scratch.folder().string()));
  REQUIRE(made);
  lv::subscriber<samples> s = *std::move(made);
  std::mt19937_64 random{9};
  std::uint64_t expected = 0, bad = 0, epochs = 0, signals = 0, last_signal = UINT64_MAX;
  auto take = [&](const lv::turn<sample>& t) {
    if (t.signal != nullptr) {
      bad += t.signal->value == expected && t.signal->sequence == expected && last_signal != expected ? 0u : 1u;
      last_signal = expected;
      ++signals;
    }
    for (const auto& e : t.events) bad += is_whole(e) && e.index == expected++ && e.epoch == s.epoch() ? 0u : 1u;
    s.release(t.events.size());
  };
  for (int round = 0; round < 3 * steps; ++round) {
    ::setenv("LEVADA_TEST_STEP", std::to_string(round % steps).c_str(), 1);
    auto peer = start_peer("line publisher", scratch);
    REQUIRE(peer.pid() > 0);
    auto until = expected + 200 + random() % 3000;
    std::uint32_t epoch = 0;
    for (;;) {
      auto t = s.read();
      take(t);
      epoch = s.epoch();
      if (round % steps == 0 && expected >= until) break;  // killed from outside, anywhere
      if (!t && peer.try_wait().ended && !s.wait({})) break;
      if (!t) [[maybe_unused]]
        bool more = s.wait(10_ms);
    }
    peer.kill(SIGKILL);
    CHECK(peer.wait().signal == SIGKILL);
    CHECK(epoch > epochs);
    epochs = epoch;
  }
  while (s.wait({})) take(s.read());
  CHECK(expected > 1'000);
  CHECK(signals > 100);
  CHECK(bad == 0);
}
