// SPDX-License-Identifier: BSL-1.0
#include <levada/state/timers.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <utility>

namespace lv = levada;

TEST_CASE("alarms ring in the order of their times, those of one time in the order of their slots") {
  lv::timers timers;
  timers.resize(4);
  timers.set(3, {20});
  timers.set(1, {20});
  timers.set(2, {10});
  CHECK(timers.due() == lv::timestamp{10});
  CHECK(timers.pop({9}) == lv::timers::none);
  CHECK(timers.pop({20}) == 2);
  CHECK(timers.pop({20}) == 1);
  CHECK(timers.at(3) == lv::timestamp{20});
  CHECK(timers.pop({20}) == 3);
  CHECK(timers.pop(lv::never) == lv::timers::none);
  CHECK(timers.due() == lv::never);
}

TEST_CASE("a slot has one alarm: setting it again moves it") {
  lv::timers timers;
  timers.resize(2);
  timers.set(0, {5});
  timers.set(0, {7});
  CHECK(timers.size() == 1);
  CHECK(timers.due() == lv::timestamp{7});
  timers.set(0, {6});
  CHECK(timers.due() == lv::timestamp{6});
  timers.clear(0);
  timers.clear(0);
  CHECK_FALSE(timers.is_set(0));
  CHECK(timers.at(0) == lv::never);
}

TEST_CASE("they do as a sorted set does") {
  std::mt19937 random(3);
  for (const std::uint32_t slots : {1u, 2u, 5u, 6u, 300u}) {
    lv::timers timers;
    timers.resize(slots);
    std::map<std::uint32_t, std::int64_t> at;
    std::set<std::pair<std::int64_t, std::uint32_t>> order;
    std::int64_t now = 0;
    for (int i = 0; i < 5000; ++i) {
      const std::uint32_t slot = static_cast<std::uint32_t>(random()) % slots;
      const auto forget = [&](std::uint32_t s) {
        if (at.count(s) != 0) order.erase({at[s], s});
        at.erase(s);
      };
      switch (random() % 4) {
        case 0:
        case 1: {
          const std::int64_t time = now + static_cast<std::int64_t>(random() % 50);
          forget(slot);
          at[slot] = time;
          order.insert({time, slot});
          timers.set(slot, {time});
          break;
        }
        case 2:
          forget(slot);
          timers.clear(slot);
          break;
        default: {
          now += static_cast<std::int64_t>(random() % 5);
          for (std::uint32_t rang = timers.pop({now}); rang != lv::timers::none; rang = timers.pop({now})) {
            REQUIRE_FALSE(order.empty());
            REQUIRE(rang == order.begin()->second);
            REQUIRE(order.begin()->first <= now);
            forget(rang);
          }
          REQUIRE((order.empty() || order.begin()->first > now));
        }
      }
      REQUIRE(timers.size() == order.size());
      REQUIRE(timers.due().ns == (order.empty() ? lv::never.ns : order.begin()->first));
      REQUIRE(timers.is_set(slot) == (at.count(slot) != 0));
    }
  }
}
