// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/reclaim.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <random>

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

/// A machine on which a lap takes one time with flushes and another without.
struct machine {
  lv::detail::reclaimer chooses{lv::reclaim_policy::automatic};
  lv::duration now{};
  std::size_t flushed = 0;

  void laps(std::size_t n, lv::duration left_alone, lv::duration with_flushes) {
    for (flushed = 0; n > 0; --n) {
      flushed += chooses.flushes() ? 1u : 0u;
      now = now + (chooses.flushes() ? with_flushes : left_alone);
      chooses.lap(now, mebibyte);
    }
  }
};

}  // namespace

TEST_CASE("reclaim: a policy that is given is kept") {
  const lv::detail::reclaimer none(lv::reclaim_policy::none), flush(lv::reclaim_policy::flush);
  CHECK(!none.tries());
  CHECK(!none.flushes());
  CHECK(!flush.tries());
  CHECK(flush.flushes() == lv::can_flush_lines());
}

TEST_CASE("reclaim: automatic keeps what carries the traffic faster, and changes its mind with the machine") {
  machine m;
  if (!lv::can_flush_lines()) {
    CHECK(!m.chooses.tries());
    return;
  }
  m.laps(960, 400_us, 130_us);
  CHECK(m.flushed > 850);
  m.laps(960, 100_us, 200_us);
  CHECK(m.flushed < 110);  // three laps of each trial, and what it takes to notice
  m.laps(960, 400_us, 130_us);
  CHECK(m.flushed > 850);
}

TEST_CASE("reclaim: automatic does not change for a gain within the noise") {
  if (!lv::can_flush_lines()) return;
  machine m;
  m.laps(960, 200_us, 185_us);
  CHECK(m.flushed == 60);  // the trials
}

TEST_CASE("reclaim: one slow lap of a trial does not decide it") {
  if (!lv::can_flush_lines()) return;
  machine m;
  m.laps(4, 400_us, 130_us);
  REQUIRE(m.chooses.flushes());
  m.laps(1, 400_us, 9_ms);  // it lost its core
  m.laps(10, 400_us, 130_us);
  CHECK(m.chooses.flushes());
}

TEST_CASE("reclaim: automatic leaves light traffic alone") {
  if (!lv::can_flush_lines()) return;
  machine m;
  m.laps(100, 10_ms, 1_ms);
  CHECK(m.flushed == 0);
  m.laps(960, 400_us, 130_us);
  REQUIRE(m.chooses.flushes());
  m.laps(96, 10_ms, 10_ms);
  CHECK(!m.chooses.flushes());
}

TEST_CASE("reclaim: events are the same under each policy, wherever lines begin") {
  for (const auto policy : {lv::reclaim_policy::none, lv::reclaim_policy::flush, lv::reclaim_policy::automatic}) {
    scratch_bus scratch;
    const lv::topic<sample> topic(scratch.bus(), "t", {.capacity = 512});
    auto p = lv::publisher<sample>::open(topic);
    auto s = lv::subscriber<sample>::open(topic, {.reclaim = policy});
    REQUIRE(p);
    REQUIRE(s);
    std::mt19937_64 random(7);
    std::uint64_t read = 0, wrong = 0;
    const auto total = 100 * p->capacity();  // laps enough for two trials
    while (read < total) {
      publish(*p, 1 + random() % 100);
      for (auto left = random() % 100; left > 0;) {
        const auto turn = s->read();
        if (turn.events.empty()) break;
        const auto n = std::min<std::uint64_t>(left, turn.events.size());
        for (const auto& e : turn.events.first(n)) wrong += is_whole(e) && e.index == read++ ? 0u : 1u;
        s->release(n);
        left -= n;
      }
    }
    CHECK(wrong == 0);
  }
}
