// SPDX-License-Identifier: BSL-1.0
#include <levada/op/with_broadcast.hpp>

#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::page;
using support::reading;

namespace {

struct limit {
  std::uint32_t sensor = 0;
  double value = 0;
};
struct limits {
  std::array<double, 8> of{};
  std::uint32_t known = 0;  // a bit for each
};
struct excess {
  std::uint32_t sensor = 0;
  double by = 0;
  friend bool operator==(const excess&, const excess&) = default;
};

void learn(limits& all, const limit& l) {
  all.of[l.sensor] = l.value;
  all.known |= 1u << l.sensor;
}
std::optional<excess> judge(const limits& all, const reading& r) {
  if ((all.known >> r.sensor & 1u) == 0 || r.value <= all.of[r.sensor]) return {};
  return excess{r.sensor, r.value - all.of[r.sensor]};
}
auto judged() {
  return lv::connect(lv::from<"events">(lv::input<reading>()), lv::from<"rules">(lv::input<limit>())) |
         lv::with_broadcast<"judged">(limits{}, learn, judge);
}
std::vector<limit> rules(std::size_t n) {
  support::random r{3};
  std::vector<limit> all(n);
  for (limit& one : all) one = {static_cast<std::uint32_t>(r.below(7)), r.between(-50, 50)};
  return all;
}

struct bytes {
  std::vector<std::byte> all;
  std::size_t at = 0;
  bool saves = true;
  void operator()(auto& value) {
    const auto memory = std::as_writable_bytes(std::span(&value, 1));
    if (saves) all.assign(memory.begin(), memory.end());
    for (std::size_t i = 0; !saves && i < memory.size(); ++i) memory[i] = all[at++];
  }
};

}  // namespace

TEST_CASE("each event is processed with all that the other stream has said before it, however the spans are cut") {
  const auto events = support::readings(20'000);
  const auto changes = rules(events.size() / 500);
  for (const std::size_t length : {1u, 7u, 64u, 500u}) {
    CAPTURE(length);
    std::vector<excess> expected, seen;
    limits now;
    auto flow = lv::flow(judged() | lv::to([&](const excess& e) { seen.push_back(e); }));
    REQUIRE(flow.open());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const std::span<const reading> part = std::span(events).subspan(i * 500, 500);
      for (std::size_t at = 0; at < part.size(); at += length)
        flow.push<"events">(part.subspan(at, std::min(length, part.size() - at)));
      for (const reading& r : part)
        if (const auto e = judge(now, r)) expected.push_back(*e);
      flow.push<"rules">(changes[i]);
      learn(now, changes[i]);
    }
    flow.finish();
    CHECK(expected.size() > 3000);
    CHECK(seen == expected);
    CHECK(flow.counts<"judged">().in == events.size() + changes.size());
    CHECK(flow.counts<"judged">().out == seen.size());
  }
}

TEST_CASE("before the first rule events see the state as it was given") {
  std::vector<int> seen;
  auto flow = lv::flow(lv::connect(lv::from<"events">(lv::input<int>()), lv::from<"rules">(lv::input<int>())) |
                       lv::with_broadcast(
                           10, [](int& factor, int to) { factor = to; }, [](const int& factor, int i) { return factor * i; }) |
                       lv::to([&](int i) { seen.push_back(i); }));
  REQUIRE(flow.open());
  flow.push<"events">(std::vector<int>{1, 2});
  flow.push<"rules">(std::vector<int>{20, 30});
  flow.push<"events">(3);
  CHECK(seen == std::vector<int>{10, 20, 90});
}

TEST_CASE("the state may be anything that can be copied, and the rules of any type") {
  std::vector<std::string> seen;
  using book = std::map<int, std::string>;
  auto flow = lv::flow(lv::connect(lv::from<"events">(lv::input<int>()), lv::from<"rules">(lv::input<std::string>())) |
                       lv::with_broadcast(
                           book{}, [](book& b, const std::string& word) { b[static_cast<int>(word.size())] = word; },
                           [](const book& b, int i) { return b.contains(i) ? b.at(i) : "?"; }) |
                       lv::to([&](const std::string& s) { seen.push_back(s); }));
  REQUIRE(flow.open());
  flow.push<"rules">(std::vector<std::string>{"a", "two"});
  flow.push<"events">(std::vector<int>{1, 2, 3});
  CHECK(seen == std::vector<std::string>{"a", "?", "two"});
}

