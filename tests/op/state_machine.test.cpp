// SPDX-License-Identifier: BSL-1.0
#include <levada/op/state_machine.hpp>

#include "../support/archive.hpp"
#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

enum class mode : std::uint8_t { idle, running, stalled };
enum class command : std::uint8_t { start, stop, other };

struct order {
  lv::timestamp time;
  std::uint32_t press;
  command what;
};
constexpr order at(std::int64_t second, command what, std::uint32_t press = 1) { return {{second * 1'000'000'000}, press, what}; }

using said = std::vector<std::string>;
template <class Transition>
std::string words(const Transition& t) {
  const char* const names[] = {"idle", "running", "stalled"};
  auto name = [&](mode m) { return std::string(names[static_cast<int>(m)]); };
  std::string key;
  if constexpr (requires { t.key; }) key = std::to_string(t.key) + ": ";
  return key + name(t.from) + " " + name(t.to) + " " + std::to_string(t.time.ns / 1'000'000'000) + (t.by_time ? " by time" : "") +
         " " + std::to_string(t.event.time.ns / 1'000'000'000);
}

constexpr auto by_time = lv::at(&order::time);
constexpr auto starts = lv::on<mode::idle, mode::running>(&order::what, command::start);
constexpr auto stops = lv::on<mode::running, mode::idle>([](const order& o) { return o.what == command::stop; });
constexpr auto stalls = lv::after<mode::running, mode::stalled>(20_s);
constexpr auto recovers = lv::on<mode::stalled, mode::idle>(&order::what, command::stop);
constexpr auto press = [] { return lv::state_machine<"press", mode::idle>(by_time, starts, stops, stalls, recovers); };

said changes(auto machine, const std::vector<order>& events, std::int64_t until = 0) {
  said output;
  auto flow = lv::flow(lv::from(lv::input<order>()) | lv::key_by(&order::press, {.bound = 4}) | machine |
                       lv::to([&](const auto& t) { output.push_back(words(t)); }));
  REQUIRE(flow.open());
  flow.push(events);
  flow.raise_everywhere(lv::watermark{{until * 1'000'000'000}});
  return output;
}

}  // namespace

TEST_CASE("a state changes by the events for which it has a transition, for each key") {
  using enum command;
  CHECK(changes(press(), {at(1, stop), at(2, start), at(3, start, 2), at(4, start), at(5, stop), at(6, other)}) ==
        said{"1: idle running 2 2", "2: idle running 3 3", "1: running idle 5 5"});
}

TEST_CASE("of the transitions of a state the first that fits is taken, also into the same state") {
  auto machine = lv::state_machine<"", mode::idle>(by_time, lv::on<mode::idle, mode::idle>(&order::what, command::stop),
                                                   lv::on<mode::idle, mode::running>([](const order&) { return true; }));
  CHECK(changes(machine, {at(1, command::stop), at(2, command::start)}) == said{"1: idle idle 1 1", "1: idle running 2 2"});
}

TEST_CASE("a state that has lasted too long changes by the watermark, or by an event that is beyond") {
  using enum command;
  CHECK(changes(press(), {at(1, start)}, 20).size() == 1);
  CHECK(changes(press(), {at(1, start)}, 21) == said{"1: idle running 1 1", "1: running stalled 21 by time 1"});
  CHECK(changes(press(), {at(1, start), at(21, stop)}) ==
        said{"1: idle running 1 1", "1: running stalled 21 by time 1", "1: stalled idle 21 21"});
  CHECK(changes(press(), {at(1, start), at(20, stop)}, 99) == said{"1: idle running 1 1", "1: running idle 20 20"});
}

TEST_CASE("times follow each other, in the order of their ends over all keys") {
  auto blink = lv::state_machine<"", mode::idle>(by_time, lv::after<mode::idle, mode::running>(2_s),
                                                 lv::after<mode::running, mode::idle>(3_s));
  CHECK(changes(blink, {at(10, command::other), at(11, command::other, 2)}, 17) ==
        said{"1: idle running 12 by time 10", "2: idle running 13 by time 11", "1: running idle 15 by time 10",
             "2: running idle 16 by time 11", "1: idle running 17 by time 10"});
}

TEST_CASE("an event may be compared itself") {
  std::vector<int> states;
  auto flow = lv::flow(lv::from(lv::input<command>()) |
                       lv::state_machine<"door", 0>(lv::on<0, 1>(command::start), lv::on<1, 0>(command::stop)) |
                       lv::to([&](const auto& t) { states.push_back(t.to); }));
  REQUIRE(flow.open());
  flow.push(std::vector{command::start, command::other, command::stop});
  CHECK(states == std::vector{1, 0});
}

TEST_CASE("an event without a transition is ignored, dropped and counted, or put aside") {
  const std::vector events{at(1, command::stop), at(2, command::start), at(3, command::other)};
  auto counted = [&](auto flow) {
    REQUIRE(flow.open());
    flow.push(events);
    return flow.template counts<"press">().dropped;
  };
  auto nowhere = lv::to([](const auto&) {});
  auto source = lv::from(lv::input<order>());
  std::vector<command> aside;
  CHECK(counted(lv::flow(source | press() | nowhere)) == 0);
  CHECK(counted(lv::flow(source | lv::state_machine<"press", mode::idle, lv::unexpected::drop>(starts) | nowhere)) == 2);
  CHECK(counted(lv::flow(source | lv::state_machine<"press", mode::idle, lv::unexpected::aside>(starts) |
                         lv::aside(lv::to([&](const order& o) { aside.push_back(o.what); })) | nowhere)) == 0);
  CHECK(aside == std::vector{command::stop, command::other});
}

TEST_CASE("late events are dropped and counted") {
  auto flow = lv::flow(lv::from(lv::input<order>()) | press() | lv::to([](const auto&) {}));
  REQUIRE(flow.open());
  flow.raise_everywhere(lv::watermark{{10'000'000'000}});
  flow.push(std::vector{at(9, command::start), at(10, command::start)});
  CHECK(flow.counts<"press">().dropped == 1);
  CHECK(flow.counts<"press">().out == 1);
}

TEST_CASE("without an extractor time is that of processing, and a retired key begins anew") {
  said output;
  auto flow = lv::flow(lv::from(lv::input<order>()) | lv::key_by(&order::press, {.bound = 4, .idle = 60_s}) |
                       lv::state_machine<"", mode::idle>(starts, stops, stalls) |
                       lv::to([&](const auto& t) { output.push_back(words(t)); }));
  REQUIRE(flow.open());
  flow.advance({100'000'000'000});
  flow.push(at(0, command::start));
  CHECK(flow.due() == lv::timestamp{120'000'000'000});
  flow.advance({130'000'000'000});
  CHECK(output == said{"1: idle running 100 0", "1: running stalled 120 by time 0"});
  flow.advance({500'000'000'000});
  flow.push(at(1, command::start));
  CHECK(output.back() == "1: idle running 500 1");
}

TEST_CASE("against a naive reference on random events; a restart and other spans change nothing") {
  support::random random{3};
  for (int round = 0; round < 100; ++round) {
    std::vector<order> events;
    std::int64_t now = 0;
    for (int i = 0; i < 300; ++i) {
      now += random.one_in(15) ? 25 : static_cast<std::int64_t>(random.below(4));
      events.push_back(at(now - (random.one_in(10) ? 3 : 0), static_cast<command>(random.below(3)),
                          1 + static_cast<std::uint32_t>(random.below(2))));
    }
    said expected;
    for (const std::uint32_t key : {1u, 2u}) {
      mode state = mode::idle;
      std::int64_t since = 0, by = 0;
      auto change = [&](mode to, std::int64_t time, bool is_by_time, std::int64_t event) {
        expected.push_back(words(
            lv::transition<std::uint32_t, mode, order>{{key}, state, to, {time * 1'000'000'000}, is_by_time, at(event, {})}));
        state = to, since = time, by = event;
      };
      for (const order& o : events) {
        if (o.press != key) continue;
        const std::int64_t t = o.time.ns / 1'000'000'000;
        if (state == mode::running && t >= since + 20) change(mode::stalled, since + 20, true, by);
        if (state == mode::idle && o.what == command::start)
          change(mode::running, t, false, t);
        else if (state != mode::idle && o.what == command::stop)
          change(mode::idle, t, false, t);
      }
      if (state == mode::running) change(mode::stalled, since + 20, true, by);
    }

    auto by_key = [&](const said& all) {
      said sorted;
      for (const char* const key : {"1", "2"})
        for (const std::string& one : all)
          if (one.starts_with(key)) sorted.push_back(one);
      return sorted;
    };
    CHECK(expected.size() > 20);
    CHECK(by_key(changes(press(), events, now + 100)) == expected);

    auto make = [](said& output) {
      return lv::flow(lv::from(lv::input<order>()) | lv::key_by(&order::press, {.bound = 4}) | press() |
                      lv::to([&](const auto& t) { output.push_back(words(t)); }));
    };
    said parts;
    auto first = make(parts), second = make(parts);
    REQUIRE(first.open());
    REQUIRE(second.open());
    const std::size_t cut = random.below(events.size());
    first.push(std::span<const order>(events).first(cut));
    for (std::size_t i = 0; i < cut; ++i) second.push(at(0, command::other, events[i].press));  // its key_by learns the keys
    parts.clear();
    support::carry_over(first.at<"press">(), second.at<"press">());
    first.push(std::span<const order>(events).subspan(cut));
    const said alone = parts;
    parts.clear();
    second.push(std::span<const order>(events).subspan(cut));
    CHECK(parts == alone);
    if (round > 3) continue;
    const said one_by_one = support::outcome<std::string>(events, 1, make);
    for (const std::size_t length : support::span_lengths)
      CHECK(support::outcome<std::string>(events, length, make) == one_by_one);
  }
}
