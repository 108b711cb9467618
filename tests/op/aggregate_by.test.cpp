// SPDX-License-Identifier: BSL-1.0
#include <levada/op/aggregate_by.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

/// A polynomial of the levels in their order: not commutative, so that a confused order is seen.
struct spelled {
  struct word {
    std::uint64_t hash = 0, power = 1;
  };
  static word lift(std::int32_t level) { return {static_cast<std::uint64_t>(level), 31}; }
  static word combine(const word& a, const word& b) { return {a.hash * b.power + b.hash, a.power * b.power}; }
  static std::uint64_t result(const word& w) { return w.hash; }
};
std::uint64_t spell(const std::vector<std::int32_t>& levels) {
  std::uint64_t hash = 0;
  for (std::int32_t v : levels) hash = hash * 31 + static_cast<std::uint64_t>(v);
  return hash;
}

/// How long the longest run of positive levels is.
struct longest_run {
  struct runs {
    std::uint32_t all, begin, end, longest;
  };
  static runs lift(std::int32_t level) { return level > 0 ? runs{1, 1, 1, 1} : runs{1, 0, 0, 0}; }
  static runs combine(const runs& a, const runs& b) {
    return {a.all + b.all, a.begin == a.all ? a.all + b.begin : a.begin, b.end == b.all ? b.all + a.end : b.end,
            std::max({a.longest, b.longest, a.end + b.begin})};
  }
  static std::uint32_t result(const runs& r) { return r.longest; }
};
std::uint32_t longest(const std::vector<std::int32_t>& levels) {
  std::uint32_t now = 0, most = 0;
  for (std::int32_t v : levels) most = std::max(most, now = v > 0 ? now + 1 : 0);
  return most;
}

/// A group: the exclusive or is its own inverse. Without a result of its own.
struct parity {
  static std::uint32_t lift(std::int32_t level) { return static_cast<std::uint32_t>(level); }
  static std::uint32_t combine(std::uint32_t a, std::uint32_t b) { return a ^ b; }
  static std::uint32_t inverse(std::uint32_t a) { return a; }
};
std::uint32_t parity_of(const std::vector<std::int32_t>& levels) {
  std::uint32_t all = 0;
  for (std::int32_t v : levels) all ^= static_cast<std::uint32_t>(v);
  return all;
}

/// A group that is not commutative: affine functions modulo 2^64 with an odd factor.
struct affine {
  struct function {
    std::uint64_t factor = 1, term = 0;
  };
  static function lift(std::int32_t level) { return {2 * static_cast<std::uint64_t>(level) + 1, 7}; }
  static function combine(const function& first, const function& then) {
    return {first.factor * then.factor, first.term * then.factor + then.term};
  }
  static function inverse(const function& f) {
    std::uint64_t reciprocal = f.factor;  // Newton: three bits are right at first, and each turn doubles them
    for (int i = 0; i < 5; ++i) reciprocal *= 2 - f.factor * reciprocal;
    return {reciprocal, 0 - f.term * reciprocal};
  }
  static std::uint64_t result(const function& f) { return f.term; }
};
std::uint64_t applied(const std::vector<std::int32_t>& levels) {
  affine::function all;
  for (std::int32_t v : levels) all = affine::combine(all, affine::lift(v));
  return all.term;
}

struct result {
  std::uint32_t key;
  std::uint64_t spelled;
  std::uint32_t longest;
  std::uint32_t parity;
  std::uint64_t applied;
  bool operator==(const result&) const = default;
};
result by_hand(std::uint32_t key, const std::vector<std::int32_t>& levels) {
  return {key, spell(levels), longest(levels), parity_of(levels), applied(levels)};
}

template <auto Shape, lv::stalls Stalls = lv::stalls::automatic>
auto windows_into(std::vector<result>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                  lv::window<Shape, Stalls>(lv::aggregate_by<spelled, longest_run>(&reading::level),
                                            lv::aggregate<lv::count>(&reading::value),
                                            lv::aggregate_by<parity, affine>([](const reading& r) { return r.level; })) |
                  lv::to([&output](const auto& row) {
                    output.push_back({row.key, row.template get<spelled>(), row.template get<longest_run>(),
                                      row.template get<parity>(), row.template get<affine>()});
                  }));
}

