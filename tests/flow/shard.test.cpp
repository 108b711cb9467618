// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/shard.hpp>

#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::page;
using support::reading;

namespace {

struct row {
  std::uint32_t sensor;
  double mean;
  std::int64_t sum;
  friend bool operator==(const row&, const row&) = default;
};

auto source_of(const std::vector<reading>& events) { return lv::from(lv::values(std::span(events))); }
auto per_sensor() {
  return lv::key_by(&reading::sensor) | lv::filter([](const reading& r) { return r.level % 3 != 0; }) |
         lv::scan(std::int64_t{0}, [](std::int64_t& sum, const reading& r) {
           sum += r.level;
           return row{r.sensor, r.value, sum};
         });
}
std::map<std::uint32_t, std::vector<row>> by_sensor(const std::vector<row>& all) {
  std::map<std::uint32_t, std::vector<row>> each;
  for (const row& r : all) each[r.sensor].push_back(r);
  return each;
}

}  // namespace

TEST_CASE("shards give what the branch gives on one thread: for each key the same, in the same order") {
  const auto events = support::readings(60'000, 40);
  std::vector<row> expected;
  auto plain = lv::flow(source_of(events) | per_sensor() | lv::to([&](const row& r) { expected.push_back(r); }));
  REQUIRE(lv::runner<>{}.run(plain));
  auto sharded = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
    std::vector<row> seen;
    auto flow = lv::flow(source_of(events) | lv::shard<"work", N>(&reading::sensor, per_sensor()) |
                         lv::to([&](const row& r) { seen.push_back(r); }));
    CHECK(flow.threads == N + 2);
    REQUIRE(lv::runner<>({.budget = 500}).run(flow));
    return seen;
  };
  const auto same = [&](const std::vector<row>& seen) {
    REQUIRE(seen.size() == expected.size());
    CHECK(by_sensor(seen) == by_sensor(expected));
  };
  CHECK(sharded(std::integral_constant<std::size_t, 1>{}) == expected);
  same(sharded(std::integral_constant<std::size_t, 2>{}));
  same(sharded(std::integral_constant<std::size_t, 3>{}));
}

TEST_CASE("a key goes to the shard that has its group, and groups lie in rows") {
  auto flow = lv::flow(lv::from<"in">(lv::input<std::uint64_t>()) |
                       lv::shard<"work", 4>([](std::uint64_t k) { return k; }, lv::to<"out">([](std::uint64_t) {})));
  REQUIRE(flow.open());
  std::array<std::uint64_t, 4> expected{};
  for (std::uint64_t k = 0; k < 1000; ++k) {
    flow.push(k);
    ++expected[lv::group_of(lv::hash_of(k)) / (lv::key_groups / 4)];
  }
  flow.part<0>().finish();
  CHECK(flow.counts<"work">().kind == "shard");
  CHECK(flow.counts<"work">().out == 1000);
  CHECK(flow.counts<"work.0">().in == expected[0]);
  CHECK(flow.counts<"work.1">().in == expected[1]);
  CHECK(flow.counts<"work.2">().in == expected[2]);
  CHECK(flow.counts<"work.3">().in == expected[3]);
  for (const std::uint64_t n : expected) CHECK(n > 150);
}

TEST_CASE("a branch that ends needs no place to meet, and runs on all threads at once") {
  const auto events = support::readings(20'000, 12);
  std::atomic<std::int64_t> sum{0};
  std::int64_t expected = 0;
  for (const reading& r : events) expected += r.level;
  auto flow = lv::flow(source_of(events) | lv::shard<"work", 3>(&reading::sensor, lv::to([&](const reading& r) {
                         sum.fetch_add(r.level, std::memory_order_relaxed);
                       })));
  CHECK(flow.threads == 4);
  REQUIRE(lv::runner<>{}.run(flow));
  CHECK(sum == expected);
}

TEST_CASE("watermarks, barriers and the end cross the shards: each once, in order, behind what came before it") {
  using support::step;
  std::vector<step> steps;
  for (std::int64_t i = 1; i <= 300; ++i) {
    steps.push_back({step::event, i});
    if (i % 10 == 0) steps.push_back({step::watermark, i});
    if (i % 50 == 0) steps.push_back({step::barrier, i});
  }
  steps.push_back({step::end});
  page seen;
  auto flow = lv::flow(lv::from(support::scripted{steps}) |
                       lv::shard<"work", 3>([](std::int64_t i) { return i; }, lv::map([](std::int64_t i) { return i; })) |
                       lv::to(support::diary{&seen}));
  REQUIRE(lv::runner<>{}.run(flow));
  std::set<std::int64_t> before;
  std::int64_t time = 0;
  std::size_t barriers = 0;
  for (const std::string& line : seen) {
    if (line.starts_with("watermark ")) {
      CHECK(std::stoll(line.substr(10)) > time);
      time = std::stoll(line.substr(10));
      for (std::int64_t i = 1; i <= time; ++i) REQUIRE(before.contains(i));
    } else if (line.starts_with("barrier ")) {
      ++barriers;
      CHECK(before.size() == static_cast<std::size_t>(std::stoll(line.substr(8))));
    } else if (line[0] >= '0' && line[0] <= '9') {
      CHECK(before.insert(std::stoll(line)).second);
    }
  }
  CHECK(time == 300);
  CHECK(barriers == 6);
  CHECK(before.size() == 300);
  CHECK(support::only(seen, "end").size() == 1);
  CHECK(seen.back() == "end");
}

TEST_CASE("shards may lose events as any stage may, and say how many") {
  std::atomic<std::uint64_t> came{0};
  std::vector<std::array<std::uint64_t, 1000>> events(2000);
  for (std::size_t i = 0; i < events.size(); ++i) events[i][0] = i;
  auto flow = lv::flow(
      lv::from(lv::input<std::array<std::uint64_t, 1000>>()) |
      lv::shard<"work", 2>([](const auto& e) { return e[0]; }, lv::to([&](const auto&) { ++came; }), lv::overflow::drop_newest));
  REQUIRE(flow.open());
  for (int round = 0; round < 3; ++round) flow.push(events);  // nobody reads yet
  flow.part<0>().finish();
  while (flow.part<1>().poll() != lv::polled::end) {
  }
  while (flow.part<2>().poll() != lv::polled::end) {
  }
  const auto first = flow.counts<"work.0">(), second = flow.counts<"work.1">();
  CHECK(first.dropped > 0);
  CHECK(first.in + second.in == 6000);
  CHECK(first.out + second.out == came);
  CHECK(came + first.dropped + second.dropped == 6000);
}
