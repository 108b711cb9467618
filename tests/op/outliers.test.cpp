// SPDX-License-Identifier: BSL-1.0
#include <levada/op/outliers.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

double median_of(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2] / 2 + v[(v.size() - 1) / 2] / 2;
}
struct found {
  std::uint32_t sensor;
  double value, median, deviation;
  bool operator==(const found&) const = default;
};
template <std::size_t N>
std::vector<found> naive(const std::vector<reading>& events, lv::far_from_median bounds) {
  std::map<std::uint32_t, std::deque<double>> pasts;
  std::vector<found> all;
  for (const reading& e : events) {
    auto& past = pasts[e.sensor];
    if (std::isnan(e.value)) continue;
    if (past.size() == N) {
      std::vector<double> distances(past.begin(), past.end());
      const double median = median_of(distances);
      for (double& d : distances) d = std::fabs(d - median);
      const double deviation = std::max(1.4826 * median_of(distances), bounds.least);
      if (std::fabs(e.value - median) > bounds.deviations * deviation) all.push_back({e.sensor, e.value, median, deviation});
    }
    if (!std::isfinite(e.value)) continue;
    past.push_back(e.value);
    if (past.size() > N) past.pop_front();
  }
  return all;
}
/// Sensors that measure something normal, or hardly ever anything but zero, with spikes, steps and holes.
std::vector<reading> spiky(std::size_t n) {
  auto events = support::readings(n);
  support::random r{12};
  for (reading& e : events) {
    e.value = e.sensor < 3 ? r.normal(20, 2) : static_cast<double>(r.below(20) / 17);
    if (r.one_in(40)) e.value += r.normal(0, 40);
    if (e.time.ns % 4'000 > 2'000) e.value += 0.25;
    if (r.one_in(200)) e.value = r.one_in(2) ? std::numeric_limits<double>::infinity() : std::nan("");
  }
  return events;
}
template <std::size_t N>
void matches(lv::far_from_median bounds) {
  CAPTURE(N);
  const auto events = spiky(4000);
  const auto expected = naive<N>(events, bounds);
  CHECK(expected.size() > 10);
  for (std::size_t length : support::span_lengths)
    CHECK(support::outcome<found>(events, length, [&](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                            lv::outliers<N>(&reading::value, bounds) | lv::to([&](const lv::outlier<reading>& o) {
                              output.push_back({o.event.sensor, o.event.value, o.median, o.deviation});
                            }));
          }) == expected);
}

struct counting_port : lv::probe_port {
  std::size_t* n;
  void operator()(const lv::outlier<double>&) const { ++*n; }
};

}  // namespace

TEST_CASE("those far from the median of the values before them, key by key, as one computes it with a sorted list") {
  matches<3>({});
  matches<8>({.deviations = 2.5});
  matches<31>({.deviations = 3, .least = 0.1});
  matches<64>({});
}

TEST_CASE("a new level is believed after half of the past, and the distance is said in deviations") {
  std::vector<double> distances;
  auto flow = lv::flow(lv::from(lv::input<double>()) | lv::outliers<9>([](double v) { return v; }, {.least = 0.5}) |
                       lv::to([&](const lv::outlier<double>& o) { distances.push_back(o.distance); }));
  REQUIRE(flow.open());
  flow.push(std::vector<double>(20, 1.0));
  flow.push(std::vector<double>(20, 5.0));
  CHECK(distances == std::vector<double>(5, 8.0));
}

TEST_CASE("an infinity is an outlier and is not kept, NaN is dropped and counted, and equal values have no deviation") {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  std::vector<lv::outlier<double>> output;
  auto flow = lv::flow(lv::from(lv::input<double>()) | lv::outliers<"far", 3>([](double v) { return v; }) |
                       lv::to([&](const lv::outlier<double>& o) { output.push_back(o); }));
  REQUIRE(flow.open());
  flow.push(std::vector<double>{1, 1, std::nan(""), 1, -infinite, 1, 1.5});
  CHECK(flow.counts<"far">().dropped == 1);
  REQUIRE(output.size() == 2);
  CHECK((output[0].event == -infinite && output[0].distance == infinite));
  CHECK((output[1].event == 1.5 && output[1].median == 1 && output[1].deviation == 0 && output[1].distance == infinite));
}

TEST_CASE("a retired key's past is forgotten") {
  std::size_t outliers = 0;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::outliers<3>(&reading::value) | lv::to([&](const lv::outlier<reading>&) { ++outliers; }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>(5, reading{.sensor = 1, .value = 5}));
  flow.advance({200'000'000'000});
  flow.push(std::vector<reading>(3, reading{.sensor = 2, .value = 50}));
  CHECK(outliers == 0);
}

TEST_CASE("its state is bytes, and all: a second operator that gets them goes on equally") {
  support::random r{3};
  auto value = [](double v) { return v; };
  lv::outliers_operator<"", 16, decltype(value)> live{value, {}}, restored{value, {}};
  std::size_t in_live = 0, in_restored = 0;
  counting_port to_live{{}, &in_live}, to_restored{{}, &in_restored};
  live.on(lv::start{1}, to_live);
  restored.on(lv::start{1}, to_restored);
  for (int i = 0; i < 100; ++i) live(r.normal(0, 1), to_live);
  std::memcpy(static_cast<void*>(restored.state.begin()), live.state.begin(), sizeof(*live.state.begin()));
  in_live = 0;
  for (int i = 0; i < 500; ++i) {
    const double v = r.normal(0, 1.5);
    live(v, to_live);
    restored(v, to_restored);
    CHECK(in_live == in_restored);
  }
  CHECK(in_live > 10);
}
