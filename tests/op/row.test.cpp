// SPDX-License-Identifier: BSL-1.0
#include <levada/op/row.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {
template <class Chain>
using row_of = lv::payload_type<typename Chain::output>;
template <class Row>
concept has_key = requires(Row r) { r.key; };
template <class Row>
concept has_features = requires(Row r) {
  r.features();
  Row::names;
};

/// An aggregation that is a stranger to op/: it wants to know the shape of the window, and gives features by names of its own.
struct how_many {};
struct shape_told {};
template <std::size_t Panes = 0, std::size_t Events = 0>
struct shape_teller {
  std::int32_t reading::* value = &reading::level;

  struct in_pane_type {
    int events = 0;
    void begin(std::int32_t) { events = 0; }
    void add(std::int32_t) { ++events; }
    void merge(const in_pane_type& later, std::uint64_t) { events += later.events; }
  };
  template <class>
  using in_pane = in_pane_type;
  template <class>
  using in_window = in_pane_type;
  template <class>
  struct results {
    static constexpr std::array<std::string_view, 3> names{"events", "panes", "in_pane"};
    std::array<float, 3> values{};
    template <class A>
    static constexpr bool has = std::same_as<A, how_many> || std::same_as<A, shape_told>;
    template <class A>
    [[nodiscard]] float get() const {
      return std::same_as<A, how_many> ? values[0] : 100 * values[1] + values[2];
    }
    [[nodiscard]] std::span<const float> features() const { return values; }
    static results of(const in_pane_type& w) { return {{static_cast<float>(w.events), Panes, Events}}; }
  };
  template <std::size_t N, std::size_t M>
  using in_shape = shape_teller<N, M>;
  template <class>
  static consteval bool fits() {
    return true;
  }
};

[[maybe_unused]] auto unkeyed() {
  return lv::from(lv::input<reading>()) |
         lv::window<lv::tumbling{2}>(lv::aggregate<lv::mean, lv::max, lv::count>(&reading::value),
                                     lv::aggregate<lv::max, lv::sum, lv::first>(&reading::level));
}
[[maybe_unused]] auto keyed() {
  return lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
         lv::window<lv::tumbling{2}>(lv::aggregate<lv::last>(&reading::time));
}
}  // namespace

TEST_CASE("a row gives each result by the name of its aggregate, and the Nth where several have it") {
  row_of<decltype(unkeyed())> row{};
  auto flow = lv::flow(unkeyed() | lv::to([&](const auto& r) { row = r; }));
  REQUIRE(flow.open());
  flow.push(std::vector<reading>{{.level = 5, .value = 1.5}, {.level = -3, .value = 2.5}});
  CHECK(row.get<lv::mean>() == 2.0);
  CHECK(row.get<lv::count>() == 2);
  CHECK(row.get<lv::max>() == 2.5);
  CHECK(row.get<lv::max, 0>() == 2.5);
  CHECK(row.get<lv::max, 1>() == 5);
  CHECK(row.get<lv::sum>() == 2);
  CHECK(row.get<lv::first>() == 5);
}

TEST_CASE("its types are those of the results") {
  using row = row_of<decltype(unkeyed())>;
  CHECK(std::same_as<decltype(row{}.get<lv::mean>()), double>);
  CHECK(std::same_as<decltype(row{}.get<lv::max, 1>()), std::int32_t>);
  CHECK(std::same_as<decltype(row{}.get<lv::sum>()), std::int64_t>);
  CHECK(std::same_as<decltype(row{}.get<lv::count>()), std::uint64_t>);
  CHECK(std::same_as<decltype(row_of<decltype(keyed())>{}.get<lv::last>()), lv::timestamp>);
}

TEST_CASE("it has a key below key_by and nowhere else") {
  using plain = row_of<decltype(unkeyed())>;
  using with_key = row_of<decltype(keyed())>;
  CHECK(!has_key<plain>);
  CHECK(std::same_as<decltype(with_key::key), std::uint32_t>);
}

TEST_CASE("it may cross a process: it is trivially copyable") {
  CHECK(std::is_trivially_copyable_v<row_of<decltype(unkeyed())>>);
  CHECK(std::is_trivially_copyable_v<row_of<decltype(keyed())>>);
}

TEST_CASE("it has features, if exactly one of its groups has them; an aggregation is told of the window, if it asks") {
  const auto row_of_window = [](auto window) {
    auto source = lv::from(lv::input<reading>()) | std::move(window);
    row_of<decltype(source)> row{};
    auto flow = lv::flow(std::move(source) | lv::to([&](const auto& r) { row = r; }));
    REQUIRE(flow.open());
    flow.push(std::vector<reading>(6));
    flow.advance({10'000'000'000});
    return row;
  };
  const auto counted = row_of_window(lv::window<lv::sliding{6, 2}>(lv::aggregate<lv::count>(&reading::level), shape_teller<>{}));
  CHECK(counted.get<how_many>() == 6);
  CHECK(counted.get<shape_told>() == 302);
  CHECK(counted.get<lv::count>() == 6);
  REQUIRE(counted.features().size() == 3);
  CHECK(counted.features()[0] == 6);
  CHECK(counted.names[1] == "panes");
  using namespace lv::literals;
  CHECK(row_of_window(lv::window<lv::sliding{10_s, 2_s}>(shape_teller<>{})).get<shape_told>() == 500);

  CHECK(!has_features<row_of<decltype(unkeyed())>>);
  const auto twice = row_of_window(lv::window<lv::tumbling{6}>(shape_teller<>{}, shape_teller<>{}));
  CHECK(!has_features<decltype(twice)>);
  CHECK(lv::get<1>(twice.groups).features()[0] == 6);
}
