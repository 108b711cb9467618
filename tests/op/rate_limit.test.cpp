// SPDX-License-Identifier: BSL-1.0
#include <levada/op/rate_limit.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

constexpr std::int64_t ms = 1'000'000;

/// A bucket of tokens, in 128-bit fractions of a token, as textbooks have it.
struct token_bucket {
  __extension__ typedef __int128 wide;
  lv::limit to;
  wide tokens = wide{to.burst} * to.period.ns;  // in parts of 1 / period
  std::int64_t seen = INT64_MIN;

  bool take(std::int64_t now) {
    if (now > seen) {
      tokens += (wide{now} - seen) * to.events;
      const wide most = wide{to.burst} * to.period.ns;
      if (tokens > most) tokens = most;
      seen = now;
    }
    if (tokens < to.period.ns) return false;
    tokens -= to.period.ns;
    return true;
  }
};
std::vector<reading> within(const std::vector<reading>& events, lv::limit to, bool inside) {
  std::map<std::uint32_t, token_bucket> buckets;
  std::vector<reading> kept;
  for (const reading& r : events)
    if (buckets.try_emplace(r.sensor, token_bucket{to}).first->second.take(r.time.ns) == inside) kept.push_back(r);
  return kept;
}
/// Crowded here, sparse there, and now and then a step back.
std::vector<reading> bursts(std::size_t n) {
  auto events = support::readings(n);
  support::random r{9};
  std::int64_t time = -50 * ms;
  for (reading& one : events) {
    time += static_cast<std::int64_t>(r.one_in(40) ? r.below(100 * ms) : r.below(ms / 20));
    one.time = {time - (r.one_in(10) ? static_cast<std::int64_t>(r.below(5 * ms)) : 0)};
  }
  return events;
}
auto limited(lv::limit to, std::vector<reading>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::rate_limit<"limit">(to, &reading::time) |
                  lv::to([&](const reading& r) { output.push_back(r); }));
}

}  // namespace

TEST_CASE("against a bucket of tokens, for each key, on bursts that step back now and then") {
  const auto events = bursts(4000);
  for (const lv::limit to : {lv::limit{10, 10_ms}, {3, 10_ms}, {100, 1_s, 1}, {7, 50_ms, 20}, {1, 1_s}, {1'000'000, 1_s, 2}}) {
    CAPTURE(to.events);
    const auto expected = within(events, to, true), rest = within(events, to, false);
    CHECK(!rest.empty());
    for (const std::size_t length : support::span_lengths) {
      std::vector<reading> output;
      auto flow = limited(to, output);
      REQUIRE(flow.open());
      support::in_spans(events, length, [&](auto part) { flow.push(part); });
      CHECK(output == expected);
      CHECK(flow.counts<"limit">().dropped == rest.size());
    }
  }
}

TEST_CASE("what is too much goes aside, where there is a branch") {
  const auto events = bursts(2000);
  const lv::limit to{5, 10_ms};
  std::vector<reading> inside, outside;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::rate_limit<"limit">(to, &reading::time) |
               lv::aside(lv::to([&](const reading& r) { outside.push_back(r); })) |
               lv::to([&](const reading& r) { inside.push_back(r); }));
  REQUIRE(flow.open());
  flow.push(events);
  CHECK(inside == within(events, to, true));
  CHECK(outside == within(events, to, false));
  CHECK(flow.counts<"limit">().dropped == 0);
}

TEST_CASE("a burst, then an even rate; and a long silence fills no more than a burst") {
  std::vector<reading> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::rate_limit(lv::limit{10, 1_s, 3}) |
                       lv::to([&](const reading& r) { output.push_back(r); }));
  REQUIRE(flow.open());
  const auto passes = [&](std::int64_t at) {
    const std::size_t before = output.size();
    flow.advance({at * ms});
    flow.push(reading{});
    return output.size() - before;
  };
  CHECK(passes(0) + passes(0) + passes(0) == 3);
  CHECK(passes(0) == 0);
  CHECK(passes(99) == 0);
  CHECK(passes(100) == 1);
  CHECK(passes(150) == 0);
  CHECK(passes(200) == 1);
  CHECK(passes(10'000'000'000) + passes(10'000'000'000) + passes(10'000'000'000) + passes(10'000'000'000) == 3);
}

TEST_CASE("a retired key begins anew") {
  std::vector<reading> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::rate_limit(lv::limit{1, 100_h}) | lv::to([&](const reading& r) { output.push_back(r); }));
  REQUIRE(flow.open());
  flow.advance({1000 * ms});
  flow.push(std::vector<reading>(2));
  CHECK(output.size() == 1);
  flow.advance({100'000 * ms});
  flow.push(reading{.sensor = 3});
  CHECK(output.size() == 2);
}

TEST_CASE("it goes on after a restart where it was") {
  const auto events = support::readings(600);
  const auto make = [&](auto& output) {
    return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) |
                    lv::rate_limit<"limit">(lv::limit{2, 100_ms}) | lv::to([&](const reading& r) { output.push_back(r); }));
  };
  for (const std::size_t stop : {0u, 1u, 300u, 600u})
    CHECK(support::outcome_of_two<"limit", reading>(events, stop, make) == within(events, {2, 100_ms}, true));
}
