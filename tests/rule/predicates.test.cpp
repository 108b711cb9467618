// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/predicates.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <thread>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using lv::where;
using support::reading;

namespace {
using match = std::pair<std::uint64_t, reading>;

lv::predicate_index<reading> thresholds(std::int32_t step) {
  lv::predicate_rules<reading> rules;
  for (std::int32_t i = 0; i < 20; ++i)
    REQUIRE(rules.add(static_cast<std::uint64_t>(100 - i), where("level") > i * step, where("sensor") != 3));
  return lv::predicate_index<reading>(rules);
}
void expect(std::vector<match>& all, const reading& e, std::int32_t step) {
  for (std::int32_t i = 0; i < 20; ++i)
    if (e.level > i * step && e.sensor != 3) all.emplace_back(100 - i, e);
}
}  // namespace

TEST_CASE("each rule that an event fulfils is told with the event, in the order of the rules") {
  const auto events = support::readings(2000);
  std::vector<match> expected;
  for (const reading& e : events) expect(expected, e, 50);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    lv::active_rules<reading> active(thresholds(50));
    CHECK(support::outcome<match>(events, length, [&](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::predicates(active) |
                            lv::to([&](const lv::matched<reading>& m) { output.emplace_back(m.rule, m.event); }));
          }) == expected);
    CHECK(support::outcome<match>(events, length, [&](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::predicates(active) |
                            lv::to([&](const lv::matched<reading>& m) { output.emplace_back(m.rule, m.event); }));
          }) == expected);
  }
}

TEST_CASE("new rules hold from the next turn on") {
  std::vector<match> output, expected;
  lv::active_rules<reading> active(thresholds(50));
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::predicates(active) |
                       lv::to([&](const lv::matched<reading>& m) { output.emplace_back(m.rule, m.event); }));
  REQUIRE(flow.open());
  const reading e{.level = 700};
  flow.push(e);
  expect(expected, e, 50);
  active.replace(thresholds(1000));  // never taken: the next one is there before the turn ends
  active.replace(thresholds(300));
  flow.push(e);
  expect(expected, e, 50);
  flow.raise_everywhere(lv::flush{});
  flow.push(e);
  expect(expected, e, 300);
  flow.raise_everywhere(lv::flush{});
  active.replace({});
  flow.raise_everywhere(lv::flush{});
  flow.push(e);
  CHECK(output == expected);
}

TEST_CASE("rules are replaced by another thread while the flow runs") {
  std::uint64_t matches = 0;
  lv::active_rules<reading> active;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::predicates(active) | lv::to([&](const auto&) { ++matches; }));
  REQUIRE(flow.open());
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) active.replace(thresholds(50));
  });
  const reading e{.level = 2000};
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t before = matches;
    flow.push(e);
    CHECK((matches - before == 0 || matches - before == 20));
    flow.raise_everywhere(lv::flush{});
  }
  other.join();
  flow.raise_everywhere(lv::flush{});
  matches = 0;
  flow.push(e);
  CHECK(matches == 20);
}

TEST_CASE("the operator of some rules is one: what copies it, as shard would for each thread, is refused") {
  lv::active_rules<reading> rules{thresholds(1)};
  auto one = lv::predicates(rules);
  CHECK_FALSE(std::copy_constructible<decltype(one)>);
  CHECK(std::move_constructible<decltype(one)>);
}
