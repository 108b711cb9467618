// SPDX-License-Identifier: BSL-1.0
#include <levada/op/select.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/flat_map.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/inspect.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {
constexpr auto positive = [](const reading& r) { return r.value > 0; };
constexpr auto high = [](const reading& r) { return r.level > -300; };

/// The same chain below two filters and below two selects.
template <class Out>
void same_as_filter(auto below) {
  const auto events = support::readings(2000);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    const auto plain = support::outcome<Out>(events, length, [&](auto& output) {
      return lv::flow(lv::from(lv::input<reading>()) | lv::filter(positive) | lv::filter(high) | below(output));
    });
    const auto masked = support::outcome<Out>(events, length, [&](auto& output) {
      return lv::flow(lv::from(lv::input<reading>()) | lv::select(positive) | lv::select(high) | below(output));
    });
    CHECK(!plain.empty());
    CHECK(plain == masked);
  }
}
auto collect(auto& output) {
  return lv::to([&output](const auto& e) { output.push_back(e); });
}
}  // namespace

TEST_CASE("select gives what filter gives, whatever follows") {
  SUBCASE("nothing") {
    same_as_filter<reading>([](auto& output) { return collect(output); });
  }
  SUBCASE("map") {
    same_as_filter<double>([](auto& output) { return lv::map(&reading::value) | collect(output); });
  }
  SUBCASE("flat_map") {
    same_as_filter<double>([](auto& output) {
      return lv::flat_map([](const reading& r) { return std::array{r.value, -r.value}; }) | collect(output);
    });
  }
  SUBCASE("inspect") {
    same_as_filter<reading>(
        [](auto& output) { return lv::inspect([](const reading& r) { CHECK(positive(r)); }) | collect(output); });
  }
  SUBCASE("fold") {
    same_as_filter<double>(
        [](auto& output) { return lv::fold(0.0, [](double& sum, const reading& r) { sum += r.value; }) | collect(output); });
  }
  SUBCASE("scan") {
    same_as_filter<double>([](auto& output) {
      return lv::scan(0.0, [](double& sum, const reading& r) { return sum += r.value; }) | collect(output);
    });
  }
  SUBCASE("window") {
    same_as_filter<double>([](auto& output) {
      return lv::window<lv::sliding{8, 2}>(lv::aggregate<lv::mean>(&reading::value)) |
             lv::map([](const auto& row) { return row.template get<lv::mean>(); }) | collect(output);
    });
  }
  SUBCASE("key_by and scan") {
    same_as_filter<double>([](auto& output) {
      return lv::key_by(&reading::sensor) | lv::scan(0.0, [](double& sum, const reading& r) { return sum += r.value; }) |
             collect(output);
    });
  }
  SUBCASE("map, key_by, map, filter") {
    same_as_filter<std::uint32_t>([](auto& output) {
      return lv::map([](const reading& r) { return r.sensor; }) | lv::key_by([](std::uint32_t s) { return s; }) |
             lv::map([](std::uint32_t s) { return s * 2; }) | lv::filter([](std::uint32_t s) { return s > 2; }) | collect(output);
    });
  }
}

TEST_CASE("a sink that takes the mask sees dead events too, and knows them") {
  const auto events = support::readings(1000);
  std::size_t live = 0, all = 0, expected = 0;
  for (const reading& r : events) expected += positive(r) && high(r) ? 1u : 0u;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::select<"positive">(positive) |
                       lv::map<"itself">([](const reading& r) { return r; }) | lv::select<"high">(high) |
                       lv::to<"end">([&](bool alive, const reading& r) {
                         ++all;
                         live += alive ? 1 : 0;
                         if (alive) CHECK(positive(r));
                       }));
  REQUIRE(flow.open());
  support::in_spans(events, 100, [&](auto part) { flow.push(part); });
  CHECK(all == 1000);
  CHECK(live == expected);
  CHECK(flow.counts<"high">().out == expected);
  CHECK(flow.counts<"itself">().in == flow.counts<"positive">().out);
  CHECK(flow.counts<"itself">().out == flow.counts<"positive">().out);
  CHECK(flow.counts<"end">().in == expected);
}

TEST_CASE("a dead event adds no key") {
  const auto events = support::readings(1000, 50);
  std::size_t arrived = 0;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::select([](const reading& r) { return r.sensor < 3; }) |
                       lv::key_by<"sensor">(&reading::sensor, {.bound = 3}) | lv::to([&](const reading&) { ++arrived; }));
  REQUIRE(flow.open());
  flow.push(events);
  std::size_t expected = 0;
  for (const reading& r : events) expected += r.sensor < 3 ? 1 : 0;
  CHECK(arrived == expected);
  CHECK(flow.counts<"sensor">().dropped == 0);
  CHECK(flow.at<"sensor">().state.size() == 3);
}

TEST_CASE_TEMPLATE("kept is the value of the living and zero for the dead, for every kind of number", V, double, float,
                   std::int8_t, std::uint8_t, std::int16_t, std::int32_t, std::int64_t, std::uint64_t) {
  for (V v : {static_cast<V>(0), static_cast<V>(1), static_cast<V>(-1), std::numeric_limits<V>::max(),
              std::numeric_limits<V>::lowest(), std::numeric_limits<V>::infinity()}) {
    CHECK(lv::kept(true, v) == v);
    CHECK(lv::kept(false, v) == V{0});
  }
}
