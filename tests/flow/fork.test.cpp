// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/fork.hpp>

#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/route.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::page;
using support::reading;
using support::text;

namespace {

auto add(std::int64_t n) {
  return lv::map([n](std::int64_t i) { return i + n; });
}
auto running_sum() {
  return lv::scan(std::int64_t{0}, [](std::int64_t& sum, std::int64_t i) { return sum += i; });
}
std::vector<std::int64_t> numbers(std::size_t n) {
  support::random r{7};
  std::vector<std::int64_t> all(n);
  for (auto& one : all) one = static_cast<std::int64_t>(r.below(1000));
  return all;
}
/// Hands on whatever it gets as a span, when it gets one.
struct in_batches {
  [[maybe_unused]] static constexpr std::string_view kind = "in_batches";
  static constexpr std::string_view name = "";
  static constexpr bool one_to_one = true;
  std::size_t* spans;
  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(const std::int64_t& e, auto out) { out(e); }
  void batch(std::span<const std::int64_t> all, auto out) {
    ++*spans;
    out.batch(all);
  }
};

}  // namespace

TEST_CASE("every event goes through all branches, in the order of writing, before the next event") {
  page seen;
  auto into = [&](std::string who) { return lv::to([&seen, who](const auto& v) { seen.push_back(who + std::to_string(v)); }); };
  auto flow =
      lv::flow(lv::from(lv::input<std::int64_t>()) |
               lv::fork(add(10), into("closed "), lv::filter([](std::int64_t i) { return i % 2 == 0; }) | add(20), add(30)) |
               into("open "));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{1, 2});
  CHECK(text(seen) == text(page{"open 11", "closed 1", "open 31", "open 12", "closed 2", "open 22", "open 32"}));
}

TEST_CASE("branches may end in sinks of their own, and a fork of such is an end") {
  std::vector<double> values;
  std::vector<std::uint32_t> sensors;
  int deep = 0;
  auto flow = lv::flow(lv::from(lv::input<reading>()) |
                       lv::fork(lv::map(&reading::value) | lv::to([&](double v) { values.push_back(v); }),
                                lv::map(&reading::sensor) | lv::fork(lv::to([&](std::uint32_t s) { sensors.push_back(s); }),
                                                                     lv::to([&](std::uint32_t) { ++deep; }))));
  REQUIRE(flow.open());
  const auto events = support::readings(100);
  flow.push(events);
  REQUIRE(values.size() == 100);
  REQUIRE(sensors.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(values[i] == events[i].value);
    CHECK(sensors[i] == events[i].sensor);
  }
  CHECK(deep == 100);
}

TEST_CASE("a fork of one branch is that branch, and a fork kept in a variable joins streams of several types") {
  const auto both = lv::fork(lv::map([](auto v) { return v + 1; }), lv::map([](auto v) { return v + 2; }));
  std::vector<int> ints;
  std::vector<double> doubles;
  auto flow = lv::flow(lv::from<"ints">(lv::input<int>()) | both | lv::fork(lv::map([](int i) { return i * 10; })) |
                           lv::to([&](int i) { ints.push_back(i); }),
                       lv::from<"doubles">(lv::input<double>()) | both | lv::to([&](double d) { doubles.push_back(d); }));
  REQUIRE(flow.open());
  flow.push<"ints">(1);
  flow.push<"doubles">(0.5);
  CHECK(ints == std::vector{20, 30});
  CHECK(doubles == std::vector{1.5, 2.5});
}

TEST_CASE("a keyed stream keeps its slots in the branches, and where they meet") {
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto events = support::readings(5000, 13);
    std::map<std::uint32_t, std::int64_t> sums, expected;
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                         lv::fork(lv::map(&reading::level), lv::filter([](const reading& r) { return r.level > 0; }) |
                                                                lv::map([](const reading& r) { return -r.level; })) |
                         lv::fold(std::int64_t{0}, [](std::int64_t& sum, std::int32_t l) { sum += l; }) |
                         lv::to([&](const lv::folded<std::uint32_t, std::int64_t>& f) { sums[f.key] = f.value; }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    flow.finish();
    for (const reading& r : events) expected[r.sensor] += r.level > 0 ? 0 : r.level;
    CHECK(sums == expected);
  }
}

