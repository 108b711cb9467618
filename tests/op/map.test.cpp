// SPDX-License-Identifier: BSL-1.0
#include <levada/op/map.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
using support::reading;

TEST_CASE("map makes one event of each, with a function or a member") {
  const auto events = support::readings(2000);
  std::vector<double> doubled, members;
  for (const reading& r : events) doubled.push_back(r.value * 2), members.push_back(r.value);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    CHECK(support::outcome<double>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::map([](const reading& r) { return r.value * 2; }) |
                            lv::to([&](double v) { output.push_back(v); }));
          }) == doubled);
    CHECK(support::outcome<double>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::map(&reading::value) |
                            lv::to([&](double v) { output.push_back(v); }));
          }) == members);
  }
}

TEST_CASE("the key stays around the result") {
  const auto events = support::readings(2000);
  std::map<std::uint32_t, double> expected;
  for (const reading& r : events) expected[r.sensor] += r.value * 2;
  std::map<std::uint32_t, double> sums;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
               lv::map([](const reading& r) { return r.value * 2; }) | lv::fold(0.0, [](double& sum, double v) { sum += v; }) |
               lv::to([&](const lv::folded<std::uint32_t, double>& f) { sums[f.key] = f.value; }));
  REQUIRE(flow.open());
  flow.push(events);
  flow.finish();
  CHECK(sums == expected);
}

TEST_CASE("events may own memory, be references into the one before, or be move-only") {
  std::vector<std::string> output;
  struct named {
    std::string name;
  };
  auto flow =
      lv::flow(lv::from(lv::input<int>()) |
               lv::map([](int i) { return named{"a name that is too long for the small string: " + std::to_string(i)}; }) |
               lv::map([](const named& n) -> const std::string& { return n.name; }) |
               lv::map([](const std::string& s) { return std::make_unique<std::string>(s); }) |
               lv::to([&](const std::unique_ptr<std::string>& s) { output.push_back(*s); }));
  REQUIRE(flow.open());
  flow.push(std::vector{1, 2});
  REQUIRE(output.size() == 2);
  CHECK(output[1] == "a name that is too long for the small string: 2");
}

TEST_CASE("what comes in goes out, and is counted so") {
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::map<"one">([](int i) { return i + 1; }) |
                       lv::map<"two">([](int i) { return i + 1; }) | lv::to<"end">([](int) {}));
  REQUIRE(flow.open());
  flow.push(std::vector<int>(100));
  flow.push(1);
  CHECK(flow.counts<"one">().in == 101);
  CHECK(flow.counts<"one">().out == 101);
  CHECK(flow.counts<"two">().out == 101);
  CHECK(flow.counts<"end">().in == 101);
}

TEST_CASE("a function may keep state of its own") {
  std::vector<int> output;
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::map([sum = 0](int i) mutable { return sum += i; }) |
                       lv::to([&](int v) { output.push_back(v); }));
  REQUIRE(flow.open());
  flow.push(std::vector<int>(100, 1));  // framed
  flow.push(std::vector<int>(10, 1));   // not framed
  flow.push(std::vector<int>(100, 1));
  REQUIRE(output.size() == 210);
  CHECK(output[99] == 100);
  CHECK(output[109] == 110);
  CHECK(output[209] == 210);
}
