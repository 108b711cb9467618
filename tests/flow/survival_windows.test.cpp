// SPDX-License-Identifier: BSL-1.0
// Every window over a real checkpoint.
#include "../support/survival.hpp"

#include <levada/flow/fork.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/global_window.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/session_window.hpp>
#include <levada/op/state_window.hpp>
#include <levada/op/threshold_window.hpp>
#include <levada/op/window.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::lines;
using support::note;
using support::reading;

namespace {

constexpr auto count = [](const auto& r) { return r.template get<lv::count>(); };
constexpr auto sum = [](const auto& r) { return r.template get<lv::sum>(); };
constexpr auto newest = [](const auto& r) { return r.now.template get<lv::sum>(); };
constexpr auto deviation = [](const auto& r) { return r.template get<lv::stddev>(); };
constexpr auto level = [] { return lv::aggregate<lv::count, lv::sum>(&reading::level); };
constexpr auto high = [](const reading& r) { return r.level > -300; };
constexpr auto sign = [](const reading& r) { return r.level > 400; };

/// Keys come and go, times are out of order by up to half a second, some by more.
std::vector<reading> events() {
  support::random random{3};
  std::vector<reading> all = support::readings(4000, 4);
  std::int64_t now = 1'000'000'000'000;
  for (std::size_t i = 0; i < all.size(); ++i) {
    now += static_cast<std::int64_t>(random.below(random.one_in(50) ? 600'000'000 : 10'000'000));
    all[i].time.ns = now - static_cast<std::int64_t>(random.below(random.one_in(30) ? 4'000'000'000 : 300'000'000));
    all[i].sensor += static_cast<std::uint32_t>(i / 500);
  }
  return all;
}
const std::vector<reading> all = events();

auto keyed_in_event_time() {
  return lv::from(lv::values(std::span(all))) | lv::event_time(&reading::time, lv::bounded{300_ms, 50_ms}) |
         lv::key_by(&reading::sensor, {.bound = 8, .idle = 16_s}, lv::at(&reading::time));
}
constexpr lv::sliding<std::size_t> events_of(std::size_t size, std::size_t slide) { return {size, slide}; }
constexpr lv::sliding<lv::duration> time_of(lv::duration size, lv::duration slide) { return {size, slide}; }

}  // namespace

TEST_CASE("windows that count, and those of processing time, survive") {
  support::survives(
      [](lines& said) {
        return lv::flow(
            "in"_s = keyed_in_event_time(),  //
            "in"_s | lv::window<events_of(40, 10)>(level()) | note(said, 1, sum),
            "in"_s | lv::window<events_of(50, 1)>(level()) | note(said, 2, sum),  // taken back
            "in"_s | lv::window<events_of(64, 2)>(lv::aggregate<lv::stddev>(&reading::value)) | note(said, 3, deviation),
            "in"_s | lv::window<events_of(60, 1), lv::stalls::bounded>(lv::aggregate<lv::stddev>(&reading::value)) |
                note(said, 4, deviation),
            "in"_s | lv::window<time_of(500_ms, 100_ms)>(level()) | note(said, 5, sum),
            "in"_s | lv::session_window<300_ms>(level()) | note(said, 6, sum),
            "in"_s | lv::global_window(lv::every(25), level()) | note(said, 7, sum),
            "in"_s | lv::global_window<lv::after_firing::purge>(lv::every(200_ms), level()) | note(said, 8, sum),
            "in"_s | lv::threshold_window(high, level()) | note(said, 9, sum),
            "in"_s | lv::state_window(sign, level()) | note(said, 10, sum));
      },
      10);
}

TEST_CASE("windows of event time survive") {
  support::survives(
      [](lines& said) {
        return lv::flow(
            "in"_s = keyed_in_event_time(),
            "in"_s | lv::window<time_of(2_s, 500_ms)>(lv::at(&reading::time), level()) | note(said, 1, sum),
            "in"_s | lv::window<time_of(1_s, 1_s)>(lv::at<lv::late::update>(&reading::time, 3_s), lv::early{200_ms, 7}, level()) |
                note(said, 2, newest),
            "in"_s | lv::session_window<lv::session{.gap = 150_ms, .longest = 2_s, .open = 20}>(lv::at(&reading::time), level()) |
                note(said, 3, sum),
            "in"_s | lv::global_window(lv::every(1_s, lv::at(&reading::time)), level()) | note(said, 4, sum),
            "in"_s | lv::threshold_window<lv::minimum{2}>(high, lv::at(&reading::time), level()) | note(said, 5, sum),
            "in"_s | lv::state_window(sign, lv::at(&reading::time), level()) | note(said, 6, sum));
      },
      6);
}

TEST_CASE("the clocks of event_time survive, each strategy with what it knows") {
  const auto windows = [](lines& said, std::int64_t who) {
    return lv::window<time_of(1_s, 500_ms)>(lv::at(&reading::time), level()) | note(said, who, count);
  };
  support::survives(
      [&](lines& said) {
        return lv::flow("in"_s = lv::from(lv::values(std::span(all))),
                        "in"_s | lv::event_time(&reading::time, lv::periodic{200_ms, 30_ms}) | windows(said, 1),
                        "in"_s | lv::event_time(&reading::time, lv::punctuated{[](const reading& r) {
                          return r.level > 700 ? r.time - 1_s : lv::long_ago;
                        }}) |
                            windows(said, 2));
      },
      2);
}
