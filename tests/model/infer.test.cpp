// SPDX-License-Identifier: BSL-1.0
#include <levada/model/infer.hpp>

#include "../support/linear.hpp"
#include "../support/stream.hpp"

#include <levada/feature/features.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lv = levada;
using support::linear;
using support::linear_in_batches;
using support::reading;

namespace {
struct sampled {
  float samples[3]{};
  [[nodiscard]] std::span<const float, 3> features() const { return samples; }
};
struct of_any_length {
  float samples[3]{};
  std::size_t length = 3;
  [[nodiscard]] std::span<const float> features() const { return {samples, length}; }
};

template <class Out>
auto flow_of(auto op, std::vector<Out>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | std::move(op) | lv::to([&](const Out& s) { output.push_back(s); }));
}
std::string refusal(auto flow) {
  const auto opened = flow.open();
  return opened ? std::string() : std::string(opened.error().sentence.view());
}
float sum(const reading& r) { return static_cast<float>(r.level) + static_cast<float>(r.value); }
}  // namespace

TEST_CASE("each event comes out with the score of its features, in spans of any length, one by one or together") {
  const auto events = support::readings(1000);
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::size_t most = 0;
    const auto check = [&](auto model) {
      const auto output = support::outcome<lv::scored<reading>>(events, length, [&](auto& into) {
        return flow_of(lv::infer<"sum">(std::move(model), &reading::level, &reading::value), into);
      });
      REQUIRE(output.size() == events.size());
      bool right = true;
      for (std::size_t i = 0; i < output.size(); ++i)
        right &= output[i].event == events[i] && output[i].score() == sum(events[i]) * 2 && output[i].model_version == 0;
      CHECK(right);
    };
    check(linear{.weight = 2});
    check(linear_in_batches{{.weight = 2}, &most});
    CHECK(most == (length < 64 ? length : 64));  // what is there: none waits for another
  }
}

TEST_CASE("below key_by it sees the events, and the key stays") {
  const auto events = support::readings(300);
  std::vector<lv::scored<reading>> output;
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::infer(linear{.length = 1}, &reading::value) |
               lv::infer(linear{.length = 1}, [](const auto& s) { return s.score() + 1; }) |
               lv::to([&](const lv::scored<lv::scored<reading>>& s) {
                 output.push_back(s.event);
                 output.back().outputs[0] = s.score();
               }));
  REQUIRE(flow.open());
  flow.push(events);
  REQUIRE(output.size() == events.size());
  CHECK(output[7].score() == static_cast<float>(events[7].value) + 1);
}

TEST_CASE("an event's own features, and a member that is an array") {
  const sampled e{{1, 2, 4}};
  std::vector<float> scores;
  const auto run = [&](auto op) {
    auto flow =
        lv::flow(lv::from(lv::input<sampled>()) | std::move(op) | lv::to([&](const auto& s) { scores.push_back(s.score()); }));
    REQUIRE(flow.open());
    flow.push(e);
  };
  run(lv::infer(linear{.length = 3}));
  run(lv::infer(linear{.length = 3}, &sampled::samples));
  run(lv::infer(linear{.length = 3}, [](const sampled& s) -> std::span<const float> { return s.samples; }));
  CHECK(scores == std::vector<float>{7, 7, 7});
}

TEST_CASE("rows of windows bring their features, below key_by as well, and the number of them is known when the flow is opened") {
  const auto run = [](auto keys, auto model) {
    std::vector<float> scores;
    auto flow = lv::flow(
        lv::from(lv::input<reading>()) | std::move(keys) |
        lv::window<lv::sliding{4, 2}>(lv::features<lv::mean, lv::last>(&reading::value)) | lv::infer<"x">(std::move(model)) |
        lv::to([&](const auto& s) { scores.push_back(s.score() - s.event.features()[0] - s.event.template get<lv::last>()); }));
    const auto opened = flow.open();
    if (!opened) return std::string(opened.error().sentence.view());
    flow.push(support::readings(100));
    bool right = !scores.empty();
    for (const float s : scores) right &= std::fabs(s) < 1e-3f;
    return std::string(right ? "right" : "wrong");
  };
  const auto by_sensor = [] { return lv::key_by(&reading::sensor); };
  const auto any = [] { return lv::filter([](const reading&) { return true; }); };
  CHECK(run(by_sensor(), linear{.length = 2}) == "right");
  CHECK(run(any(), linear{.length = 2}) == "right");
  CHECK(run(by_sensor(), linear{.length = 3}).find("takes 3 features, and an event gives 2") != std::string::npos);
  CHECK(run(any(), linear_in_batches{{.length = 3}}).find("takes 3 features, and an event gives 2") != std::string::npos);
}

TEST_CASE("several outputs come out, and the label is the greatest of them") {
  std::vector<lv::scored<reading, 3>> output;
  auto flow = flow_of(lv::infer<"three", 3>(linear{.weight = 1, .length = 1, .results = 3}, &reading::level), output);
  REQUIRE(flow.open());
  flow.push(reading{.level = 2});
  flow.push(reading{.level = -2});
  CHECK(output[0].outputs[2] == 6);
  CHECK(output[0].label() == 2);
  CHECK(output[1].label() == 0);
}

