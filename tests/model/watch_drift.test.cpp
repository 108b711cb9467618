// SPDX-License-Identifier: BSL-1.0
#include <levada/model/watch_drift.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {
/// Two features that were normal in training, with the same mean and different deviations, by deciles of the first.
lv::training_histogram trained() {
  std::vector<float> edges{-1.2816f, -0.8416f, -0.5244f, -0.2533f, 0, 0.2533f, 0.5244f, 0.8416f, 1.2816f};
  const std::vector<float> both = [&] {
    auto twice = edges;
    for (const float e : edges) twice.push_back(10 * e);
    return twice;
  }();
  std::vector<float> counts(22, 1000);
  counts[10] = counts[21] = 0;
  auto h = lv::training_histogram::make({2, 10, both, counts});
  if (!h) FAIL(h.error().sentence.c_str());
  return std::move(*h);
}
/// `level` is the thousandth of the first feature; from `drifts` on the second one is shifted.
std::vector<reading> spread(std::size_t n, std::size_t drifts) {
  support::random r{3};
  auto events = support::readings(n);
  for (std::size_t i = 0; i < n; ++i) {
    events[i].level = static_cast<std::int32_t>(1000 * r.normal(0, 1));
    events[i].value = r.normal(i < drifts ? 0 : 15, 10);
  }
  return events;
}
float first_of(const reading& r) { return static_cast<float>(r.level) / 1000; }

struct seen_drift {
  std::uint32_t feature, count;
  float psi, ks;
  friend bool operator==(const seen_drift&, const seen_drift&) = default;
};
auto watched(lv::drift_options options, std::vector<seen_drift>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::watch_drift<"drift">(trained(), options, first_of, &reading::value) |
                  lv::to([&](const lv::drift& d) { output.push_back({d.feature, d.count, d.psi, d.ks}); }));
}
/// Window by window, from the events themselves.
std::vector<seen_drift> naive(const std::vector<reading>& events, lv::drift_options options) {
  const auto h = trained();
  std::vector<seen_drift> all;
  for (std::size_t begin = 0; begin + options.window <= events.size(); begin += options.window)
    for (std::uint32_t f = 0; f < 2; ++f) {
      std::vector<std::uint32_t> counts(11);
      for (std::size_t i = begin; i < begin + options.window; ++i)
        ++counts[h.cell_of(f, f == 0 ? first_of(events[i]) : static_cast<float>(events[i].value))];
      const auto d = h.distance(f, counts);
      if (d.psi >= options.psi) all.push_back({f, options.window, d.psi, d.ks});
    }
  return all;
}
}  // namespace

TEST_CASE("each window names the features that are far from their training, and no others") {
  auto events = spread(10'000, 5000);
  const lv::drift_options options{.window = 1000, .psi = 0.25f};
  const auto expected = naive(events, options);
  REQUIRE(expected.size() == 5);
  for (const auto& d : expected) CHECK(d.feature == 1);
  for (const std::size_t length : support::span_lengths)
    CHECK(support::outcome<seen_drift>(events, length, [&](auto& output) { return watched(options, output); }) == expected);
  CHECK(naive(spread(10'000, 10'000), options).empty());
}

TEST_CASE("values that stay away are drift, too") {
  auto events = spread(1000, 1000);
  for (std::size_t i = 0; i < 1000; i += 5) events[i].value = NAN;
  const auto output = support::outcome<seen_drift>(events, 100, [&](auto& into) { return watched({}, into); });
  REQUIRE(output.size() == 1);
  CHECK(output[0].feature == 1);
}

TEST_CASE("a window goes on after a restart; what is left at the end is not judged") {
  const auto events = spread(250, 0);
  const lv::drift_options options{.window = 100, .psi = 0};
  const auto expected = naive(events, options);
  CHECK(expected.size() == 4);
  for (const std::size_t stop : {0u, 1u, 99u, 100u, 130u, 250u})
    CHECK(support::outcome_of_two<"drift", seen_drift>(events, stop, [&](auto& output) { return watched(options, output); }) ==
          expected);
}

TEST_CASE("rows of another length are refused at the start, or dropped and counted") {
  struct row {
    std::vector<float> values;
    [[nodiscard]] std::span<const float> features() const { return values; }
  };
  std::vector<lv::drift> output;
  auto flow = lv::flow(lv::from(lv::input<row>()) | lv::watch_drift<"drift">(trained(), {.window = 1, .psi = 0}) |
                       lv::to([&](const lv::drift& d) { output.push_back(d); }));
  REQUIRE(flow.open());
  flow.push(std::vector<row>{{{1, 2}}, {{1, 2, 3}}, {{}}});
  CHECK(output.size() == 2);
  CHECK(flow.counts<"drift">().dropped == 2);

  auto wrong = lv::flow(lv::from(lv::input<reading>()) | lv::watch_drift<"drift">(trained(), {}, &reading::value) |
                        lv::to([](const lv::drift&) {}));
  const auto opened = wrong.open();
  REQUIRE_FALSE(opened);
  CHECK_MESSAGE(opened.error().sentence.view().find("watch_drift 'drift': the histogram has 2 features, and an event gives 1") !=
                    std::string_view::npos,
                opened.error().sentence.view());
}
