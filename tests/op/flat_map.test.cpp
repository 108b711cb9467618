// SPDX-License-Identifier: BSL-1.0
#include <levada/op/flat_map.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lv = levada;
using support::reading;

TEST_CASE("flat_map emits the elements of a range, in order, before it looks at the next event") {
  const auto events = support::readings(2000);
  auto copies = [](const reading& r) { return std::vector<double>(r.sensor, r.value); };  // 0 to 6 of them
  std::vector<double> expected;
  for (const reading& r : events)
    for (double v : copies(r)) expected.push_back(v);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    CHECK(support::outcome<double>(events, length, [&](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::flat_map(copies) |
                            lv::to([&](double v) { output.push_back(v); }));
          }) == expected);
  }
}

TEST_CASE("an optional is a range of one or none") {
  const auto events = support::readings(2000);
  auto root = [](const reading& r) { return r.value < 0 ? std::nullopt : std::optional<double>(r.value); };
  std::vector<double> expected;
  for (const reading& r : events)
    if (r.value >= 0) expected.push_back(r.value);
  CHECK(support::outcome<double>(events, 100, [&](auto& output) {
          return lv::flow(lv::from(lv::input<reading>()) | lv::flat_map(root) | lv::to([&](double v) { output.push_back(v); }));
        }) == expected);
}

TEST_CASE("a span may view the function's own storage") {
  std::vector<int> output;
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::flat_map([own = std::array<int, 3>{}](int i) mutable {
                         own = {i, i + 1, i + 2};
                         return std::span<const int>(own);
                       }) |
                       lv::to([&](int v) { output.push_back(v); }));
  REQUIRE(flow.open());
  flow.push(std::vector{10, 20});
  CHECK(output == std::vector{10, 11, 12, 20, 21, 22});
  output.clear();
  flow.push(std::vector<int>(100, 5));  // in a frame the storage is a copy
  CHECK(output.size() == 300);
  CHECK(output.back() == 7);
}

TEST_CASE("a member of the event may be the range") {
  std::vector<char> output;
  struct line {
    std::string text;
  };
  auto flow = lv::flow(lv::from(lv::input<line>()) | lv::flat_map(&line::text) | lv::to([&](char c) { output.push_back(c); }));
  REQUIRE(flow.open());
  flow.push(line{"abc"});
  CHECK(output == std::vector{'a', 'b', 'c'});
}

TEST_CASE("the key of the event stays around each element") {
  std::map<std::uint32_t, int> last;
  const auto events = support::readings(500);
  std::map<std::uint32_t, int> expected;
  for (const reading& r : events) expected[r.sensor] += 2;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                       lv::flat_map([](const reading& r) { return std::array{r.sensor, r.sensor}; }) |
                       lv::scan(0, [&](int& n, std::uint32_t sensor) { return last[sensor] = ++n; }) | lv::to([](int) {}));
  REQUIRE(flow.open());
  flow.push(events);
  CHECK(last == expected);
}

TEST_CASE("in and out are counted apart") {
  auto flow = lv::flow(lv::from(lv::input<int>()) |
                       lv::flat_map<"n">([](int n) { return std::vector<int>(static_cast<std::size_t>(n)); }) |
                       lv::map<"map">([](int i) { return i; }) | lv::to<"end">([](int) {}));
  REQUIRE(flow.open());
  flow.push(std::vector{0, 1, 2, 3});
  CHECK(flow.counts<"n">().in == 4);
  CHECK(flow.counts<"n">().out == 6);
  CHECK(flow.counts<"map">().out == 6);
  CHECK(flow.counts<"end">().in == 6);
}
