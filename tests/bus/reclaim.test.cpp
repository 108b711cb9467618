// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/reclaim.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <random>

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

/// A machine on which a lap takes one time with flushes, another when it lags, and another when lines are left alone.
struct machine {
  lv::duration left_alone, with_flushes, behind;
  lv::detail::reclaimer chooses;
  lv::duration now{};
  std::size_t flushed = 0, lagged = 0;

  machine(std::uint64_t ring, lv::duration none, lv::duration flush, lv::duration lag)
      : left_alone(none), with_flushes(flush), behind(lag), chooses(lv::reclaim_policy::automatic, ring) {}
  void laps(std::size_t n) {
    for (flushed = lagged = 0; n > 0; --n) {
      flushed += chooses.flushes() ? 1u : 0u;
      lagged += chooses.lags() ? 1u : 0u;
      now = now + (chooses.flushes() ? with_flushes : chooses.lags() ? behind : left_alone);
      chooses.lap(now, mebibyte);
    }
  }
};
constexpr auto trial = lv::detail::reclaimer::trial, period = lv::detail::reclaimer::period;

}  // namespace

TEST_CASE("reclaim: a policy that is given is kept") {
  for (const auto policy : {lv::reclaim_policy::none, lv::reclaim_policy::flush, lv::reclaim_policy::lag}) {
    const lv::detail::reclaimer given(policy, mebibyte);
    CHECK(!given.tries());
    CHECK(given.flushes() == (policy == lv::reclaim_policy::flush && lv::can_flush_lines()));
    CHECK(given.lags() == (policy == lv::reclaim_policy::lag));
  }
}

TEST_CASE("reclaim: automatic keeps what carries the traffic faster, and changes its mind with the machine") {
  if (!lv::can_flush_lines()) return;
  machine m(mebibyte, 400_us, 130_us, 50_us);
  m.laps(4 * period);
  CHECK(m.flushed > 4 * (period - trial));
  CHECK(m.lagged == 0);  // the ring is too small
  m.left_alone = 100_us, m.with_flushes = 200_us;
  m.laps(4 * period);
  CHECK(m.flushed < period + 4 * trial);  // what it takes to notice
  m.left_alone = 400_us, m.with_flushes = 130_us;
  m.laps(period);
  m.laps(period);
  CHECK(m.flushed > period - trial);
}

TEST_CASE("reclaim: in a large ring automatic finds the best of three ways within the first trials") {
  for (const int best : {0, 1, 2}) {
    const auto us = [best](int which) { return which == best ? 50_us : 100_us; };
    machine m(4 * mebibyte, us(0), us(1), us(2));
    m.laps(2 * trial + 2);
    m.laps(100);
    CHECK(m.flushed == (best == 1 && lv::can_flush_lines() ? 100u : 0u));
    CHECK(m.lagged == (best == 2 ? 100u : 0u));
  }
}

TEST_CASE("reclaim: automatic does not change for a gain within the noise") {
  if (!lv::can_flush_lines()) return;
  machine m(mebibyte, 200_us, 185_us, 0_us);
  m.laps(4 * period);
  CHECK(m.flushed == 4 * trial / 2);  // the trials
}

TEST_CASE("reclaim: one slow lap of a trial does not decide it") {
  if (!lv::can_flush_lines()) return;
  machine m(mebibyte, 400_us, 130_us, 0_us);
  m.laps(4);
  REQUIRE(m.chooses.flushes());
  m.with_flushes = 9_ms;  // it lost its core
  m.laps(1);
  m.with_flushes = 130_us;
  m.laps(10);
  CHECK(m.chooses.flushes());
}

TEST_CASE("reclaim: automatic leaves light traffic alone") {
  if (!lv::can_flush_lines()) return;
  machine m(mebibyte, 10_ms, 1_ms, 0_us);
  m.laps(100);
  CHECK(m.flushed == 0);
  CHECK(!m.chooses.is_dense());
  m.left_alone = 400_us, m.with_flushes = 130_us;
  m.laps(2 * period);
  REQUIRE(m.chooses.flushes());
  CHECK(m.chooses.is_dense());
  m.left_alone = m.with_flushes = 10_ms;
  m.laps(period);
  CHECK(!m.chooses.flushes());
}

TEST_CASE("reclaim: what a wait finds the next read finds, also behind a lag that would let it gather") {
  scratch_bus scratch;
  const lv::topic<sample> topic(scratch.bus(), "t", {.capacity = 512});
  auto p = lv::publisher<sample>::open(topic);
  auto s = lv::subscriber<sample>::open(topic, {.reclaim = lv::reclaim_policy::lag});
  REQUIRE(p);
  REQUIRE(s);
  for (int i = 0; i < 100; ++i) {
    publish(*p, 1);
    if (i % 2 == 0) [[maybe_unused]]
      const auto maybe = s->read();
    if (i % 3 == 0) {
      CHECK(!s->park());
      s->unpark();
    } else {
      CHECK(s->wait(1_s));
    }
    const auto turn = s->read();
    REQUIRE(turn.events.size() == 1);
    s->release(1);
  }
}

TEST_CASE("reclaim: one that lags reads at once when half the ring is unread, and otherwise a little later") {
  scratch_bus scratch;
  const lv::topic<sample> topic(scratch.bus(), "t", {.capacity = 512});
  auto p = lv::publisher<sample>::open(topic);
  auto s = lv::subscriber<sample>::open(topic, {.reclaim = lv::reclaim_policy::lag});
  REQUIRE(p);
  REQUIRE(s);
  while (p->sequence() < p->capacity() / 2) publish(*p, 16);
  CHECK(s->read().events.size() == p->capacity() / 8);
  while (!s->read().events.empty()) s->release(s->read().events.size());
  publish(*p, 3);
  std::size_t came = 0;
  while (came == 0) came = s->read().events.size();  // nobody has to wait or to publish more
  CHECK(came == 3);
}

TEST_CASE("reclaim: events are the same under each policy, wherever lines begin") {
  for (const auto policy :
       {lv::reclaim_policy::none, lv::reclaim_policy::flush, lv::reclaim_policy::lag, lv::reclaim_policy::automatic}) {
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
