// SPDX-License-Identifier: BSL-1.0
#include "box/guard.hpp"

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <span>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using box::reading;
using box::verdict;

namespace {

constexpr lv::timestamp begin{1'700'000'000'000'000'000};
constexpr auto slide = static_cast<std::int64_t>(box::window_shape.slide),
               size = static_cast<std::int64_t>(box::window_shape.size);

struct outcome {
  std::vector<lv::alert<verdict>> alerts;
  std::uint64_t windows = 0, late = 0, not_finite = 0, without_room = 0;

  [[nodiscard]] std::size_t raised() const {
    return static_cast<std::size_t>(std::ranges::count(alerts, lv::alert_state::raised, &lv::alert<verdict>::state));
  }
};

outcome judge(std::span<const reading> trace, lv::keys sensors = box::live_sensors) {
  outcome o;
  auto flow = lv::flow(box::guard_chain(
      lv::from<"readings">(lv::input<reading>()), sensors, [](const verdict&) {},
      [&](const lv::alert<verdict>& a) { o.alerts.push_back(a); }));
  REQUIRE(flow.open());
  for (std::size_t at = 0, n = 0; at < trace.size(); at += n) {  // as a topic does it: processing time, then its readings
    for (n = 1; at + n < trace.size() && trace[at + n].time == trace[at].time;) ++n;
    flow.advance(trace[at].time);
    flow.push(trace.subspan(at, n));
  }
  flow.finish();
  o.windows = flow.template counts<"recent">().out;
  o.late = flow.template counts<"in order">().dropped;
  o.not_finite = flow.template counts<"finite">().in - flow.template counts<"finite">().out;
  o.without_room = flow.template counts<"sensor">().dropped;
  return o;
}

/// One value of a sensor; `row` counts from 0, and the random numbers are the sensor's own.
using shape = std::function<double(std::int64_t row, support::random&)>;

/// `rows` readings of each of `sensors` sensors, one every `period`.
std::vector<reading> trace_of(std::size_t sensors, std::int64_t rows, const shape& value, lv::duration period = 100_ms) {
  std::vector<support::random> random;
  for (std::size_t s = 0; s < sensors; ++s) random.push_back({1000 * (s + 1)});
  std::vector<reading> all;
  all.reserve(sensors * static_cast<std::size_t>(rows));
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::size_t s = 0; s < sensors; ++s)
      all.push_back({begin + period * i, lv::compose<48>("sensor ", s), value(i, random[s])});
  return all;
}

/// Ten sensors at 10 Hz for almost three hours: 200 000 windows.
outcome ten_sensors(const shape& value) { return judge(trace_of(10, 100'000, value)); }

double sine(std::int64_t row, double period) { return std::sin(6.283185307179586 * static_cast<double>(row) / period); }

bool same(const lv::alert<verdict>& a, const lv::alert<verdict>& b) {
  return a.state == b.state && a.since == b.since && a.event.sensor == b.event.sensor && a.event.time == b.event.time &&
         a.event.value == b.event.value && a.event.deviation == b.event.deviation && a.event.normal.low == b.event.normal.low &&
         a.event.normal.high == b.event.normal.high;
}
bool same(const std::vector<lv::alert<verdict>>& a, const std::vector<lv::alert<verdict>>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return same(x, y); });
}

/// Normal noise around `usual`, and around `fault` in the rows [5000, 5000 + length).
shape fault_of(double usual, double fault, double sigma, std::int64_t length) {
  return
      [=](std::int64_t row, support::random& r) { return r.normal(row >= 5000 && row < 5000 + length ? fault : usual, sigma); };
}

}  // namespace

// ---- quiet: noise is no alert -------------------------------------------------------------------------------------------

