// SPDX-License-Identifier: BSL-1.0
// Where a subscriber begins that has no position yet.
#include <levada/bus/detail/join.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <algorithm>
#include <random>
#include <vector>

namespace {

constexpr std::uint64_t ring = 512;
constexpr std::uint64_t firsts[] = {0, (std::uint64_t{1} << 32) - 700,
                                    (std::uint64_t{1} << 63) - 700};  // wherever counting begins
lv::subscriber<sample> from(const lv::topic<sample>& t, const lv::start_at& where) {
  return *lv::subscriber<sample>::open(t, {.from = where});
}

}  // namespace

TEST_CASE("start: after a sequence is at the next one; what is gone is lost, what is not there yet is waited for") {
  for (const auto first : firsts) {
    scratch_bus scratch;
    const lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring, .first_sequence = first}};
    auto p = lv::publisher<sample>::open(t);
    REQUIRE(p);
    publish(*p, 100);
    auto a = from(t, lv::start_at::after(first + 41));
    CHECK(a.position() == first + 42);
    CHECK(a.lost() == 0);
    CHECK(drain(a).first == first + 42);
    CHECK(from(t, lv::start_at::after(first + 99)).position() == first + 100);
    for (const auto ahead : {first + 500, UINT64_MAX}) {
      const auto s = from(t, lv::start_at::after(ahead));
      CHECK(s.position() == first + 100);
      CHECK(s.lost() == 0);
    }
    a = from(t, lv::start_at::latest);  // holds nothing back
    for (int i = 0; i < 20; ++i) publish(*p, ring / 4), drain(a);
    auto late = from(t, lv::start_at::after(first + 41));
    CHECK(late.position() > first + 42);
    CHECK(late.lost() == late.position() - first - 42);
    const auto rest = drain(late);
    CHECK(rest.events + late.lost() + first + 42 == p->sequence());
  }
}

TEST_CASE("start: at a time is at the first event that may have it, whatever the times are") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    scratch_bus scratch;
    const auto begin = firsts[round % 3];
    const lv::duration grain{static_cast<std::int64_t>(random() % 20)};
    const lv::topic<sample> t{scratch.bus(), "t", {.capacity = ring, .grain = grain, .first_sequence = begin}};
    auto p = lv::publisher<sample>::open(t);
    auto other = lv::subscriber<sample>::open(t);
    REQUIRE(p);
    REQUIRE(other);
    std::vector<std::int64_t> times;  // of each event, as the lane tells it
    std::int64_t now = 100;
    for (int i = 0; i < 60; ++i) {
      now += static_cast<std::int64_t>(random() % 30);
      publish(*p, random() % 25, {now});
      if (random() % 4 == 0) [[maybe_unused]]
        const bool sent = p->signal(lv::lane_kind::watermark, 0, {now});
      while (const auto turn = other->read()) {
        for (std::size_t k = 0; k < turn.events.size(); ++k) times.push_back(other->time().ns);
        other->release(turn.events.size());
      }
    }
    for (int i = 0; i < 10; ++i) {
      const auto wish = static_cast<std::int64_t>(50 + random() % 1200);
      auto s = from(t, lv::start_at::at({wish}));
      // No event of that time or a later one may be left out that is still there ...
      const auto oldest = from(t, lv::start_at::earliest).position() - begin;
      const auto at = s.position() - begin;
      const auto first = static_cast<std::uint64_t>(std::ranges::lower_bound(times, wish) - times.begin());
      CHECK(at <= std::max(first, oldest));
      // ... and of the earlier ones only those that share a record with it, or whose time is not known any more.
      if (at > oldest && at < times.size()) {
        const auto begins = times[at];
        CHECK(static_cast<std::uint64_t>(std::ranges::lower_bound(times, begins) - times.begin()) <= at);
        if (first < times.size()) CHECK(begins <= times[first]);
        const auto earlier = std::ranges::count_if(times.begin() + static_cast<std::ptrdiff_t>(at), times.end(),
                                                   [&](std::int64_t v) { return v < wish && v != begins; });
        CHECK(earlier == 0);
      }
      if (first < times.size() && times[first] == wish) CHECK(at == std::max(first, oldest));
      CHECK(s.lost() == 0);
      CHECK(drain(s).torn == 0);
    }
  }
}

TEST_CASE("start: at a sequence is behind the one before it") {
  scratch_bus scratch;
  const lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  publish(*p, 100);
  for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{99}, std::uint64_t{100}}) {
    auto s = lv::subscriber<sample>::open(t, {.from = lv::start_at::sequence(from)});
    REQUIRE(s);
    CHECK(s->position() == from);
    CHECK(s->lost() == 0);
  }
}
