// SPDX-License-Identifier: BSL-1.0
#include <levada/op/state_window.hpp>

#include "../support/rows.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;
using support::result;

namespace {

constexpr std::uint32_t sensors = 5;
enum class phase : std::uint8_t { warming, pressing, cooling };
constexpr auto phase_of = [](const reading& r) {
  return r.level < -400 ? phase::warming : r.level < 500 ? phase::pressing : phase::cooling;
};
using told = std::pair<phase, result>;

std::vector<told> by_hand(const std::vector<reading>& events, bool keyed, lv::minimum least) {
  std::vector<told> output;
  std::map<std::uint32_t, std::vector<reading>> of_key;
  auto close = [&](std::uint32_t key, std::vector<reading>& run, std::int64_t end) {
    if (!run.empty() && run.size() >= least.events && end - run.front().time.ns >= least.time.ns)
      output.push_back({phase_of(run.front()), support::by_hand(key, run.front().time.ns, end, run)});
    run.clear();
  };
  for (const reading& e : events) {
    auto& run = of_key[keyed ? e.sensor : 0];
    if (!run.empty() && phase_of(run.back()) != phase_of(e)) close(keyed ? e.sensor : 0, run, e.time.ns);
    run.push_back(e);
  }
  for (auto& [key, run] : of_key) close(key, run, run.back().time.ns);
  return output;
}

template <lv::minimum Least>
void windows_match(std::uint64_t seed) {
  const auto events = support::readings(3000, sensors, seed);
  for (const bool keyed : {false, true}) {
    auto makes = [keyed](std::vector<told>& output) {
      return lv::flow(
          lv::from(lv::input<reading>()) | lv::link{support::marks{}} |
          lv::key_by([keyed](const reading& e) { return keyed ? e.sensor : 0u; }, lv::dense_keys{sensors}) |
          lv::state_window<"here", Least>(phase_of, lv::at(&reading::time), support::of_level(), support::of_value()) |
          lv::to([&output](const auto& row) { output.push_back({row.state, support::result_of(row)}); }));
    };
    const auto expected = by_hand(events, keyed, Least);
    CHECK(expected.size() > 50);
    const bool same = support::in_any_spans<told>(events, makes) == expected;
    CHECK(same);
    const bool same_after_restarts = support::with_restarts<told>(events, 7, makes) == expected;
    CHECK(same_after_restarts);
  }
}

}  // namespace

TEST_CASE(
    "a window is the events in a row that have one value, which is in the row; those too short or too few are passed over") {
  windows_match<lv::minimum{}>(1);
  windows_match<lv::minimum{.events = 3}>(2);
  windows_match<lv::minimum{.time = 2_ms}>(3);
}

TEST_CASE("windows follow each other without a gap: one ends when the next begins; without at that is processing time") {
  std::vector<std::tuple<std::int64_t, std::int64_t, std::int32_t, std::uint64_t>> output;
  auto flow = lv::flow(
      lv::from(lv::input<reading>()) | lv::state_window(&reading::level, lv::aggregate<lv::count>(&reading::value)) |
      lv::to([&](const auto& row) { output.emplace_back(row.start.ns, row.end.ns, row.state, row.template get<lv::count>()); }));
  REQUIRE(flow.open());
  std::int64_t now = 0;
  for (const std::int32_t level : {1, 1, 0, 2, 2, 2}) {
    flow.advance({now += 10});
    flow.push(reading{.level = level});
  }
  flow.finish();
  CHECK(output == decltype(output){{10, 30, 1, 2}, {30, 40, 0, 1}, {40, 60, 2, 3}});
}

TEST_CASE("a retired key's window is emitted before the key is forgotten, and does not go on for the next one in its slot") {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::state_window(&reading::level, lv::aggregate<lv::count>(&reading::value)) |
                       lv::to([&](const auto& row) { output.emplace_back(row.key, row.template get<lv::count>()); }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>(3, {.sensor = 7}));
  flow.advance({200'000'000'000});
  flow.push(std::vector<reading>(2, {.sensor = 8}));
  flow.finish();
  CHECK(output == std::vector<std::pair<std::uint32_t, std::uint64_t>>{{7, 3}, {8, 2}});
}
