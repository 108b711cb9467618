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

#include <concepts>
#include <type_traits>

namespace lv = levada;
using support::reading;

namespace {
template <class Chain>
using row_of = lv::payload_type<typename Chain::output>;
template <class Row>
concept has_key = requires(Row r) { r.key; };

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
