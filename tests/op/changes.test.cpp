// SPDX-License-Identifier: BSL-1.0
#include <levada/op/changes.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
std::vector<reading> few_levels(std::size_t n) {
  auto events = support::readings(n);
  for (reading& r : events) r.level = r.level > 0 ? 1 : r.level > -500 ? 0 : -1;
  return events;
}
std::vector<reading> changed(const std::vector<reading>& events, bool by_sensor) {
  std::map<std::uint32_t, std::int32_t> before;
  std::vector<reading> kept;
  for (const reading& r : events) {
    const auto [at, is_new] = before.try_emplace(by_sensor ? r.sensor : 0, r.level);
    if (!is_new && at->second == r.level) continue;
    at->second = r.level;
    kept.push_back(r);
  }
  return kept;
}
auto through(auto op, std::vector<reading>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | std::move(op) | lv::to([&](const reading& r) { output.push_back(r); }));
}
}  // namespace

TEST_CASE("the first event, and those with another value than the one before, of each key") {
  const auto events = few_levels(3000);
  for (const std::size_t length : support::span_lengths) {
    CHECK(support::outcome<reading>(events, length, [&](auto& output) {
            return through(lv::changes(&reading::level), output);
          }) == changed(events, false));
    CHECK(support::outcome<reading>(events, length, [&](auto& output) {
            return through(lv::key_by(&reading::sensor) | lv::changes([](const reading& r) { return r.level; }), output);
          }) == changed(events, true));
  }
}

TEST_CASE("two NaN do not differ, nor do the two zeros") {
  std::vector<double> output;
  auto flow = lv::flow(lv::from(lv::input<double>()) | lv::changes([](double v) { return v; }) |
                       lv::to([&](double v) { output.push_back(v); }));
  REQUIRE(flow.open());
  flow.push(std::vector<double>{0, -0.0, NAN, NAN, 1, 1, NAN});
  CHECK(output.size() == 4);
}

TEST_CASE("a retired key's next event passes, and a restart is not noticed") {
  std::vector<reading> output;
  auto flow = through(lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) | lv::changes(&reading::level), output);
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(std::vector<reading>(3));
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>(3));
  CHECK(output.size() == 2);

  const auto events = few_levels(500);
  for (const std::size_t stop : {1u, 250u, 500u})
    CHECK(support::outcome_of_two<"changes", reading>(events, stop, [&](auto& to) {
            return through(lv::key_by(&reading::sensor, lv::dense_keys{8}) | lv::changes<"changes">(&reading::level), to);
          }) == changed(events, true));
}
