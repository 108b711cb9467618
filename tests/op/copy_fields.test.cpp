// SPDX-License-Identifier: BSL-1.0
#include <levada/op/copy_fields.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/select.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {
struct position {
  float x, y;
};
struct measured {
  lv::timestamp time;
  lv::text<8> press;
  position where;
  std::int16_t axes[3];
  std::uint32_t counter;
  float value;
  std::int32_t level;
  bool valid;
};
struct published {
  double value;          // float
  lv::text<16> press;    // text<8>
  std::int64_t counter;  // std::uint32_t
  double level;          // std::int32_t
  bool valid;
  std::int16_t axes[3];
  position where;
  lv::timestamp time;
};
}  // namespace

TEST_CASE("members go to their namesakes, wherever these stand, and numbers become wider ones") {
  std::vector<published> output;
  auto flow = lv::flow(lv::from(lv::input<measured>()) | lv::copy_fields<published>() |
                       lv::to([&](const published& p) { output.push_back(p); }));
  REQUIRE(flow.open());
  flow.push(std::vector<measured>{{{5}, "p1", {1, 2}, {3, -4, 5}, 4'000'000'000u, 0.1f, -7, true}});
  REQUIRE(output.size() == 1);
  const published& p = output[0];
  CHECK(p.value == static_cast<double>(0.1f));
  CHECK(p.press == lv::text<16>("p1"));
  CHECK(p.counter == 4'000'000'000);
  CHECK(p.level == -7);
  CHECK(p.valid);
  CHECK((p.axes[0] == 3 && p.axes[1] == -4 && p.axes[2] == 5));
  CHECK((p.where.x == 1 && p.where.y == 2));
  CHECK(p.time == lv::timestamp{5});
}

TEST_CASE("a type holds another's values if none of them is lost") {
  using lv::detail::holds_all_of;
  static_assert(holds_all_of<std::int32_t, double>() && !holds_all_of<std::int64_t, double>());
  static_assert(holds_all_of<std::uint8_t, std::int16_t>() && !holds_all_of<std::int8_t, std::uint16_t>());
  static_assert(!holds_all_of<std::uint32_t, std::int32_t>() && !holds_all_of<std::uint32_t, float>());
  static_assert(!holds_all_of<double, float>() && !holds_all_of<float, std::int64_t>() && holds_all_of<float, double>());
  static_assert(holds_all_of<bool, int>() && !holds_all_of<int, bool>() && holds_all_of<bool, bool>());
  static_assert(holds_all_of<lv::text<8>, lv::text<9>>() && !holds_all_of<lv::text<9>, lv::text<8>>());
  static_assert(!holds_all_of<lv::timestamp, std::int64_t>() && !holds_all_of<int[2], int[3]>());
}

TEST_CASE("in plain, keyed and masked streams, however spans are cut") {
  struct short_reading {
    double value;
    std::uint64_t sensor;
    bool operator==(const short_reading&) const = default;
  };
  const auto events = support::readings(2000);
  std::vector<short_reading> expected;
  for (const reading& e : events)
    if (e.level > 0) expected.push_back({e.value, e.sensor});
  for (std::size_t length : support::span_lengths)
    CHECK(support::outcome<short_reading>(events, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::select([](const reading& e) { return e.level > 0; }) |
                            lv::key_by(&reading::sensor) | lv::copy_fields<short_reading>() |
                            lv::to([&](const short_reading& s) { output.push_back(s); }));
          }) == expected);
}

TEST_CASE("a default of a longer text leaves nothing behind the words") {
  struct shipped {
    lv::text<16> press{"fifteen letters"};
  };
  std::vector<shipped> output;
  auto flow = lv::flow(lv::from(lv::input<measured>()) | lv::copy_fields<shipped>() |
                       lv::to([&](const shipped& s) { output.push_back(s); }));
  REQUIRE(flow.open());
  measured m{};
  m.press = "p1";
  flow.push(m);
  REQUIRE(output.size() == 1);
  CHECK(output[0].press == lv::text<16>("p1"));
}