template <lv::sliding<std::size_t> Shape, lv::stalls Stalls = lv::stalls::automatic>
void count_windows_match() {
  CAPTURE(Shape.size);
  CAPTURE(Shape.slide);
  const auto events = support::readings(3'000);
  std::vector<result> expected;
  std::map<std::uint32_t, std::vector<std::int32_t>> seen;
  for (const reading& e : events) {
    auto& own = seen[e.sensor];
    own.push_back(e.level);
    if (own.size() >= Shape.size && own.size() % Shape.slide == 0)
      expected.push_back(by_hand(e.sensor, {own.end() - static_cast<std::ptrdiff_t>(Shape.size), own.end()}));
  }
  CHECK(!expected.empty());
  for (std::size_t length : {1u, 65u, 100'000u})
    CHECK(support::outcome<result>(events, length, [](auto& output) { return windows_into<Shape, Stalls>(output); }) == expected);
}
constexpr lv::sliding<std::size_t> events_of(std::size_t size, std::size_t slide) { return {size, slide}; }

template <class Aggregation>
auto row_of(Aggregation aggregation) {
  auto chain = lv::from(lv::input<reading>()) | lv::window<lv::sliding{16, 1}>(aggregation);
  return typename decltype(chain)::output{};
}

}  // namespace

TEST_CASE("count windows of monoids equal the naive ones: of few panes, of many, with and without stalls") {
  count_windows_match<events_of(1, 1)>();
  count_windows_match<events_of(12, 4)>();
  count_windows_match<events_of(64, 1)>();
  count_windows_match<events_of(64, 1), lv::stalls::bounded>();
  count_windows_match<events_of(120, 10)>();
  count_windows_match<events_of(120, 10), lv::stalls::bounded>();
}

TEST_CASE("where every monoid has an inverse the oldest value is taken back, in order") {
  std::vector<std::uint64_t> output, expected;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::window<events_of(50, 1)>(lv::aggregate_by<affine, parity>(&reading::level)) |
               lv::to([&output](const auto& row) { output.push_back(row.template get<affine>() ^ row.template get<parity>()); }));
  REQUIRE(flow.open());
  const auto events = support::readings(2'000);
  flow.push(events);
  std::vector<std::int32_t> levels;
  for (const reading& e : events) {
    levels.push_back(e.level);
    if (levels.size() > 50) levels.erase(levels.begin());
    if (levels.size() == 50) expected.push_back(applied(levels) ^ parity_of(levels));
  }
  CHECK(output == expected);
}

TEST_CASE("windows of time take them as well") {
  std::vector<result> output, expected;
  auto flow = windows_into<lv::sliding{3_ms, 1_ms}>(output);
  flow.advance({0});
  REQUIRE(flow.open());
  const auto events = support::readings(2'000, 3);
  std::vector<std::pair<std::int64_t, reading>> seen;
  support::random r{5};
  std::int64_t now = 0;
  for (const reading& e : events) {
    flow.push(e);
    seen.push_back({now, e});
    const std::int64_t before = now;
    now += static_cast<std::int64_t>(r.below(60'000));
    flow.advance({now});
    for (std::int64_t end = (before / 1'000'000 + 1) * 1'000'000; end <= now; end += 1'000'000) {
      for (std::uint32_t key = 0; key < 3; ++key) {
        std::vector<std::int32_t> levels;
        for (const auto& [when, event] : seen)
          if (event.sensor == key && when >= end - 3'000'000 && when < end) levels.push_back(event.level);
        if (!levels.empty()) expected.push_back(by_hand(key, levels));
      }
    }
  }
  const auto by_window = [](std::vector<result> rows) {  // three keys a window, in any order
    for (std::size_t i = 0; i + 3 <= rows.size(); i += 3)
      std::sort(rows.begin() + static_cast<std::ptrdiff_t>(i), rows.begin() + static_cast<std::ptrdiff_t>(i) + 3,
                [](const result& a, const result& b) { return a.key < b.key; });
    return rows;
  };
  CHECK(expected.size() > 100);
  CHECK(by_window(output) == by_window(expected));
}

TEST_CASE("a result has the type that the monoid gives it, and stands beside others of its name") {
  const auto row = row_of(lv::aggregate_by<longest_run, parity, spelled>(&reading::level));
  CHECK(std::same_as<decltype(row.get<longest_run>()), std::uint32_t>);
  CHECK(std::same_as<decltype(row.get<parity>()), std::uint32_t>);
  CHECK(std::same_as<decltype(row.get<spelled>()), std::uint64_t>);
  CHECK(std::is_trivially_copyable_v<decltype(row_of(lv::aggregate_by<affine>(&reading::level)))>);

  auto chain = lv::from(lv::input<reading>()) |
               lv::window<lv::tumbling{2}>(lv::aggregate_by<parity>(&reading::level),
                                           lv::aggregate_by<parity>([](const reading& r) { return r.level + 1; }));
  typename decltype(chain)::output two{};
  auto flow = lv::flow(std::move(chain) | lv::to([&two](const auto& r) { two = r; }));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.level = 1}, {.level = 2}});
  CHECK(two.get<parity>() == 3);
  CHECK((two.get<parity, 1>()) == 1);
}

TEST_CASE("a pane holds what the monoids lift, and no more") {
  using pane = lv::aggregation_by<std::int32_t reading::*, parity, longest_run>::in_pane<reading>;
  CHECK(sizeof(pane) == 4 + 16);
  CHECK(std::is_trivially_copyable_v<pane>);
}
