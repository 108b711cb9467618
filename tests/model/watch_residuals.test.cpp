// SPDX-License-Identifier: BSL-1.0
#include <levada/model/watch_residuals.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
enum class side : std::uint8_t { none, above, below };
/// Adds values up, and says when the sum has gone far from where it began, or by a bool that it has.
template <class Change>
struct summing {
  double limit = 100, sum = 0;

  Change add(double v) {
    sum += v;
    if (sum < limit && sum > -limit) return Change{};
    const bool above = sum > 0;
    sum = 0;
    if constexpr (std::is_enum_v<Change>)
      return above ? side::above : side::below;
    else
      return true;
  }
};
static_assert(lv::change_detector<summing<bool>> && lv::change_detector<summing<side>>);
static_assert(!lv::change_detector<summing<int>>);

struct noticed {
  reading event;
  double value;
  int change;
  friend bool operator==(const noticed&, const noticed&) = default;
};
double residual(const reading& r) { return r.value - r.level / 20.0; }

template <class Change>
auto watched(std::vector<noticed>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) |
                  lv::watch_residuals<"residuals">(residual, summing<Change>{400}) |
                  lv::to([&](const auto& c) { output.push_back({c.event, c.value, static_cast<int>(c.change)}); }));
}
template <class Change>
std::vector<noticed> naive(const std::vector<reading>& events) {
  std::map<std::uint32_t, summing<Change>> detectors;
  std::vector<noticed> all;
  for (const reading& r : events) {
    auto& d = detectors.try_emplace(r.sensor, summing<Change>{400}).first->second;
    if (const Change c = d.add(residual(r)); c != Change{}) all.push_back({r, residual(r), static_cast<int>(c)});
  }
  return all;
}
}  // namespace

TEST_CASE("the events with which each key's detector says that something has changed") {
  const auto events = support::readings(5000);
  const auto sides = naive<side>(events), just = naive<bool>(events);
  REQUIRE(sides.size() > 20);
  REQUIRE(sides.size() < 2500);
  for (const std::size_t length : support::span_lengths) {
    CHECK(support::outcome<noticed>(events, length, [](auto& output) { return watched<side>(output); }) == sides);
    CHECK(support::outcome<noticed>(events, length, [](auto& output) { return watched<bool>(output); }) == just);
  }
}

TEST_CASE("detectors survive a restart") {
  const auto events = support::readings(300);
  const auto expected = naive<side>(events);
  for (const std::size_t stop : {0u, 1u, 150u, 300u})
    CHECK(support::outcome_of_two<"residuals", noticed>(events, stop, [](auto& output) { return watched<side>(output); }) ==
          expected);
}

TEST_CASE("a retired key's detector begins anew, as the one that was given") {
  std::vector<double> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::watch_residuals(&reading::value, summing<bool>{10}) |
                       lv::to([&](const auto& c) { output.push_back(c.value); }));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(std::vector<reading>{{.value = 9}});
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>{{.value = 8}});
  CHECK(output.empty());
  flow.push(std::vector<reading>{{.value = 7}});
  CHECK(output == std::vector<double>{7});
}
