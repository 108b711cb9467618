// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/frames.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <levada/bus/record_subscriber.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/topic.hpp>

#include <csignal>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using lv::detail::words_of_frame;
constexpr std::uint64_t ring = 512, slice = ring / 8;  // words

/// A frame of n bytes that says its number and can be checked.
void fill(std::span<std::byte> room, std::uint64_t number) {
  for (std::size_t i = 0; i < room.size(); ++i) room[i] = static_cast<std::byte>(number * 31 + i * 7 + room.size());
}
bool is_right(std::span<const std::byte> bytes, std::uint64_t number) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != static_cast<std::byte>(number * 31 + i * 7 + bytes.size())) return false;
  return true;
}
std::uint32_t kind_of(std::uint64_t number) { return static_cast<std::uint32_t>(number * 2'654'435'761u); }

struct pair_on {
  scratch_bus scratch;
  lv::topic<lv::frames<>> topic;
  lv::publisher<lv::frames<>> p;
  lv::subscriber<lv::frames<>> s;
  explicit pair_on(lv::topic_options options = {.capacity = ring})
      : topic(scratch.bus(), "t", options),
        p(*lv::publisher<lv::frames<>>::open(topic)),
        s(*lv::subscriber<lv::frames<>>::open(topic)) {}
};
/// One frame of n bytes; false if there is no room.
bool publish(lv::publisher<lv::frames<>>& p, std::uint64_t number, std::size_t n, lv::timestamp now = {}) {
  auto room = p.claim(n == 0 ? 1 : n);
  if (room.empty()) return false;
  fill(room.first(n), number);
  p.commit(n, now, kind_of(number));
  return true;
}

}  // namespace

TEST_CASE("frames: come whole, in order, of any length, aligned, and where the publisher wrote them") {
  pair_on on;
  CHECK(on.p.most_bytes() == (slice - 1) * 8);
  for (std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{9}, on.p.most_bytes()})
    REQUIRE(publish(on.p, n, n));
  CHECK(on.p.claim(on.p.most_bytes() + 1).empty());
  CHECK(!on.p.wait_for_room(on.p.most_bytes() + 1, 10_s));
  std::vector<std::size_t> lengths;
  for (auto t = on.s.read(); t; t = on.s.read()) {
    for (const lv::frame& f : t.events) {
      CHECK(is_right(f, f.length));
      CHECK(f.kind == kind_of(f.length));
      CHECK(reinterpret_cast<std::uintptr_t>(f.data) % 8 == 0);
      lengths.push_back(f.bytes().size());
    }
    on.s.release(t.events.size());
  }
  CHECK(lengths == std::vector<std::size_t>{0, 1, 7, 8, 9, on.p.most_bytes()});
}

TEST_CASE("frames: a claim may be larger than what is committed, and several frames can be accepted at once") {
  pair_on on;
  auto room = on.p.claim(100);
  CHECK(room.size() == 100);
  fill(room.first(10), 1);
  on.p.add(10);
  room = on.p.claim(8);
  fill(room, 2);
  on.p.add(8);
  CHECK(!on.s.read());
  room = on.p.claim(16);                         // forgotten
  CHECK(on.p.claim(on.p.most_bytes()).empty());  // an eighth of the ring, with what was added
  on.p.accept({});
  on.p.accept({});
  auto t = on.s.read();
  REQUIRE(t.events.size() == 2);
  CHECK(is_right(t.events[0], 1));
  CHECK(t.events[0].length == 10);
  CHECK(is_right(t.events[1], 2));
  on.s.release(1);
  t = on.s.read();
  REQUIRE(t.events.size() == 1);
  CHECK(is_right(t.events[0], 2));
  on.s.release(1);
  CHECK(on.s.position() == on.p.sequence());
}

