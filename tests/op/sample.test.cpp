// SPDX-License-Identifier: BSL-1.0
#include <levada/op/sample.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
auto through(auto op, std::vector<reading>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | std::move(op) | lv::to([&](const reading& r) { output.push_back(r); }));
}
std::vector<reading> every(const std::vector<reading>& events, std::uint32_t n, bool by_sensor) {
  std::map<std::uint32_t, std::uint32_t> seen;
  std::vector<reading> kept;
  for (const reading& r : events)
    if (seen[by_sensor ? r.sensor : 0]++ % n == 0) kept.push_back(r);
  return kept;
}
}  // namespace

TEST_CASE("the first event and every n-th after it, of each key") {
  const auto events = support::readings(3000);
  for (const std::uint32_t n : {1u, 2u, 3u, 100u, 10'000u})
    for (const std::size_t length : support::span_lengths) {
      CHECK(support::outcome<reading>(events, length, [&](auto& output) { return through(lv::sample(lv::one_in{n}), output); }) ==
            every(events, n, false));
      CHECK(support::outcome<reading>(events, length, [&](auto& output) {
              return through(lv::key_by(&reading::sensor) | lv::sample(lv::one_in{n}), output);
            }) == every(events, n, true));
    }
}

TEST_CASE("a share of the keys, with all their events, the same ones each time") {
  const auto events = support::readings(50'000, 10'000);
  std::set<std::uint32_t> all, smaller;
  for (const reading& r : events) all.insert(r.sensor);
  for (const double share : {0.0, 0.01, 0.1, 0.5, 1.0}) {
    CAPTURE(share);
    std::vector<reading> output;
    auto flow = through(lv::sample<"share">(lv::share{share}, &reading::sensor), output);
    REQUIRE(flow.open());
    flow.push(events);
    std::set<std::uint32_t> chosen;
    for (const reading& r : output) chosen.insert(r.sensor);
    CHECK(static_cast<double>(chosen.size()) == doctest::Approx(share * static_cast<double>(all.size())).epsilon(0.15));
    std::vector<reading> expected;
    for (const reading& r : events)
      if (chosen.contains(r.sensor)) expected.push_back(r);
    CHECK(output == expected);
    for (const std::uint32_t sensor : smaller) CHECK(chosen.contains(sensor));
    smaller = chosen;
    CHECK(flow.counts<"share">().out == output.size());
  }
}

TEST_CASE("a retired key begins anew, and a restart does not") {
  std::vector<reading> output;
  auto flow = through(lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) | lv::sample(lv::one_in{100}), output);
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(std::vector<reading>(5));
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>(5));
  CHECK(output.size() == 2);

  const auto events = support::readings(500);
  for (const std::size_t stop : {1u, 250u, 500u})
    CHECK(support::outcome_of_two<"nth", reading>(events, stop, [&](auto& to) {
            return through(lv::key_by(&reading::sensor, lv::dense_keys{8}) | lv::sample<"nth">(lv::one_in{7}), to);
          }) == every(events, 7, true));
}