TEST_CASE("quiet: steady noise of any shape raises nothing in 200 000 windows") {
  CHECK(ten_sensors([](auto, auto& r) { return r.normal(50, 3); }).alerts.empty());
  CHECK(ten_sensors([](auto, auto& r) { return r.normal(1e6, 1e-2); }).alerts.empty());
  CHECK(ten_sensors([](auto, auto& r) { return r.between(0, 1); }).alerts.empty());
  CHECK(ten_sensors([](auto, auto& r) { return r.one_in(2) ? 0.0 : 1.0; }).alerts.empty());        // two levels
  CHECK(ten_sensors([](auto, auto& r) { return std::round(r.normal(2, 0.4)); }).alerts.empty());   // a coarse sensor
  CHECK(ten_sensors([](auto, auto& r) { return -std::log(1 - r.between(0, 1)); }).raised() <= 1);  // waiting times
}

TEST_CASE("quiet: heavy tails, to the point of having no mean, raise nothing") {
  CHECK(ten_sensors([](auto, auto& r) { return 1 / std::sqrt(1 - r.between(0, 1)); }).alerts.empty());  // Pareto
  CHECK(
      ten_sensors([](auto, auto& r) { return std::tan(3.141592653589793 * (r.between(0, 1) - 0.5)); }).alerts.empty());  // Cauchy
}

TEST_CASE("quiet: a constant raises nothing, nor does a counter") {
  CHECK(ten_sensors([](auto, auto&) { return 0.0; }).alerts.empty());
  CHECK(ten_sensors([](auto, auto&) { return 42.0; }).alerts.empty());
  CHECK(ten_sensors([](auto row, auto&) { return static_cast<double>(row); }).alerts.empty());
}

TEST_CASE("quiet: an outlier of one reading is no alert, however large it is and however still the sensor") {
  CHECK(ten_sensors([](auto, auto& r) { return r.one_in(3000) ? r.between(50, 100) : 0.0; }).alerts.empty());
  CHECK(ten_sensors([](auto row, auto& r) { return row % 5000 == 4999 ? 1e9 : r.normal(50, 3); }).alerts.empty());
}