TEST_CASE("frames: random interleavings agree with a naive queue, over many laps, wherever counting begins") {
  constexpr auto near_2_32 = (std::uint64_t{1} << 32) - 700, near_2_63 = (std::uint64_t{1} << 63) - 700;
  for (std::uint64_t first : {std::uint64_t{0}, near_2_32, near_2_63, lv::detail::most_first_sequence}) {
    pair_on on({.capacity = ring, .first_sequence = first});
    struct item {
      bool is_signal;
      std::uint64_t number;
      std::size_t length;
    };
    std::deque<item> naive;
    std::mt19937_64 random{first};
    std::uint64_t sent = 0, full = 0, read = 0, signals = 0;
    std::vector<item> added;
    auto accept = [&] {
      on.p.accept({static_cast<std::int64_t>(random() % 1'000'000'000)});
      naive.insert(naive.end(), added.begin(), added.end());
      added.clear();
    };
    for (int round = 0; round < 20'000; ++round) {
      if (auto what = random() % 16; what < 8) {
        const auto n = random() % (random() % 8 == 0 ? on.p.most_bytes() : 60) + 1;
        if (auto room = on.p.claim(n); room.empty()) {
          ++full;
          accept();
        } else {
          const auto used = random() % 4 == 0 ? random() % n : n;
          fill(room.first(used), sent);
          on.p.add(used, kind_of(sent));
          added.push_back({false, sent++, used});
        }
      } else if (what < 10) {
        accept();
      } else if (what < 11) {
        const auto value = random();
        if (on.p.signal(lv::lane_kind::barrier, value, {})) naive.push_back({true, value, 0});
      } else {
        auto t = on.s.read();
        CHECK(static_cast<bool>(t) == !naive.empty());
        if (t.signal != nullptr) {
          REQUIRE(naive.front().is_signal);
          CHECK(t.signal->value == naive.front().number);
          naive.pop_front();
          ++signals;
        }
        const auto n = random() % (t.events.size() + 1);
        for (std::size_t i = 0; i < n; ++i) {
          REQUIRE(!naive.front().is_signal);
          REQUIRE(t.events[i].length == naive.front().length);
          REQUIRE(t.events[i].kind == kind_of(naive.front().number));
          REQUIRE(is_right(t.events[i], naive.front().number));
          naive.pop_front();
        }
        on.s.release(n);
        read += n;
      }
    }
    CHECK(on.p.sequence() - first > 50 * ring);
    CHECK(read > 3'000);
    CHECK(signals > 500);
    CHECK(full > 100);
    CHECK(on.s.status());
  }
}

TEST_CASE("frames: whoever comes late begins at a frame, and one that was away goes on at its own") {
  scratch_bus scratch;
  lv::topic<lv::frames<>> topic{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<lv::frames<>>::open(topic);
  REQUIRE(p);
  std::mt19937_64 random{5};
  std::uint64_t sent = 0, joined = 0, resumed = 0;
  for (int round = 0; round < 2'000; ++round) {
    for (auto n = random() % 40; n > 0; --n, ++sent)
      for (const auto length = random() % 40; !publish(*p, sent, length);) REQUIRE(p->wait_for_room(length, 60_s));
    for (const char* name : {"", "away"}) {
      if (random() % 3 != 0) continue;
      auto s = lv::subscriber<lv::frames<>>::open(topic, {.name = name});
      REQUIRE(s);
      auto& counted = *name == 0 ? joined : resumed;
      std::uint64_t next = UINT64_MAX;
      for (auto t = s->read(); t; t = s->read()) {
        for (const auto& f : t.events) {
          if (next == UINT64_MAX)
            for (next = sent; next-- > 0 && kind_of(next) != f.kind;) {
            }
          REQUIRE(f.kind == kind_of(next));
          REQUIRE(is_right(f, next));
          ++next;
          ++counted;
        }
        s->release(t.events.size());
      }
      REQUIRE(s->status());
      CHECK((next == UINT64_MAX || next == sent));
      CHECK(s->position() == p->sequence());
    }
  }
  CHECK(joined > 1'000);
  CHECK(resumed > 1'000);
}

TEST_CASE("frames: a header that no publisher writes ends the subscription in words, and nothing is read beyond") {
  for (std::uint64_t length : {std::uint64_t{17}, std::uint64_t{505}, std::uint64_t{4096}, std::uint64_t{UINT32_MAX}}) {
    scratch_bus scratch;
    lv::topic<lv::frames<>> topic{scratch.bus(), "t", {.capacity = ring}};
    auto segment = lv::detail::segment::open_both(topic);
    auto p = lv::publisher<lv::frames<>>::open(topic);
    auto s = lv::subscriber<lv::frames<>>::open(topic);
    REQUIRE(s);
    REQUIRE(publish(*p, 0, 16));
    REQUIRE(publish(*p, 1, 16));
    std::memcpy(segment->view().data + 24, &length, 4);
    auto t = s->read();
    REQUIRE(t.events.size() == 1);
    s->release(1);
    CHECK(s->status());
    CHECK(!s->read());
    REQUIRE(!s->status());
    CHECK(s->damaged() == 1);
    CHECK(s->status().error().kind == lv::failure::data);
    CHECK(s->status().error().sentence.view() == "topic 't' is damaged: its frame at 3 says that it has " +
                                                     std::to_string(length) +
                                                     " bytes, and at most 16 are there: stop its users and remove it");
    CHECK(!s->read());
    CHECK(!s->wait(10_s));
    CHECK(!s->park());
    CHECK(p->subscribers() == 0);
  }
}

TEST_CASE("frames: whatever the words are, every frame lies in what was accepted") {
  pair_on on;
  auto segment = lv::detail::segment::open_both(on.topic);
  REQUIRE(segment);
  std::mt19937_64 random{7};
  const auto* data = segment->view().data;
  std::uint64_t ended = 0;
  for (int round = 0; round < 3'000; ++round) {
    auto s = lv::subscriber<lv::frames<>>::over(*segment, {.from = lv::start_at::latest});
    REQUIRE(s);
    const auto from = on.p.sequence();
    for (int i = 0; i < 5; ++i) REQUIRE(publish(on.p, 1, random() % 60));
    for (int i = 0; i < 3; ++i) {
      const auto at = from + random() % (on.p.sequence() - from);
      const auto garbage = random() >> (random() % 64);
      std::memcpy(segment->view().data + (at & (ring - 1)) * 8, &garbage, 8);
    }
    for (auto t = s->read(); t; t = s->read()) {
      for (const auto& f : t.events) {
        auto low = (s->position() & (ring - 1)) * 8,
             offset = static_cast<std::uint64_t>(f.data - reinterpret_cast<const std::byte*>(data));
        REQUIRE(offset >= low);
        REQUIRE(offset + f.length <= low + (on.p.sequence() - s->position()) * 8);
      }
      s->release(t.events.size());
    }
    ended += s->damaged();
    for (auto t = on.s.read(); t; t = on.s.read()) on.s.release(t.events.size());
    if (!on.s.status()) on.s = *lv::subscriber<lv::frames<>>::open(on.topic, {.from = lv::start_at::latest});
  }
  CHECK(ended > 500);
}

TEST_CASE("frames: of other content, and of another kind, are refused in words") {
  scratch_bus scratch;
  REQUIRE(lv::publisher<lv::frames<"images">>::open({scratch.bus(), "t"}));
  auto s = lv::subscriber<lv::frames<"sounds">>::open({scratch.bus(), "t"});
  REQUIRE(!s);
  CHECK(s.error().kind == lv::failure::data);
  CHECK(s.error().sentence.view().find("'images'") != std::string::npos);
  CHECK(s.error().sentence.view().find("'sounds'") != std::string::npos);
  CHECK(!lv::record_subscriber::open(scratch.bus(), "t"));
  auto other = lv::subscriber<lv::detail::frame_header>::open({scratch.bus(), "t"});
  REQUIRE(!other);
  CHECK(other.error().sentence.view() ==
        "topic 't' is a ring of frames; this subscriber is for a stream ring: name it as topic<frames<>>, or use another topic");
}

TEST_CASE("frames: a dead subscriber does not keep a large frame out, though a small one fits") {
  scratch_bus scratch;
  lv::topic<lv::frames<>> topic{scratch.bus(), "t", {.capacity = ring}};
  auto p = lv::publisher<lv::frames<>>::open(topic);
  auto s = lv::subscriber<lv::frames<>>::open(topic, {.name = "slow"});
  REQUIRE(p);
  REQUIRE(s);
  std::uint64_t n = 0;
  while (publish(*p, n, 72)) ++n;  // 10 words each
  CHECK(n == 51);
  CHECK(!p->wait_for_room(72, 1_ms));
  CHECK(p->blocked_by().view() == "slow");
  CHECK(p->claim(8).size() == 8);
  *s = *lv::subscriber<lv::frames<>>::open(topic, {.name = "another"});  // slow is gone, and keeps its place
  for (auto t = s->read(); t; t = s->read()) s->release(t.events.size());
  CHECK(p->wait_for_room(72, 10_s));
  CHECK(publish(*p, n, 72));
}

TEST_CASE("frames: a flow reads them, and ends in words where they are damaged") {
  scratch_bus scratch;
  const lv::topic<lv::frames<>> topic{scratch.bus(), "t", {.capacity = ring}};
  auto segment = lv::detail::segment::open_both(topic);
  auto p = lv::publisher<lv::frames<>>::open(topic);
  std::vector<std::size_t> lengths;
  auto reader = lv::flow(lv::from(topic) | lv::to([&](const lv::frame& f) { lengths.push_back(f.length); }));
  REQUIRE(reader.open());
  for (std::size_t n = 0; n < 5; ++n) REQUIRE(publish(*p, n, n * 10));
  CHECK(reader.poll() == lv::polled::events);
  CHECK(lengths == std::vector<std::size_t>{0, 10, 20, 30, 40});
  const auto at = p->sequence();
  REQUIRE(publish(*p, 5, 50));
  const std::uint32_t wrong = 51 + 8;
  std::memcpy(segment->view().data + at * 8, &wrong, 4);
  CHECK(reader.poll() == lv::polled::end);
}

TEST_CASE("frames: two threads, by release and acquire alone") {
  scratch_bus scratch;
  lv::topic<lv::frames<>> topic{scratch.bus(), "t", {.capacity = ring}};
  auto segment = *lv::detail::segment::open_both(topic);
  auto p = *lv::publisher<lv::frames<>>::over(segment);
  auto s = *lv::subscriber<lv::frames<>>::over(segment);
  const std::uint64_t total = 40'000;
  std::thread writer([&] {
    std::mt19937_64 random{1};
    for (std::uint64_t i = 0; i < total; ++i) {
      const auto n = random() % 100;
      while (!publish(p, i, n, {static_cast<std::int64_t>(i) * 100'000}))
        if (!p.wait_for_room(n, 60_s)) return;
    }
  });
  std::uint64_t frames = 0, bad = 0;
  while (frames < total) {
    auto t = s.read();
    for (const auto& f : t.events) bad += is_right(f, frames) && f.kind == kind_of(frames) ? 0u : 1u, ++frames;
    s.release(t.events.size());
    if (!t && !s.wait(60_s)) break;
  }
  writer.join();
  CHECK(frames == total);
  CHECK(bad == 0);
  CHECK(s.status());
  CHECK(s.rescued() + p.rescued() == 0);
}

namespace {
lv::topic<lv::frames<>> topic_in(const std::string& folder) { return {lv::bus::in(folder, "bus"), "t", {.capacity = ring}}; }
constexpr int steps = 5;
}  // namespace

// Publishes on and on, and kills itself at a chosen step after a while; at step 0 it waits to be killed.
TEST_CASE("peer: frames publisher" * doctest::skip()) {
  auto die = [] { ::raise(SIGKILL); };
  auto p = lv::publisher<lv::frames<>>::open(topic_in(peer_folder()));
  REQUIRE(p);
  const char* chosen = std::getenv("LEVADA_TEST_STEP");
  const int step = chosen != nullptr ? std::atoi(chosen) : 0;
  std::mt19937_64 random{p->sequence() + 1};
  for (auto left = 5 + random() % 50;; --left) {
    const auto n = 1 + random() % 100;
    auto room = p->claim(n);
    if (room.empty()) {
      [[maybe_unused]] bool freed = p->wait_for_room(n, 1_s);
      ++left;
      continue;
    }
    const bool now = step != 0 && left == 0;
    if (now && step == 1) die();
    fill(room, p->sequence());  // its number is its sequence
    if (now && step == 2) die();
    p->add(n, kind_of(p->sequence()));
    if (now && step == 3) die();
    p->accept({static_cast<std::int64_t>(p->sequence()) * 100'000});
    if (now && step == 4) die();
    if (p->sequence() % 3 == 0) [[maybe_unused]]
      bool sent = p->signal(lv::lane_kind::watermark, p->sequence(), {});
  }
}

TEST_CASE("frames: publishers that die at any step lose, double and tear nothing that was accepted") {
  scratch_bus scratch;
  auto s = lv::subscriber<lv::frames<>>::open(topic_in(scratch.folder().string()));
  REQUIRE(s);
  std::mt19937_64 random{9};
  std::uint64_t frames = 0, bad = 0, expected = 0;
  auto take = [&](const lv::turn<lv::frame>& t) {
    if (t.signal != nullptr) bad += t.signal->value == expected && t.signal->sequence == expected ? 0u : 1u;
    for (const auto& f : t.events) {
      bad += is_right(f, expected) && f.kind == kind_of(expected) ? 0u : 1u;
      expected += words_of_frame(f.length);
      ++frames;
    }
    s->release(t.events.size());
  };
  for (int round = 0; round < 3 * steps; ++round) {
    ::setenv("LEVADA_TEST_STEP", std::to_string(round % steps).c_str(), 1);
    auto peer = start_peer("frames publisher", scratch);
    REQUIRE(peer.pid() > 0);
    for (const auto until = frames + 200 + random() % 2000;;) {
      auto t = s->read();
      take(t);
      if (round % steps == 0 && frames >= until) break;  // killed from outside, anywhere
      if (!t && peer.try_wait().ended && !s->wait({})) break;
      if (!t) [[maybe_unused]]
        bool more = s->wait(10_ms);
    }
    peer.kill(SIGKILL);
    CHECK(peer.wait().signal == SIGKILL);
  }
  while (s->wait({})) take(s->read());
  CHECK(frames > 600);
  CHECK(bad == 0);
  CHECK(s->status());
}