TEST_CASE("a key of the first stream stays around the result; keys of the second are not known below") {
  const auto events = support::readings(3000, 7);
  std::map<std::uint32_t, std::uint32_t> expected;
  std::vector<std::uint32_t> counts;
  page heard;
  for (const reading& r : events) ++expected[r.sensor];
  auto flow = lv::flow(
      "events"_s = lv::from<"in">(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::keys{.bound = 7}),
      "rules"_s = lv::from<"rules">(lv::input<limit>()) | lv::key_by(&limit::sensor, lv::keys{.bound = 100, .idle = 5_s}),
      lv::connect("events"_s, "rules"_s) |
          lv::with_broadcast(
              0.0, [](double& bias, const limit& l) { bias = l.value; },
              [](const double& bias, const reading& r) { return r.value + bias; }) |
          support::listen(heard, "below") | lv::scan(std::uint32_t{0}, [](std::uint32_t& n, double) { return ++n; }) |
          lv::to([&](std::uint32_t n) { counts.push_back(n); }));
  REQUIRE(flow.open());
  flow.push<"in">(std::span(events).first(1500));
  flow.push<"rules">(rules(20));
  flow.advance({10'000'000'000});
  flow.advance({30'000'000'000});  // the keys of the rules are forgotten,
  flow.advance({40'000'000'000});
  flow.push<"in">(std::span(events).subspan(1500));  // and those of the events are not
  std::map<std::uint32_t, std::uint32_t> by_count, seen;
  for (const auto& [sensor, n] : expected) {
    for (std::uint32_t i = 1; i <= n; ++i) ++by_count[i];
  }
  for (const std::uint32_t n : counts) ++seen[n];
  CHECK(seen == by_count);
  CHECK(support::only(heard, "below start") == page{"below start 8"});
  CHECK(support::only(heard, "below retire").empty());
}

TEST_CASE("the least of both times goes on, and one end") {
  using support::step;
  page seen;
  const std::vector<step> a{{step::watermark, 10}, {step::event, 1}, {step::watermark, 30}, {step::end}};
  const std::vector<step> b{{step::watermark, 20}, {step::event, 5}, {step::event, 6}, {step::end}};
  auto flow = lv::flow(lv::connect(lv::from(support::scripted{a}), lv::from(support::scripted{b})) |
                       lv::with_broadcast(
                           std::int64_t{0}, [](std::int64_t& s, std::int64_t i) { s = i; },
                           [](const std::int64_t& s, std::int64_t i) { return s * 10 + i; }) |
                       lv::to(support::diary{&seen}));
  REQUIRE(flow.open());
  while (flow.poll() != lv::polled::end) {
  }
  CHECK(support::text(support::without(seen, "start")) == support::text(page{"watermark 10", "1", "watermark 20", "end"}));
}

TEST_CASE("the state survives a restart") {
  auto make = [](std::vector<excess>& seen) {
    return lv::flow(judged() | lv::to([&seen](const excess& e) { seen.push_back(e); }));
  };
  const auto events = support::readings(2000);
  std::vector<excess> before, after, expected;
  auto one = make(before), other = make(after), whole = make(expected);
  REQUIRE(one.open());
  REQUIRE(other.open());
  REQUIRE(whole.open());
  one.push<"rules">(rules(30));
  bytes kept;
  one.at<"judged">().persist(kept);
  kept.saves = false;
  other.at<"judged">().persist(kept);
  other.push<"events">(events);
  whole.push<"rules">(rules(30));
  whole.push<"events">(events);
  CHECK(expected.size() > 500);
  CHECK(after == expected);
}
