// SPDX-License-Identifier: BSL-1.0
#include <levada/op/threshold_window.hpp>

#include "../support/rows.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;
using support::result;

namespace {

constexpr std::uint32_t sensors = 5;
constexpr auto high = [](const reading& r) { return r.level > -200; };

/// Window by window, of each key by itself; the last one as it is.
std::vector<result> by_hand(const std::vector<reading>& events, bool keyed, lv::minimum least) {
  struct run {
    std::vector<reading> events{};
  };
  std::vector<result> output;
  std::map<std::uint32_t, run> of_key;
  auto close = [&](std::uint32_t key, run& r, std::int64_t end) {
    if (!r.events.empty() && r.events.size() >= least.events && end - r.events.front().time.ns >= least.time.ns)
      output.push_back(support::by_hand(key, r.events.front().time.ns, end, r.events));
    r = {};
  };
  for (const reading& e : events) {
    const std::uint32_t key = keyed ? e.sensor : 0;
    if (high(e))
      of_key[key].events.push_back(e);
    else
      close(key, of_key[key], e.time.ns);
  }
  for (auto& [key, r] : of_key)
    if (!r.events.empty()) close(key, r, r.events.back().time.ns);
  return output;
}

template <lv::minimum Least>
void windows_match(std::uint64_t seed) {
  const auto events = support::readings(3000, sensors, seed);
  for (const bool keyed : {false, true}) {
    auto makes = [keyed](std::vector<result>& output) {
      return lv::flow(
          lv::from(lv::input<reading>()) | lv::link{support::marks{}} |
          lv::key_by([keyed](const reading& e) { return keyed ? e.sensor : 0u; }, lv::dense_keys{sensors}) |
          lv::threshold_window<"here", Least>(high, lv::at(&reading::time), support::of_level(), support::of_value()) |
          lv::to([&output](const auto& row) { output.push_back(support::result_of(row)); }));
    };
    const auto expected = by_hand(events, keyed, Least);
    CHECK(expected.size() > 50);
    CHECK(support::in_any_spans<result>(events, makes) == expected);
    CHECK(support::with_restarts<result>(events, 7, makes) == expected);
  }
}

}  // namespace

TEST_CASE("a window is the events in a row for which the condition holds; those too short or too few are passed over") {
  windows_match<lv::minimum{}>(1);
  windows_match<lv::minimum{.events = 3}>(2);
  windows_match<lv::minimum{.time = 2_ms}>(3);
  windows_match<lv::minimum{.events = 2, .time = 1_ms}>(4);
}

TEST_CASE("without at, times are those of processing; a member can be the condition; nothing is counted as dropped") {
  struct part {
    bool hot = false;
    int degrees = 0;
  };
  std::vector<std::array<std::int64_t, 3>> output;
  auto flow =
      lv::flow(lv::from(lv::input<part>()) |
               lv::threshold_window<"here", lv::minimum{.events = 2}>(&part::hot, lv::aggregate<lv::max>(&part::degrees)) |
               lv::to([&](const auto& row) { output.push_back({row.start.ns, row.end.ns, row.template get<lv::max>()}); }));
  REQUIRE(flow.open());
  std::int64_t now = 0;
  for (const part p : {part{true, 60}, {false, 20}, {true, 70}, {true, 90}, {false, 10}, {false, 10}, {true, 65}, {true, 61}}) {
    flow.advance({now += 10});
    flow.push(p);
  }
  CHECK(output == std::vector<std::array<std::int64_t, 3>>{{30, 50, 90}});
  CHECK(flow.counts<"here">().dropped == 0);
  flow.finish();
  CHECK(output == std::vector<std::array<std::int64_t, 3>>{{30, 50, 90}, {70, 80, 65}});
}

TEST_CASE("a retired key's window is emitted, up to its last event, before the key is forgotten") {
  std::vector<result> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::threshold_window(high, lv::at(&reading::time), support::of_level(), support::of_value()) |
                       lv::to([&](const auto& row) { output.push_back(support::result_of(row)); }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>{{{10}, 7, 3, 0}, {{15}, 7, 4, 0}});
  flow.advance({200'000'000'000});
  REQUIRE(output.size() == 1);
  CHECK(output[0] == result{7, 10, 15, 2, 7, 3, 4, 3, 4, 0});
  flow.push(reading{{40}, 8, 5, 0});
  flow.finish();
  REQUIRE(output.size() == 2);
  CHECK(output[1] == result{8, 40, 40, 1, 5, 5, 5, 5, 5, 0});
}
