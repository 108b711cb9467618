// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/route.hpp>

#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/fork.hpp>
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

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::page;
using support::reading;
using support::text;

namespace {

auto above(std::int64_t limit) {
  return [limit](std::int64_t i) { return i > limit; };
}
auto add(std::int64_t n) {
  return lv::map([n](std::int64_t i) { return i + n; });
}
struct code_only {
  int code;
};
using message = std::variant<int, double, code_only>;

}  // namespace

TEST_CASE("each event goes to the first branch that takes it, and to no other") {
  page seen;
  auto into = [&](std::string who) { return lv::to([&seen, who](std::int64_t i) { seen.push_back(who + std::to_string(i)); }); };
  auto flow = lv::flow(
      lv::from(lv::input<std::int64_t>()) |
      lv::route<"by size">(lv::when(above(100), into("large ")), lv::when(above(10), add(1000)), lv::otherwise(into("small "))) |
      into("on "));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{5, 50, 500, 11, 10});
  CHECK(text(seen) == text(page{"small 5", "on 1050", "large 500", "on 1011", "small 10"}));
}

TEST_CASE("what no branch takes is dropped and counted, what a branch takes is counted as out") {
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) |
                       lv::route<"way">(lv::when(above(100), lv::to<"large">([](std::int64_t) {})),
                                        lv::when(above(10), lv::filter<"even">([](std::int64_t i) { return i % 2 == 0; }))) |
                       lv::to<"on">([](std::int64_t) {}));
  for (const std::size_t length : {std::size_t{1}, std::size_t{200}}) {
    if (length == 1) REQUIRE(flow.open());
    std::vector<std::int64_t> events(200);
    for (std::size_t i = 0; i < 200; ++i) events[i] = static_cast<std::int64_t>(i);
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
  }
  const auto way = flow.counts<"way">();
  CHECK(way.in == 400);
  CHECK(way.out == 2 * 189);
  CHECK(way.dropped == 2 * 11);
  CHECK(flow.counts<"large">().in == 2 * 99);
  CHECK(flow.counts<"even">().in == 2 * 90);
  CHECK(flow.counts<"even">().out == 2 * 45);
  CHECK(flow.counts<"on">().in == 2 * 45);
}

TEST_CASE("a decision may give what the branch gets: by pointer, optional, or any holder, each branch its own type") {
  std::vector<int> ints;
  std::vector<double> doubles;
  std::vector<std::string> words;
  std::vector<bool> flags;
  int rest = 0;
  auto flow = lv::flow(
      lv::from(lv::input<message>()) |
      lv::route(lv::when([](const message& m) { return std::get_if<int>(&m); }, lv::to([&](const int& i) { ints.push_back(i); })),
                lv::when(
                    [](const message& m) -> std::optional<double> {
                      if (const auto* d = std::get_if<double>(&m); d != nullptr && *d > 0) return *d * 2;
                      return {};
                    },
                    lv::map([](double d) { return d + 1; }) | lv::to([&](double d) { doubles.push_back(d); })),
                lv::when(
                    [](const message& m) {
                      const auto* a = std::get_if<code_only>(&m);
                      return a != nullptr && a->code > 9 ? std::make_unique<std::string>(std::to_string(a->code)) : nullptr;
                    },
                    lv::to([&](const std::string& s) { words.push_back(s); })),
                lv::when(
                    [](const message& m) {
                      const auto* a = std::get_if<code_only>(&m);
                      return a != nullptr ? std::optional(a->code > 5) : std::nullopt;
                    },
                    lv::to([&](bool b) { flags.push_back(b); })),
                lv::otherwise(lv::to([&](const message& m) { rest += std::holds_alternative<double>(m) ? 1 : 100; }))));
  REQUIRE(flow.open());
  flow.push(std::vector<message>{1, 2.5, code_only{12}, -3.5, 7, code_only{3}, code_only{8}});
  CHECK(ints == std::vector{1, 7});
  CHECK(doubles == std::vector{6.0});
  CHECK(words == std::vector<std::string>{"12"});
  CHECK(flags == std::vector{false, true});
  CHECK(rest == 1);
}

TEST_CASE("decisions are asked in order, once an event, and may have a memory") {
  std::vector<int> asked;
  std::vector<std::int64_t> every_third, others;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) |
                       lv::route(lv::when([&, n = 0](std::int64_t) mutable { return asked.push_back(1), ++n % 3 == 0; },
                                          lv::to([&](std::int64_t i) { every_third.push_back(i); })),
                                 lv::when([&](std::int64_t) { return asked.push_back(2), true; },
                                          lv::to([&](std::int64_t i) { others.push_back(i); }))));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(asked == std::vector{1, 2, 1, 2, 1, 1, 2});
  CHECK(every_third == std::vector<std::int64_t>{3});
  CHECK(others == std::vector<std::int64_t>{1, 2, 4});
}

