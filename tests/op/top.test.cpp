// SPDX-License-Identifier: BSL-1.0
#include <levada/op/top.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {

/// The first k of a stable sort: the greatest first, and of equal ones those that came first.
std::vector<reading> sorted(std::vector<reading> events, std::size_t k) {
  std::sort(events.begin(), events.end(),  // no two have one time
            [](const reading& a, const reading& b) { return a.level != b.level ? a.level > b.level : a.time < b.time; });
  events.resize(std::min(k, events.size()));
  return events;
}
template <class List>
std::vector<reading> listed(const List& list) {
  return {list.begin(), list.end()};
}
/// Readings with many equal levels.
std::vector<reading> coarse(std::size_t n, std::uint64_t seed) {
  auto events = support::readings(n, 7, seed);
  for (reading& e : events) e.level /= 200;
  return events;
}
using best = lv::top_events<std::int32_t, reading, 5>;
best best_of(const std::vector<reading>& events) {
  best b;
  for (const reading& e : events) b.add({e.level, e});
  return b;
}

}  // namespace

TEST_CASE("the K greatest events, exactly, and of equal ones the first") {
  for (std::size_t n : {0u, 1u, 4u, 5u, 6u, 1000u}) {
    const auto events = coarse(n, n + 1);
    CHECK(listed(best_of(events).events()) == sorted(events, 5));
  }
}

TEST_CASE("those of parts, merged in their order, are those of the whole") {
  support::random r{9};
  for (int round = 0; round < 200; ++round) {
    std::vector<reading> all;
    best merged;
    const auto events = coarse(60, r.next());
    for (std::size_t at = 0; at < events.size();) {
      const std::size_t n = std::min<std::size_t>(r.below(12), events.size() - at);
      const std::vector<reading> part(events.begin() + static_cast<std::ptrdiff_t>(at),
                                      events.begin() + static_cast<std::ptrdiff_t>(at + n));
      at += n;
      all.insert(all.end(), part.begin(), part.end());
      merged.merge(best_of(part));
    }
    CHECK(listed(merged.events()) == sorted(all, 5));
  }
}

TEST_CASE("NaN ranks nothing, infinities do") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
  lv::top_events<double, double, 3> g;
  for (const double v : {nan, 1.0, nan, infinite, -infinite, nan, 0.5, nan}) g.add({v, v});
  const auto events = g.events();
  CHECK(std::vector<double>(events.begin(), events.end()) == std::vector<double>{infinite, 1, 0.5});
}

TEST_CASE("they are bytes: a copy of them goes on as they do") {
  const auto events = coarse(200, 6);
  best live = best_of({events.begin(), events.begin() + 100}), restored;
  std::memcpy(static_cast<void*>(&restored), &live, sizeof live);
  for (std::size_t i = 100; i < 200; ++i) live.add({events[i].level, events[i]}), restored.add({events[i].level, events[i]});
  CHECK(listed(live.events()) == listed(restored.events()));
}

TEST_CASE("in windows: the greatest of the last events of a key, however spans are cut") {
  const auto events = coarse(4000, 1);
  std::map<std::uint32_t, std::vector<reading>> past;
  std::vector<std::vector<reading>> expected;
  for (const reading& e : events) {
    auto& own = past[e.sensor];
    own.push_back(e);
    if (own.size() % 20 == 0 && own.size() >= 100) expected.push_back(sorted({own.end() - 100, own.end()}, 3));
  }
  for (std::size_t length : support::span_lengths)
    CHECK(support::outcome<std::vector<reading>>(events, length, [](auto& rows) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                            lv::window<lv::sliding{100, 20}>(lv::aggregate<lv::top<3>>(lv::by(&reading::level))) |
                            lv::to([&](const auto& row) { rows.push_back(listed(row.template get<lv::top<3>>())); }));
          }) == expected);
}

TEST_CASE("alone: fold gathers the greatest of a whole stream, by whatever a function says") {
  const auto events = support::readings(500);
  auto closest = [](const reading& e) { return e.level < 0 ? e.level : -e.level; };
  std::vector<reading> expected = events;
  for (reading& e : expected) e.level = closest(e);
  expected = sorted(expected, 5);
  auto flow = lv::flow(lv::from(lv::input<reading>()) |
                       lv::fold(best{}, [rank = lv::by(closest)](best& b, const reading& e) { b.add(rank(e)); }) |
                       lv::to([&](const best& b) {
                         auto found = listed(b.events());
                         for (reading& e : found) e.level = closest(e);
                         CHECK(found == expected);
                       }));
  REQUIRE(flow.open());
  flow.push(events);
  flow.finish();
}