TEST_CASE("quiet: of sparse bursts, one every 20 s, not one in a hundred raises an alert") {
  const auto o = ten_sensors([](auto, auto& r) { return r.one_in(200) ? r.between(50, 100) : 0.0; });
  CHECK(o.raised() <= 10 * 100'000 / 200 / 100);
}

TEST_CASE("quiet: slow drift and seasons are followed") {
  CHECK(ten_sensors([](auto row, auto& r) { return r.normal(20 + 1e-4 * static_cast<double>(row), 1); }).alerts.empty());
  CHECK(ten_sensors([](auto row, auto& r) { return r.normal(20 + 5 * sine(row, 6000), 1); }).alerts.empty());     // ten minutes
  CHECK(ten_sensors([](auto row, auto& r) { return r.normal(20 + 5 * sine(row, 864'000), 1); }).alerts.empty());  // a day

  const auto days = trace_of(10, 100'000, [](auto row, auto& r) { return r.normal(20 + 5 * sine(row, 1440), 1); }, 1_min);
  const auto o = judge(days);  // 69 of them
  CHECK(o.raised() <= 10);     // the first morning is new to everybody
  CHECK(std::ranges::all_of(o.alerts, [](const auto& a) { return a.since - begin < 48_h; }));
}

// ---- loud: a fault is an alert, once, and its end is one too ---------------------------------------------------------------

TEST_CASE("loud: a fault is raised within 6 windows and cleared within 10 windows of its end") {
  struct fault {
    const char* name;
    shape value;
    std::int64_t length;
  };
  const fault faults[] = {
      {"a step up by five sigma", fault_of(50, 65, 3, 1000), 1000},
      {"a step down", fault_of(50, 20, 3, 1000), 1000},
      {"a processor that burns", [](auto row, auto& r) { return row >= 5000 && row < 5080 ? 100.0 : r.normal(3, 1); }, 80},
      {"stuck at zero", [](auto row, auto& r) { return row >= 5000 && row < 6000 ? 0.0 : r.normal(50, 3); }, 1000},
      {"a still sensor that moves", [](auto row, auto&) { return row >= 5000 && row < 5300 ? 1.0 : 0.0; }, 300},
  };
  for (const fault& f : faults) {
    CAPTURE(f.name);
    const auto o = judge(trace_of(1, 20'000, f.value));
    REQUIRE(o.alerts.size() == 2);
    const std::int64_t end = 5000 + f.length;
    auto row = [](lv::timestamp t) { return (t - begin) / 100_ms; };
    CHECK(o.alerts[0].state == lv::alert_state::raised);
    CHECK(row(o.alerts[0].since) >= 5000);
    CHECK(row(o.alerts[0].event.time) < 5000 + 6 * slide);
    CHECK(o.alerts[1].state == lv::alert_state::cleared);
    CHECK(row(o.alerts[1].since) >= end);
    CHECK(row(o.alerts[1].event.time) < end + 10 * slide);
    CHECK(!o.alerts[0].event.normal.holds(o.alerts[0].event.value));
    CHECK(o.alerts[1].event.normal.holds(o.alerts[1].event.value));
  }
}

TEST_CASE("loud: a fault is seen as soon as 20 windows are known") {
  const auto o = judge(trace_of(1, 1000, [](auto row, auto& r) { return r.normal(row >= 120 && row < 260 ? 100 : 3, 1); }));
  REQUIRE(o.alerts.size() == 2);
  CHECK((o.alerts[0].event.time - begin) / 100_ms < 120 + 6 * slide);
  CHECK((o.alerts[1].since - begin) / 100_ms >= 260);  // and not learned while it lasts
}

TEST_CASE("loud: what comes and goes every three seconds is one alert, not a hundred") {
  const auto o = judge(trace_of(1, 20'000, [](auto row, auto& r) {
    const bool bad = row >= 5000 && row < 8000 && row / 30 % 2 == 0;
    return r.normal(bad ? 100 : 3, 1);
  }));
  REQUIRE(o.alerts.size() == 2);
  CHECK((o.alerts[0].event.time - begin) / 100_ms < 5000 + 6 * slide);
  CHECK((o.alerts[1].since - begin) / 100_ms >= 7970);
}

TEST_CASE("loud: a new way of working becomes normal in the end, and then the old one is the fault") {
  const auto o = judge(trace_of(1, 100'000, fault_of(50, 80, 3, 80'000)));
  REQUIRE(o.alerts.size() == 4);
  const auto learned = o.alerts[1].event.time - o.alerts[0].event.time;
  CHECK(learned > 1_min);
  CHECK(learned < 10_min);
  CHECK(o.alerts[2].since - begin >= 100_ms * 85'000);
}

TEST_CASE("loud: one absurd reading does not blind the guard for ever") {
  // A timer at 1 kHz, and a machine that was asleep for a quarter of an hour.
  const auto o = judge(
      trace_of(1, 400'000, [](auto row, auto& r) { return row == 5000 ? 1e9 : r.normal(row >= 390'000 ? 200 : 60, 5); }, 1_ms));
  REQUIRE(o.raised() == 1);
  CHECK(o.alerts[0].since - begin >= 390_s);
  CHECK(o.alerts[0].since - begin < 390_s + 10_ms);
}

// ---- what is not judged is counted --------------------------------------------------------------------------------------------

TEST_CASE("late rows are counted and change nothing") {
  const auto good = trace_of(1, 20'000, fault_of(50, 80, 3, 1000));
  std::vector<reading> mixed;
  support::random r{7};
  std::uint64_t late = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    mixed.push_back(good[i]);
    if (i > 0 && r.one_in(10)) {
      mixed.push_back({good[r.below(i)].time, good[i].sensor, 1e6});
      ++late;
    }
  }
  const auto clean = judge(good), o = judge(mixed);
  CHECK(o.late == late);
  CHECK(o.windows == clean.windows);
  CHECK(same(o.alerts, clean.alerts));
}

TEST_CASE("rows of one time are not late") {
  auto all = trace_of(1, 1000, [](auto, auto& r) { return r.normal(50, 3); }, 0_s);
  const auto o = judge(all);
  CHECK(o.late == 0);
  CHECK(o.windows == (1000 - size) / slide + 1);
}

TEST_CASE("rows without a number are counted and change nothing") {
  const auto good = trace_of(1, 20'000, fault_of(50, 80, 3, 1000));
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const double not_numbers[] = {std::numeric_limits<double>::quiet_NaN(), infinite, -infinite};
  std::vector<reading> mixed;
  for (const reading& one : good) {
    if (mixed.size() % 4 == 0) mixed.push_back({one.time, one.sensor, not_numbers[mixed.size() / 4 % 3]});
    mixed.push_back(one);
  }
  const auto clean = judge(good), o = judge(mixed);
  CHECK(o.not_finite == mixed.size() - good.size());
  CHECK(o.windows == clean.windows);
  CHECK(same(o.alerts, clean.alerts));

  const auto none = judge(trace_of(3, 1000, [](auto, auto&) { return std::numeric_limits<double>::quiet_NaN(); }));
  CHECK(none.not_finite == 3000);
  CHECK(none.windows == 0);
}

TEST_CASE("the largest numbers there are raise no alert and break nothing") {
  constexpr double most = std::numeric_limits<double>::max();
  const auto o = judge(trace_of(1, 10'000, [=](auto row, auto& r) {
    return row == 5000 ? most : row == 5001 ? -most : r.normal(50, 3);
  }));
  CHECK(o.windows == (10'000 - size) / slide + 1);
}

// ---- many sensors -------------------------------------------------------------------------------------------------------------

TEST_CASE("a sensor is judged by its own past: beside others it gets the alerts that it gets alone") {
  const shape value = [](auto row, auto& r) { return r.normal(row >= 5000 && row < 5000 + 200 ? 80 : 50, 3); };
  const auto trace = trace_of(30, 8000, value);
  const auto o = judge(trace);
  std::size_t compared = 0;
  for (std::size_t s = 0; s < 30; ++s) {
    const auto name = lv::compose<48>("sensor ", s);
    std::vector<reading> own;
    std::ranges::copy_if(trace, std::back_inserter(own), [&](const reading& one) { return one.sensor == name; });
    std::vector<lv::alert<verdict>> beside_others;
    std::ranges::copy_if(o.alerts, std::back_inserter(beside_others), [&](const auto& a) { return a.event.sensor == name; });
    CHECK(same(judge(own).alerts, beside_others));
    compared += beside_others.size();
  }
  CHECK(compared == o.alerts.size());
  CHECK(compared == 60);
}

TEST_CASE("as many sensors as there is room for are all judged; the readings of one more are dropped and counted") {
  const std::size_t most = box::live_sensors.bound;
  const shape value = [](auto, auto& r) { return r.normal(50, 3); };
  const std::uint64_t windows = (200 - size) / slide + 1;
  const auto full = judge(trace_of(most, 200, value));
  CHECK(full.without_room == 0);
  CHECK(full.windows == most * windows);
  const auto beyond = judge(trace_of(most + 44, 200, value));
  CHECK(beyond.without_room == 44 * 200);
  CHECK(beyond.windows == most * windows);
}

TEST_CASE("sensors that fell silent make room for others; those of a file are never forgotten") {
  const std::size_t most = box::live_sensors.bound;
  const shape value = [](auto, auto& r) { return r.normal(50, 3); };
  auto trace = trace_of(most, 100, value);
  for (reading one : trace_of(most, 100, value))
    trace.push_back({one.time + 15_min, lv::compose<48>("new ", one.sensor), one.value});
  // Something must live on: time moves with it, and between two readings the silent ones go.
  for (std::int64_t s = 0; s < 15 * 60; ++s) trace.push_back({begin + 1_s * s, "sensor 0", 50});
  std::ranges::sort(trace, {}, &reading::time);
  CHECK(judge(trace).without_room <= 100);  // of the one that finds no room beside "sensor 0"

  const auto monthly = trace_of(1, 200, value, 720_h);
  CHECK(judge(monthly, box::replayed_sensors).windows == (200 - size) / slide + 1);
}

TEST_CASE("the same rows give the same alerts") {
  const auto trace = trace_of(20, 20'000, [](auto row, auto& r) { return r.normal(row / 3000 % 2 == 1 ? 70 : 50, 3); });
  const auto first = judge(trace), second = judge(trace);
  CHECK(first.raised() >= 20);
  CHECK(same(first.alerts, second.alerts));
}
