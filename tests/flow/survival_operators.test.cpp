// SPDX-License-Identifier: BSL-1.0
// Every operator with a memory, other than windows and joins, over a real checkpoint.
#include "../support/survival.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/changes.hpp>
#include <levada/op/deadband.hpp>
#include <levada/op/dedup.hpp>
#include <levada/op/drop_late.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/outliers.hpp>
#include <levada/op/pattern.hpp>
#include <levada/op/process.hpp>
#include <levada/op/rate_limit.hpp>
#include <levada/op/reservoir.hpp>
#include <levada/op/sample.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/sorted.hpp>
#include <levada/op/state_machine.hpp>
#include <levada/op/throttle.hpp>
#include <levada/rule/alert_when.hpp>
#include <levada/rule/alert_when_silent.hpp>
#include <levada/rule/debounce.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::lines;
using support::note;
using support::reading;

namespace {

/// Keys come and go, and are silent for a while; levels stay for a while.
std::vector<reading> events() {
  support::random random{5};
  std::vector<reading> all = support::readings(4000, 4);
  std::int64_t now = 1'000'000'000'000;
  for (std::size_t i = 0; i < all.size(); ++i) {
    now += static_cast<std::int64_t>(random.below(random.one_in(50) ? 900'000'000 : 10'000'000));
    all[i].time.ns = now;
    if (i % 400 < 200) all[i].sensor = all[i].sensor / 3 * 3;
    all[i].sensor += static_cast<std::uint32_t>(i / 900);
    if (i >= 40 && !random.one_in(6)) all[i].level = all[i - 40].level;
  }
  return all;
}
const std::vector<reading> all = events();

auto in_order() {
  return lv::from(lv::values(std::span(all))) | lv::event_time(&reading::time, lv::bounded{100_ms, 50_ms}) |
         lv::key_by(&reading::sensor, {.bound = 12, .idle = 30_s}, lv::at(&reading::time));
}
constexpr auto level = [](const reading& r) { return r.level; };
constexpr auto level_of_event = [](const auto& said) { return said.event.level; };
constexpr auto high = [](const reading& r) { return r.level > 200; };
constexpr auto low = [](const reading& r) { return r.level < -200; };

struct reminder {
  lv::timestamp time;
  std::int64_t sum;
};
constexpr auto remember = [](std::int64_t& sum, const reading& r, auto& context) {
  sum += r.level;
  if (context.timer() == lv::never) context.set_timer(r.time + 150_ms);
};
constexpr auto remember_by_clock = [](std::int64_t& sum, const reading& r, auto& context) {
  sum += r.level;
  if (context.timer() == lv::never) context.set_timer(context.now() + 70_ms);
};
constexpr auto remind = [](std::int64_t& sum, lv::timestamp at, auto& context) { context.emit(reminder{at, sum}); };
constexpr auto add = [](std::int64_t& sum, const reading& r) { return sum += r.level; };
constexpr auto as_it_is = [](auto v) { return v; };

enum class mode : std::uint8_t { cold, hot, stuck };

}  // namespace

TEST_CASE("functions over the state of a key, patterns and machines survive") {
  support::survives(
      [](lines& said) {
        return lv::flow("in"_s = in_order(),  //
                        "in"_s | lv::process<reminder, lv::time_domain::event>(std::int64_t{0}, remember, remind) |
                            note(said, 1, [](const reminder& r) { return r.sum; }),
                        "in"_s | lv::process<reminder>(std::int64_t{0}, remember_by_clock, remind) |
                            note(said, 2, [](const reminder& r) { return r.sum; }),
                        "in"_s |
                            lv::pattern<"rise", lv::matching{.partials = 4, .expired = lv::timed_out::aside}>(
                                lv::at(&reading::time), lv::every<"low">(low).at_least<2>().then<"high">(high).within(400_ms)) |
                            lv::aside(note(said, 3, [](const auto& m) { return m.template count<"low">(); })) |
                            note(said, 4, [](const auto& m) { return m.template count<"low">(); }),
                        "in"_s |
                            lv::state_machine<"mode", mode::cold>(
                                lv::at(&reading::time), lv::on<mode::cold, mode::hot>(high), lv::on<mode::hot, mode::cold>(low),
                                lv::after<mode::hot, mode::stuck>(150_ms), lv::on<mode::stuck, mode::cold>(low)) |
                            note(said, 5, [](const auto& t) { return static_cast<int>(t.to); }),
                        "in"_s |
                            lv::state_machine<"by clock", mode::cold>(
                                lv::on<mode::cold, mode::hot>(high), lv::on<mode::hot, mode::cold>(low),
                                lv::after<mode::hot, mode::stuck>(60_ms), lv::on<mode::stuck, mode::cold>(low)) |
                            note(said, 6, [](const auto& t) { return static_cast<int>(t.to); }),
                        "in"_s | lv::scan(std::int64_t{0}, add) | note(said, 7, as_it_is),
                        "in"_s | lv::fold(std::int64_t{0}, add) | note(said, 8, [](const auto& f) { return f.value; }));
      },
      8);
}

TEST_CASE("what thins a stream out survives, by the time of processing and by that of events") {
  support::survives(
      [](lines& said) {
        return lv::flow("in"_s = in_order(),  //
                        "in"_s | lv::throttle(30_ms) | note(said, 1, level),
                        "in"_s | lv::throttle_last(40_ms) | note(said, 2, level),
                        "in"_s | lv::throttle_last(200_ms, &reading::time) | note(said, 3, level),
                        "in"_s | lv::rate_limit(lv::limit{10, 100_ms, 4}) | note(said, 4, level),
                        "in"_s | lv::deadband(&reading::value, lv::absolute{80, 200_ms}) | note(said, 5, level),
                        "in"_s | lv::changes(&reading::level) | note(said, 6, level),
                        "in"_s | lv::dedup(&reading::level, lv::ttl{2_s}, {.bound = 300}, &reading::time) | note(said, 7, level),
                        "in"_s | lv::sample(lv::one_in{7}) | note(said, 8, level),
                        "in"_s | lv::reservoir(3, 1_s, &reading::time) | note(said, 9, level),
                        "in"_s | lv::reservoir(3, 200_ms) | note(said, 10, level));
      },
      10);
}

TEST_CASE("what watches a stream survives, by the time of processing and by that of events") {
  support::survives(
      [](lines& said) {
        return lv::flow(
            "in"_s = in_order(),
            "in"_s | lv::alert_when(high, &reading::time, lv::hold{50_ms, 2}, lv::clear{20_ms}) | note(said, 1, level_of_event),
            "in"_s | lv::alert_when_silent(60_ms) | note(said, 2, level_of_event),
            "in"_s | lv::alert_when_silent(600_ms, &reading::time) | note(said, 3, level_of_event),
            "in"_s | lv::debounce(high, 30_ms) | note(said, 4, level),
            "in"_s | lv::debounce(high, 60_ms, &reading::time) | note(said, 5, level),
            "in"_s | lv::outliers<15>(&reading::value) | note(said, 6, [](const auto& o) { return o.median; }),
            "in"_s | lv::drop_late(&reading::time) | note(said, 7, level),
            "in"_s | lv::sorted(lv::at(&reading::time), 200) | note(said, 8, level));
      },
      8);
}
