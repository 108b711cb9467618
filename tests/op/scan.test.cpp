// SPDX-License-Identifier: BSL-1.0
#include <levada/op/scan.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
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

TEST_CASE("scan answers every event with the help of what it remembers") {
  const auto events = support::readings(2000);
  std::vector<double> expected;
  double average = 5;
  for (const reading& r : events) expected.push_back(average += 0.1 * (r.value - average));
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    CHECK(support::outcome<double>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) |
                            lv::scan(5.0, [](double& mean, const reading& r) { return mean += 0.1 * (r.value - mean); }) |
                            lv::to([&](double v) { output.push_back(v); }));
          }) == expected);
  }
}

TEST_CASE("below key_by every key has a memory of its own, that begins as was said") {
  const auto events = support::readings(2000, 100);
  std::vector<double> expected;
  std::map<std::uint32_t, double> averages;
  for (const reading& r : events) {
    double& mean = averages.try_emplace(r.sensor, 5.0).first->second;
    expected.push_back(mean += 0.1 * (r.value - mean));
  }
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    CHECK(support::outcome<double>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                            lv::scan(5.0, [](double& mean, const reading& r) { return mean += 0.1 * (r.value - mean); }) |
                            lv::to([&](double v) { output.push_back(v); }));
          }) == expected);
  }
}

TEST_CASE("a retired key is forgotten") {
  std::vector<int> output;
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::key_by([](int i) { return i; }, {.bound = 1, .idle = 1_s}) |
                       lv::scan<"count">(10, [](int& n, int) { return ++n; }) | lv::to([&](int n) { output.push_back(n); }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(std::vector{1, 1});
  flow.advance({200'000'000'000});
  flow.push(std::vector{2, 2, 2});
  CHECK(output == std::vector{11, 12, 11, 12, 13});
  CHECK(flow.counts<"count">().in == 5);
  CHECK(flow.counts<"count">().out == 5);
}

TEST_CASE("the step may return a reference into its state, and the state may own memory") {
  std::vector<std::string> output;
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::scan(std::string(), [](std::string& s, int i) -> const std::string& {
                         return s += std::to_string(i);
                       }) |
                       lv::to([&](const std::string& s) { output.push_back(s); }));
  REQUIRE(flow.open());
  flow.push(std::vector{1, 2, 3});
  CHECK(output == std::vector<std::string>{"1", "12", "123"});
}