TEST_CASE("a masked stream is masked in every branch: what is dead counts for nothing, whatever the branches do") {
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto events = numbers(1000);
    std::vector<std::int64_t> open;
    std::int64_t live = 0, all = 0;
    auto flow = lv::flow(
        lv::from(lv::input<std::int64_t>()) | lv::select<"odd">([](std::int64_t i) { return i % 2 != 0; }) |
        lv::fork(running_sum() | lv::to<"sums">([](std::int64_t) {}), lv::to<"masked">([&](bool alive, const std::int64_t&) {
                   live += alive;
                   ++all;
                 }),
                 lv::select<"big">([](std::int64_t i) { return i > 500; }), lv::map([](std::int64_t i) { return -i; })) |
        lv::to<"out">([&](std::int64_t i) { open.push_back(i); }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    std::vector<std::int64_t> expected;
    std::int64_t odd = 0;
    for (const std::int64_t i : events) {
      if (i % 2 == 0) continue;
      ++odd;
      if (i > 500) expected.push_back(i);
      expected.push_back(-i);
    }
    CHECK(open == expected);
    CHECK(live == odd);
    CHECK(all == 1000);
    CHECK(flow.counts<"odd">().out == static_cast<std::uint64_t>(odd));
    CHECK(flow.counts<"big">().in == static_cast<std::uint64_t>(odd));
    CHECK(flow.counts<"out">().in == expected.size());
    CHECK(flow.counts<"sums">().in == static_cast<std::uint64_t>(odd));
  }
}

TEST_CASE("states in branches and behind them are the same after spans of any length") {
  const auto events = numbers(3000);
  std::vector<std::int64_t> expected;
  std::int64_t a = 0, b = 0, c = 0;
  for (const std::int64_t i : events) {
    expected.push_back(c += (a += i));
    if (i % 3 == 0) expected.push_back(c += (b += i * 2));
  }
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto got = support::outcome<std::int64_t>(events, length, [](auto& out) {
      return lv::flow(lv::from(lv::input<std::int64_t>()) |
                      lv::fork(running_sum(), lv::filter([](std::int64_t i) { return i % 3 == 0; }) |
                                                  lv::map([](std::int64_t i) { return i * 2; }) | running_sum()) |
                      running_sum() | lv::to([&](std::int64_t i) { out.push_back(i); }));
    });
    CHECK(got == expected);
  }
}

TEST_CASE("an operator that takes spans gets single events below a fork, and whole spans where it stands alone") {
  std::size_t forked = 0, alone = 0;
  std::vector<std::int64_t> open;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) | lv::link{in_batches{&alone}} |
                       lv::fork(lv::link{in_batches{&forked}}, add(1000)) | lv::to([&](std::int64_t i) { open.push_back(i); }));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{1, 2});
  CHECK(alone == 1);
  CHECK(forked == 0);
  CHECK(open == std::vector<std::int64_t>{1, 1001, 2, 1002});
}

TEST_CASE("each branch is counted by itself") {
  auto flow = lv::flow(lv::from<"in">(lv::input<std::int64_t>()) |
                       lv::fork(lv::filter<"even">([](std::int64_t i) { return i % 2 == 0; }),
                                lv::filter<"big">([](std::int64_t i) { return i > 90; }), lv::to<"all">([](std::int64_t) {})) |
                       lv::to<"some">([](std::int64_t) {}));
  REQUIRE(flow.open());
  for (std::int64_t i = 1; i <= 100; ++i) flow.push(i);
  CHECK(flow.counts<"in">().out == 100);
  CHECK(flow.counts<"even">().in == 100);
  CHECK(flow.counts<"even">().out == 50);
  CHECK(flow.counts<"big">().out == 10);
  CHECK(flow.counts<"all">().in == 100);
  CHECK(flow.counts<"some">().in == 60);
}

TEST_CASE("diamond below diamond: every way is gone, in the order of writing, and the code stays finite") {
  // Five in a row are 32 ways; a node behind more than four copies is called, not inlined.
  auto diamond = [](std::int64_t bit) { return lv::fork(add(0), add(bit)); };
  std::vector<std::int64_t> seen;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) | diamond(16) | diamond(8) | diamond(4) | diamond(2) | diamond(1) |
                       lv::to([&](std::int64_t i) { seen.push_back(i); }));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{0, 100});
  REQUIRE(seen.size() == 64);
  for (std::int64_t i = 0; i < 32; ++i) {
    CHECK(seen[static_cast<std::size_t>(i)] == i);
    CHECK(seen[static_cast<std::size_t>(i + 32)] == i + 100);
  }
}

TEST_CASE("states behind called nodes, masked and framed, are the same as in a loop") {
  const auto events = numbers(500);
  auto diamond = [](std::int64_t n) {
    return lv::fork(lv::select([](std::int64_t i) { return i % 2 == 0; }),
                    running_sum() | lv::map([n](std::int64_t i) { return i % n; }));
  };
  std::vector<std::int64_t> expected;
  std::int64_t state[4] = {0, 0, 0, 0};
  const std::int64_t modulo[4] = {101, 103, 107, 109};
  auto push = [&](auto& self, std::int64_t i, std::size_t depth) -> void {
    if (depth == 4) return expected.push_back(i);
    if (i % 2 == 0) self(self, i, depth + 1);
    self(self, (state[depth] += i) % modulo[depth], depth + 1);
  };
  for (const std::int64_t i : events) push(push, i, 0);
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto got = support::outcome<std::int64_t>(events, length, [&](auto& out) {
      return lv::flow(lv::from(lv::input<std::int64_t>()) | diamond(101) | diamond(103) | diamond(107) | diamond(109) |
                      lv::to([&](std::int64_t i) { out.push_back(i); }));
    });
    CHECK(got == expected);
  }
}
