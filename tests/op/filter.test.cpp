// SPDX-License-Identifier: BSL-1.0
#include <levada/op/filter.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {
std::vector<reading> kept(const std::vector<reading>& all, auto predicate) {
  std::vector<reading> some;
  for (const reading& r : all)
    if (predicate(r)) some.push_back(r);
  return some;
}
constexpr auto positive = [](const reading& r) { return r.value > 0; };
constexpr auto high = [](const reading& r) { return r.level > 300; };
}  // namespace

TEST_CASE("filter passes on the events for which the predicate holds, in order, in spans of any length") {
  const auto events = support::readings(3000);
  const auto expected = kept(events, positive);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    CHECK(support::outcome<reading>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::filter(positive) |
                            lv::to([&](const reading& r) { output.push_back(r); }));
          }) == expected);
  }
}

TEST_CASE("below key_by it sees the events themselves") {
  const auto events = support::readings(3000);
  CHECK(support::outcome<reading>(events, 100, [](auto& output) {
          return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::filter(positive) |
                          lv::to([&](const reading& r) { output.push_back(r); }));
        }) == kept(events, positive));
}

TEST_CASE("below select it never sees a dead event") {
  const auto events = support::readings(3000);
  CHECK(support::outcome<reading>(events, 100, [](auto& output) {
          return lv::flow(lv::from(lv::input<reading>()) | lv::select(positive) | lv::filter([](const reading& r) {
                            CHECK(r.value > 0);
                            return high(r);
                          }) |
                          lv::to([&](const reading& r) { output.push_back(r); }));
        }) == kept(events, [](const reading& r) { return positive(r) && high(r); }));
}

TEST_CASE("in and out are counted exactly, framed or not") {
  const auto events = support::readings(1000);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::filter<"positive">(positive) | lv::filter<"high">(high) |
                         lv::to<"end">([](const reading&) {}));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    const auto first = kept(events, positive).size();
    const auto second = kept(kept(events, positive), high).size();
    CHECK(flow.counts<"positive">().in == 1000);
    CHECK(flow.counts<"positive">().out == first);
    CHECK(flow.counts<"high">().in == first);
    CHECK(flow.counts<"high">().out == second);
    CHECK(flow.counts<"end">().in == second);
    CHECK(flow.counts<"positive">().dropped == 0);
  }
}

TEST_CASE("a predicate may keep state of its own and may be move-only") {
  const auto events = support::readings(1000);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::size_t arrived = 0;
    auto flow = lv::flow(lv::from(lv::input<reading>()) |
                         lv::filter([seen = 0](const reading&) mutable { return ++seen % 3 == 0; }) |
                         lv::filter([seen = std::make_unique<int>(0)](const reading&) { return ++*seen % 2 == 0; }) |
                         lv::to([&](const reading&) { ++arrived; }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    CHECK(arrived == 1000 / 3 / 2);
  }
}
