// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/record_subscriber.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <optional>
#include <random>

TEST_CASE("record_subscriber: the same events, signals and times as a typed subscriber") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024, .grain = 1_ms}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto typed = lv::subscriber<sample>::open(t);
  auto untyped = lv::record_subscriber::open(scratch.bus(), "t");
  REQUIRE(typed);
  REQUIRE(untyped);
  const lv::record any(untyped->descriptor(), nullptr);
  const auto index = any.find("index"), value = any.find("value"), sum = any.find("sum");
  REQUIRE(sum == 3);
  std::mt19937_64 random{5};
  lv::timestamp now{};
  std::uint64_t events = 0, signals = 0;
  for (int i = 0; i < 3000; ++i) {
    now = now + lv::duration{static_cast<std::int64_t>(random() % 2'000'000)};
    if (random() % 8 == 0) CHECK(p->signal(lv::lane_kind::watermark, random(), now));
    publish(*p, random() % 50, now);
    for (;;) {
      const auto a = typed->read();
      const auto b = untyped->read();
      REQUIRE(static_cast<bool>(a) == static_cast<bool>(b));
      if (!a) break;
      REQUIRE((a.signal == nullptr) == (b.signal == nullptr));
      REQUIRE(a.events.size() == b.events.size());
      REQUIRE(typed->time() == untyped->time());
      if (a.signal != nullptr) CHECK((++signals, a.signal->value == b.signal->value));
      for (std::size_t k = 0; k < a.events.size(); ++k, ++events) {
        const lv::record r = b.events[k];
        const bool same = static_cast<std::uint64_t>(r.integer(index)) == a.events[k].index &&
                          static_cast<std::uint64_t>(r.integer(value)) == a.events[k].value && r.integer(sum) == a.events[k].sum;
        if (!same) FAIL_CHECK("event ", events, " differs");
      }
      typed->release(a.events.size());
      untyped->release(b.events.size());
    }
    CHECK(typed->position() == untyped->position());
  }
  CHECK(events > 50'000);  // many laps
  CHECK(signals > 200);
  CHECK(untyped->epoch() == 1);
  CHECK(untyped->unread() == 0);
  CHECK(untyped->producer_alive());
}

TEST_CASE("record_subscriber: it holds the producer back and gives way, as any subscriber does") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  std::optional<lv::record_subscriber> s(std::move(*lv::record_subscriber::open(scratch.bus(), "t", {.name = "reader"})));
  CHECK(publish(*p, 5000) == 1024);
  CHECK(p->subscriber_alive("reader"));
  CHECK(s->wait(0_ms));
  s->release(s->read().events.size());
  CHECK(p->wait_for_room(0_ms));
  s.reset();
  CHECK(!p->subscriber_alive("reader"));
  s.emplace(std::move(*lv::record_subscriber::open(scratch.bus(), "t", {.name = "reader"})));
  CHECK(s->position() == 128);  // where its namesake stopped: an eighth of the ring
}

TEST_CASE("record_subscriber: overwritten, each event comes whole and in its place or is counted as lost") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto s = lv::record_subscriber::open(scratch.bus(), "t", {.overflow = lv::overflow_policy::overwrite});
  REQUIRE(s);
  std::mt19937_64 random{9};
  std::uint64_t got = 0, lost = 0;
  const auto read = [&] {
    const auto turn = s->read();
    lost += turn.lost;
    for (std::size_t i = 0; i < turn.events.size(); ++i) {
      const auto wanted = make_sample(got + lost, 1);
      const bool same = static_cast<std::uint64_t>(turn.events[i].integer(0)) == wanted.index &&
                        static_cast<std::uint64_t>(turn.events[i].integer(1)) == wanted.value &&
                        static_cast<std::uint32_t>(turn.events[i].integer(3)) == wanted.sum;
      if (!same) FAIL_CHECK("event ", got + lost, " differs");
      ++got;
    }
    s->release(turn.events.size());
    return static_cast<bool>(turn);
  };
  for (int round = 0; round < 3000; ++round) {
    const auto n = random() % (round % 7 == 0 ? 1500 : 60);
    CHECK(publish(*p, n) == n);
    for (auto turns = random() % 3; turns > 0; --turns) read();
  }
  while (read()) {
  }
  CHECK(got + lost == p->sequence());
  CHECK(s->lost() == lost);
  CHECK(got > 10'000);
  CHECK(lost > 10'000);
}

TEST_CASE("record_subscriber: the description outlives what becomes of the one in the ring") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto s = lv::record_subscriber::open(scratch.bus(), "t");
  REQUIRE(s);
  publish(*p, 3);
  auto ring = lv::file::open(t.files()->file("ring").c_str(), O_RDWR);
  REQUIRE(ring);
  const std::uint32_t far = 1u << 30;  // the offset of the first field
  REQUIRE(::pwrite(ring->fd(), &far, sizeof far, sizeof(lv::detail::ring_header) + 56) == sizeof far);
  const auto moved = lv::record_subscriber(std::move(*s));
  CHECK(moved.descriptor().fields[0].offset == 0);
  const auto refused = lv::record_subscriber::open(scratch.bus(), "t");
  REQUIRE(!refused);
  CHECK(refused.error().kind == lv::failure::data);
}

TEST_CASE("record_subscriber: a topic that is not there, or of an earlier boot, is a sentence") {
  scratch_bus scratch;
  const auto none = lv::record_subscriber::open(scratch.bus(), "t");
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unavailable);
  lv::topic<sample> t{scratch.bus(), "t"};
  REQUIRE(lv::publisher<sample>::open(t));
  auto ring = lv::file::open(t.files()->file("ring").c_str(), O_RDWR);
  REQUIRE(ring);
  REQUIRE(::pwrite(ring->fd(), "x", 1, offsetof(lv::detail::ring_header, boot)) == 1);
  const auto stale = lv::record_subscriber::open(scratch.bus(), "t");
  REQUIRE(!stale);
  CHECK(stale.error().kind == lv::failure::unavailable);
}
