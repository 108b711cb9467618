// SPDX-License-Identifier: BSL-1.0
// Two threads over one segment: the race detector sees only races on one mapping.
#include <levada/bus/subscriber.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <atomic>
#include <random>
#include <thread>

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t effort = 1;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr std::uint64_t effort = 1;
#else
constexpr std::uint64_t effort = 5;
#endif
#else
constexpr std::uint64_t effort = 5;
#endif

struct shared {
  scratch_bus scratch;
  lv::topic<sample> topic;
  lv::detail::segment segment;
  explicit shared(std::uint64_t capacity)
      : topic(scratch.bus(), "t", {.capacity = capacity}), segment(*lv::detail::segment::open_both(topic)) {}
  lv::publisher<sample> publisher() { return *lv::publisher<sample>::over(segment); }
  lv::subscriber<sample> subscriber(const lv::subscriber_options& options = {}) {
    return *lv::subscriber<sample>::over(segment, options);
  }
};
/// A random short while, so that the two sides meet in every phase.
void dawdle(std::mt19937_64& random) {
  static std::atomic<int> nothing;
  for (auto n = random() % 3000; n > 0; --n) nothing.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

TEST_CASE("threads: events are published by release and acquire alone") {
  shared on(512);
  auto p = on.publisher();
  auto s = on.subscriber();
  const std::uint64_t total = 60'000 * effort;
  std::thread writer([&] {
    while (p.sequence() < total) {
      publish(p, 1 + p.sequence() % 50, {static_cast<std::int64_t>(p.sequence()) * 10'000});
      if (p.claim(1).empty() && !p.wait_for_room(60_s)) break;
    }
  });
  account all;
  while (all.events < total) {
    auto a = drain(s);
    all.events += a.events;
    all.torn += a.torn + a.out_of_order + a.wrong_epoch;
    if (a.events == 0 && !s.wait(60_s)) break;
  }
  writer.join();
  CHECK(all.events >= total);
  CHECK(all.torn == 0);
  CHECK(s.rescued() == 0);
  CHECK(p.rescued() == 0);
}

TEST_CASE("threads: no ring is lost, whatever the phase of the sleep, for events and for signals") {
  shared on(512);
  auto p = on.publisher();
  auto s = on.subscriber();
  const std::uint64_t rounds = 2'000 * effort;
  std::atomic<std::uint64_t> done{0};
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

TEST_CASE("threads: a producer that waits for room is rung by the reader") {
  shared on(8);  // rounded up to 512
  auto p = on.publisher();
  auto s = on.subscriber();
  const std::uint64_t rounds = 400 * effort;
  std::thread reader([&] {
    std::mt19937_64 random{3};
    for (std::uint64_t n = 0; n < rounds * 512;) {
      auto t = s.read();
      if (!t && !s.wait(60_s)) break;
      n += t.events.size();
      s.release(t.events.size());
      if (n % 512 < 64) dawdle(random);
    }
  });
  std::mt19937_64 random{4};
  while (p.sequence() < rounds * 512) {
    publish(p, rounds * 512 - p.sequence());
    dawdle(random);
    if (p.sequence() < rounds * 512) REQUIRE(p.wait_for_room(60_s));
  }
  reader.join();
  CHECK(p.rescued() == 0);
  CHECK(s.rescued() == 0);
}

TEST_CASE("threads: whoever joins while the producer runs reads nothing that is overwritten") {
  shared on(512);
  auto p = on.publisher();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    std::int64_t now = 0;
    while (!stop.load(std::memory_order_relaxed))
      if (publish(p, 40, {++now * 1'000'000}) == 0) [[maybe_unused]]
        bool room = p.wait_for_room(1_ms);
  });
  std::uint64_t bad = 0;
  for (std::uint64_t round = 0; round < 300 * effort; ++round) {
    auto s = on.subscriber(
        {.name = round % 3 == 0 ? "named" : "", .from = round % 3 == 1 ? lv::start_at::latest : lv::start_at::earliest});
    auto began = s.position();
    std::uint64_t read = 0;
    while (read < 100) {
      auto t = s.read();
      if (!t && !s.wait(60_s)) break;
      for (const auto& e : t.events) bad += is_whole(e) && e.index == began + read++ && e.epoch == s.epoch() ? 0u : 1u;
      s.release(t.events.size());
    }
  }
  stop = true;
  writer.join();
  CHECK(bad == 0);
}