TEST_CASE("a keyed stream keeps its keys in all branches, also where a branch gets a part of the event") {
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto events = support::readings(5000, 13);
    std::map<std::uint32_t, std::int64_t> sums, expected;
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                         lv::route(lv::when([](const reading& r) { return r.level > 0 ? &r.level : nullptr; },
                                            lv::map([](std::int32_t l) { return l * 2; })),
                                   lv::when([](const reading& r) { return r.level < -500; }, lv::map(&reading::level))) |
                         lv::fold(std::int64_t{0}, [](std::int64_t& sum, std::int32_t l) { sum += l; }) |
                         lv::to([&](const lv::folded<std::uint32_t, std::int64_t>& f) { sums[f.key] = f.value; }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    flow.finish();
    for (const reading& r : events)
      if (r.level > 0 || r.level < -500) expected[r.sensor] += r.level > 0 ? r.level * 2 : r.level;
    CHECK(sums == expected);
  }
}

TEST_CASE("dead events of a masked stream reach no decision and no branch") {
  std::vector<std::int64_t> decided, got;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) | lv::select([](std::int64_t i) { return i % 2 != 0; }) |
                       lv::route<"way">(lv::when([&](std::int64_t i) { return decided.push_back(i), i < 4; }, add(0))) |
                       lv::to([&](std::int64_t i) { got.push_back(i); }));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{1, 2, 3, 4, 5});
  CHECK(decided == std::vector<std::int64_t>{1, 3, 5});
  CHECK(got == std::vector<std::int64_t>{1, 3});
  CHECK(flow.counts<"way">().in == 3);
  CHECK(flow.counts<"way">().dropped == 1);
}

TEST_CASE("signals go to all branches, once behind them") {
  page heard;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) |
                       lv::route(lv::when(above(9), support::listen(heard, "a")), lv::otherwise(support::listen(heard, "b"))) |
                       lv::to(support::diary{&heard}));
  REQUIRE(flow.open());
  flow.push(std::int64_t{3});
  flow.raise_everywhere(lv::watermark{{1}});
  flow.raise_everywhere(lv::barrier{2});
  CHECK(text(heard) == text(page{"a start 1", "b start 1", "start 1", "3", "a watermark 1", "b watermark 1", "watermark 1",
                                 "a barrier 2", "b barrier 2", "barrier 2"}));
}

TEST_CASE("routes, forks and merges with states, in spans of any length: the same as a loop") {
  support::random r{99};
  std::vector<std::int64_t> events(4000);
  for (auto& e : events) e = static_cast<std::int64_t>(r.below(1000));
  std::vector<std::int64_t> expected;
  std::int64_t a = 0, b = 0, c = 0;
  for (const std::int64_t i : events) {
    auto end = [&](std::int64_t v) { expected.push_back((c = (c * 31 + v) % 1'000'003)); };
    if (i % 5 == 0) {
      a += i;
      end(a % 977);  // the first branch of the fork in the route's first branch
      if (a % 2 == 0) end(-a);
    } else if (i > 600) {
      b = std::max(b, i);
      end(b);
    }
    if (i % 7 == 0) end(i + 7);  // another statement, merged
  }
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto got = support::outcome<std::int64_t>(events, length, [](auto& out) {
      return lv::flow(
          "numbers"_s = lv::from(lv::input<std::int64_t>()),
          "routed"_s =
              "numbers"_s |
              lv::route(lv::when([](std::int64_t i) { return i % 5 == 0; },
                                 lv::scan(std::int64_t{0}, [](std::int64_t& sum, std::int64_t i) { return sum += i; }) |
                                     lv::fork(lv::map([](std::int64_t i) { return i % 977; }),
                                              lv::filter([](std::int64_t i) { return i % 2 == 0; }) |
                                                  lv::map([](std::int64_t i) { return -i; }))),
                        lv::when(above(600), lv::scan(std::int64_t{0}, [](std::int64_t& most,
                                                                          std::int64_t i) { return most = std::max(most, i); }))),
          lv::merge("routed"_s, "numbers"_s | lv::filter([](std::int64_t i) { return i % 7 == 0; }) | add(7)) |
              lv::scan(std::int64_t{0}, [](std::int64_t& h, std::int64_t i) { return h = (h * 31 + i) % 1'000'003; }) |
              lv::to([&](std::int64_t i) { out.push_back(i); }));
    });
    CHECK(got == expected);
  }
}