TEST_CASE("a model with other numbers of features or outputs is refused at the start, in a sentence") {
  std::vector<lv::scored<reading>> output;
  const auto features = refusal(flow_of(lv::infer<"bearing">(linear{.length = 4}, &reading::level, &reading::value), output));
  CHECK(features.find("'bearing': the model takes 4 features, and an event gives 2") != std::string::npos);
  const auto outputs = refusal(flow_of(lv::infer<"bearing">(linear{.length = 1, .results = 3}, &reading::level), output));
  CHECK(outputs.find("has 3 outputs, and the operator is made for 1") != std::string::npos);
  CHECK(refusal(lv::flow(lv::from(lv::input<sampled>()) | lv::infer(linear{.length = 4}) | lv::to([](const auto&) {})))
            .find("an event gives 3") != std::string::npos);
}

TEST_CASE("a row of another length is dropped and counted, and the others of its span are not") {
  for (const bool together : {false, true}) {
    std::vector<float> scores;
    const auto run = [&](auto model) {
      auto flow = lv::flow(lv::from(lv::input<of_any_length>()) | lv::infer<"x">(model) |
                           lv::to([&](const auto& s) { scores.push_back(s.score()); }));
      REQUIRE(flow.open());
      flow.push(std::vector<of_any_length>{{{1, 1, 1}, 3}, {{1, 1, 1}, 2}, {{2, 2, 2}, 3}});
      CHECK(flow.template counts<"x">().dropped == 1);
      CHECK(flow.template counts<"x">().out == 2);
    };
    together ? run(linear_in_batches{{.length = 3}}) : run(linear{.length = 3});
    CHECK(scores == std::vector<float>{3, 6});
  }
}

TEST_CASE("a model in a slot changes between two turns, and each score names its version") {
  lv::slot<linear> place{"infer.place", linear{.weight = 1, .length = 1}, 1};
  std::vector<lv::scored<reading>> output;
  std::vector<reading> events(10, reading{.level = 1});
  // Where the model changes in the middle of a turn, the rest of the turn keeps the old one.
  auto flow = lv::flow(lv::from(lv::values(std::span<const reading>(events))) | lv::infer<"x">(place, &reading::level) |
                       lv::to([&](const lv::scored<reading>& s) {
                         output.push_back(s);
                         if (output.size() % 4 == 2) place.put(linear{.weight = 2 + s.score(), .length = 1}, s.model_version + 1);
                       }));
  REQUIRE(flow.open());
  while (flow.poll(4) != lv::polled::end) {
  }
  std::vector<std::pair<std::uint64_t, float>> seen;
  for (const auto& s : output) seen.emplace_back(s.model_version, s.score());
  using p = std::pair<std::uint64_t, float>;
  CHECK(seen == std::vector<p>{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {2, 3}, {2, 3}, {2, 3}, {2, 3}, {3, 5}, {3, 5}});
}

TEST_CASE("a model of other features that nobody has looked at harms nobody: its events are dropped until the next one") {
  lv::slot<linear_in_batches> place{"infer.unadmitted", linear_in_batches{{.length = 1}}, 1};
  std::size_t scores = 0;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::infer<"x">(place, &reading::level) |
                       lv::to([&](const lv::scored<reading>&) { ++scores; }));
  REQUIRE(flow.open());
  const std::vector<reading> events(100);
  place.put(linear_in_batches{{.length = 200}}, 2);
  lv::adopt_parameters();
  flow.push(events);
  CHECK(scores == 0);
  CHECK(flow.counts<"x">().dropped == 100);
  place.put(linear_in_batches{{.length = 1, .results = 9}}, 3);
  lv::adopt_parameters();
  flow.push(events);
  CHECK(scores == 0);
  place.put(linear_in_batches{{.length = 1}}, 4);
  lv::adopt_parameters();
  flow.push(events);
  CHECK(scores == 100);
}

TEST_CASE("a flow that was opened, run and ended keeps no model but the newest") {
  lv::slot<linear> place{"infer.ended", linear{.length = 1}, 1};
  const std::vector<reading> events(10);
  for (std::uint64_t version = 2; version < 5; ++version) {
    auto flow = lv::flow(lv::from(lv::values(std::span<const reading>(events))) | lv::infer(place, &reading::level) |
                         lv::to([](const lv::scored<reading>&) {}));
    lv::runner<> runner;
    CHECK(runner.run(flow));
    place.put(linear{.length = 1}, version);
    CHECK(place.collect() == 1);
  }
  // What is put between two runs is what the next one is opened for.
  place.put(linear{.length = 2}, 5);
  CHECK(refusal(lv::flow(lv::from(lv::input<reading>()) | lv::infer(place, &reading::level) | lv::to([](const auto&) {})))
            .find("takes 2 features") != std::string::npos);
}

TEST_CASE("while a flow runs, another thread replaces the model again and again: each score is that of its version") {
  lv::slot<linear> place{"infer.running", linear{.weight = 0, .length = 1}, 0};
  const std::vector<reading> events(20'000, reading{.level = 1});
  std::atomic<std::uint64_t> newest = 0, scored = 0;
  std::uint64_t wrong = 0, last = 0;
  auto flow =
      lv::flow(lv::from(lv::values(std::span<const reading>(events))) | lv::infer(place, &reading::level) |
               lv::to([&](const lv::scored<reading>& s) {
                 wrong += s.score() != static_cast<float>(s.model_version) || s.model_version < last || s.model_version > newest;
                 last = s.model_version;
                 ++scored;
               }));
  lv::runner<> runner({.budget = 16});
  REQUIRE(runner.start(flow));
  while (scored < events.size()) {
    const std::uint64_t version = ++newest;
    place.put(linear{.weight = static_cast<float>(version), .length = 1}, version);
  }
  CHECK(runner.wait());
  CHECK(wrong == 0);
  CHECK(scored == events.size());
  CHECK(place.newest().version() == newest);
}
