// SPDX-License-Identifier: BSL-1.0
#include <levada/op/fold.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
constexpr auto add = [](double& sum, const reading& r) { sum += r.value; };
}  // namespace

TEST_CASE("fold gathers a stream into one value and emits it once, when the stream ends") {
  const auto events = support::readings(2000);
  double sum = 0;
  for (const reading& r : events) sum += r.value;
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::vector<double> output;
    auto flow =
        lv::flow(lv::from(lv::input<reading>()) | lv::fold<"sum">(0.0, add) | lv::to([&](double v) { output.push_back(v); }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    CHECK(output.empty());
    CHECK(flow.counts<"sum">().in == 2000);
    CHECK(flow.counts<"sum">().out == 0);
    flow.finish();
    flow.finish();
    CHECK(output == std::vector{sum});
    CHECK(flow.counts<"sum">().out == 1);
  }
}

TEST_CASE("of no events it emits the state that it began with; below key_by nothing") {
  std::vector<double> output;
  auto flow = lv::flow(lv::from<"a">(lv::input<reading>()) | lv::fold(7.0, add) | lv::to([&](double v) { output.push_back(v); }),
                       lv::from<"b">(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::fold(7.0, add) |
                           lv::to([&](const auto& f) { output.push_back(f.value); }));
  REQUIRE(flow.open());
  flow.finish();
  CHECK(output == std::vector{7.0});
}

TEST_CASE("below key_by one value a key, in the order in which the keys came") {
  const auto events = support::readings(2000, 100);
  std::map<std::uint32_t, double> sums;
  std::vector<std::uint32_t> order;
  for (const reading& r : events) {
    if (!sums.contains(r.sensor)) {
      order.push_back(r.sensor);
      sums[r.sensor] = 1000;
    }
    sums[r.sensor] += r.value;
  }
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto output = support::outcome<lv::folded<std::uint32_t, double>>(events, length, [](auto& out) {
      return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::fold(1000.0, add) |
                      lv::to([&](const auto& f) { out.push_back(f); }));
    });
    REQUIRE(output.size() == order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      CHECK(output[i].key == order[i]);
      CHECK(output[i].value == sums[order[i]]);
    }
  }
}

TEST_CASE("a retired key's value is emitted before the key is forgotten, and the next one begins anew") {
  std::vector<std::pair<std::uint32_t, double>> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::fold<"sum">(0.0, add) | lv::to([&](const auto& f) { output.push_back({f.key, f.value}); }));
  REQUIRE(flow.open());
  for (std::uint32_t i = 0; i < 3; ++i) {
    flow.advance({std::int64_t{1'000'000'000} * (100 + 10 * i)});
    flow.push(std::vector<reading>(70, {.sensor = i, .value = 1.0 + i}));
  }
  flow.finish();
  CHECK(output == std::vector<std::pair<std::uint32_t, double>>{{0, 70}, {1, 140}, {2, 210}});
  CHECK(flow.counts<"sum">().out == 3);
}

TEST_CASE("the state may own memory") {
  std::string output;
  auto flow = lv::flow(lv::from(lv::input<int>()) |
                       lv::fold(std::string("digits:"), [](std::string& s, int i) { s += std::to_string(i); }) |
                       lv::to([&](const std::string& s) { output = s; }));
  REQUIRE(flow.open());
  flow.push(std::vector{1, 2, 3});
  flow.finish();
  CHECK(output == "digits:123");
}

TEST_CASE("what follows may fold the folded") {
  const auto events = support::readings(2000, 100);
  double sum = 0;
  for (const reading& r : events) sum += r.level;
  double output = 0;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
               lv::fold(0.0, [](double& s, const reading& r) { s += r.level; }) | lv::map([](const auto& f) { return f.value; }) |
               lv::fold(0.0, [](double& s, double v) { s += v; }) | lv::to([&](const auto& f) { output += f.value; }));
  REQUIRE(flow.open());
  flow.push(events);
  flow.finish();
  CHECK(output == sum);
}

TEST_CASE("a step that takes a mask sees dead events as well, and gives what the branch gives") {
  const auto events = support::readings(2000);
  double expected = 0;
  for (const reading& r : events)
    if (r.value > 0) expected += r.value;
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::size_t calls = 0;
    double sum = 0;
    auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::select([](const reading& r) { return r.value > 0; }) |
                         lv::fold(0.0,
                                  [&](double& s, bool live, const reading& r) {
                                    ++calls;
                                    s += lv::kept(live, r.value);
                                  }) |
                         lv::to([&](double v) { sum = v; }));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    flow.finish();
    CHECK(calls == 2000);
    CHECK(sum == expected);
  }
  double all = 0, sum = 0;
  for (const reading& r : events) all += r.value;
  auto unmasked = lv::flow(lv::from(lv::input<reading>()) |
                           lv::fold(0.0, [](double& s, bool live, const reading& r) { s += lv::kept(live, r.value); }) |
                           lv::to([&](double v) { sum = v; }));
  REQUIRE(unmasked.open());
  unmasked.push(events);
  unmasked.finish();
  CHECK(sum == all);
}

TEST_CASE("below key_by a dead event makes no state") {
  std::map<std::uint32_t, double> seen;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                       lv::select([](const reading& r) { return r.value > 0; }) |
                       lv::fold(10.0, [](double& s, bool live, const reading& r) { s += lv::kept(live, r.value); }) |
                       lv::to([&](const auto& f) { seen[f.key] = f.value; }));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.sensor = 1, .value = 2}, {.sensor = 2, .value = -5}, {.sensor = 1, .value = -7}});
  flow.finish();
  CHECK(seen == std::map<std::uint32_t, double>{{1, 12.0}});
}
