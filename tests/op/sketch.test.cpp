// SPDX-License-Identifier: BSL-1.0
#include <levada/op/sketch.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/distinct.hpp>
#include <levada/op/heavy_hitters.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/quantile.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
/// The product of all values, as small a sketch as there can be.
template <class V>
struct product_of {
  V value = 1;
  void add(V v) { value *= v; }
  void merge(const product_of& later) { value *= later.value; }
};
struct product {
  static constexpr std::string_view name = "product";
  template <class V>
  static constexpr bool computes = std::is_arithmetic_v<V>;
  template <class V>
  using sketch = product_of<V>;
  static auto of(const auto& s) { return s.value; }
};
struct parity {
  static constexpr std::string_view name = "parity";
  template <class V>
  static constexpr bool computes = std::is_integral_v<V>;
  template <class V>
  using sketch = product_of<V>;
  static bool of(const auto& s) { return s.value % 2 != 0; }
};
}  // namespace

TEST_CASE("a sketch of one's own is an aggregate: panes are merged, and several results come from one sketch") {
  std::vector<std::int64_t> products;
  std::vector<bool> odd;
  auto flow = lv::flow(lv::from(lv::input<std::int64_t>()) |
                       lv::window<lv::sliding{4, 2}>(lv::aggregate<product, parity>([](std::int64_t v) { return v; })) |
                       lv::to([&](const auto& row) {
                         products.push_back(row.template get<product>());
                         odd.push_back(row.template get<parity>());
                       }));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{3, 5, 7, 9, 1, 2, 3, 4});
  CHECK(products == std::vector<std::int64_t>{945, 126, 24});
  CHECK(odd == std::vector<bool>{true, false, false});
  static_assert(sizeof(lv::sketch_aggregation<std::int64_t reading::*, product, parity>::in_pane<reading>) == 8);
}

TEST_CASE("in windows of time, beside moments, also when a key was silent or is retired") {
  struct result {
    std::int64_t end;
    std::uint32_t sensor;
    std::uint64_t count, levels;
    std::int32_t median;
    std::uint32_t most_frequent;
    bool operator==(const result&) const = default;
  };
  std::vector<result> output;
  auto flow = lv::flow(
      lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 4, .idle = 20_s}) |
      lv::window<lv::sliding{2_s, 1_s}>(
          lv::aggregate<lv::count>(&reading::level), lv::aggregate<lv::distinct<8>>(&reading::level),
          lv::aggregate<lv::quantile<50>>(&reading::level), lv::aggregate<lv::heavy_hitters<1>>(&reading::sensor)) |
      lv::to([&](const auto& row) {
        output.push_back({row.end.ns / 1'000'000'000, row.key, row.template get<lv::count>(), row.template get<lv::distinct<8>>(),
                          row.template get<lv::quantile<50>>(), row.template get<lv::heavy_hitters<1>>()[0].key});
      }));
  REQUIRE(flow.open());
  const auto at = [&](std::int64_t second, std::vector<reading> events) {
    flow.advance({second * 1'000'000'000});
    flow.push(events);
  };
  at(100, {{.sensor = 1, .level = 5}, {.sensor = 1, .level = 9}, {.sensor = 1, .level = 9}});
  at(101, {{.sensor = 1, .level = 7}, {.sensor = 2, .level = 1}});
  at(150, {{.sensor = 3, .level = 4}});
  at(160, {});
  CHECK(output == std::vector<result>{{101, 1, 3, 2, 9, 1},
                                      {102, 1, 4, 3, 7, 1},
                                      {102, 2, 1, 1, 1, 2},
                                      {103, 1, 1, 1, 7, 1},
                                      {103, 2, 1, 1, 1, 2},
                                      {151, 3, 1, 1, 4, 3},
                                      {152, 3, 1, 1, 4, 3}});
}
