// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/alert_when.hpp>

#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

struct state {
  lv::timestamp time;
  std::uint32_t machine;
  bool hot;
};

constexpr lv::timestamp at(std::int64_t ms) { return {ms * 1'000'000}; }

/// "raised 1 since 30 at 50", in milliseconds.
std::string words(const lv::alert<state>& a) {
  return (a.state == lv::alert_state::raised ? "raised " : "cleared ") + std::to_string(a.event.machine) + " since " +
         std::to_string(a.since.ns / 1'000'000) + " at " + std::to_string(a.event.time.ns / 1'000'000);
}

std::vector<std::string> alerts_of(const std::vector<state>& events, lv::hold hold, lv::clear clear) {
  std::vector<std::string> said;
  auto flow = lv::flow(lv::from(lv::input<state>()) | lv::key_by(&state::machine, {.bound = 8}) |
                       lv::alert_when(&state::hot, &state::time, hold, clear) |
                       lv::to([&](const lv::alert<state>& a) { said.push_back(words(a)); }));
  REQUIRE(flow.open());
  flow.push(std::span<const state>(events));
  return said;
}

}  // namespace

TEST_CASE("without hold and clear every change is an alert, and nothing between") {
  CHECK(alerts_of({{at(0), 1, false}, {at(10), 1, true}, {at(20), 1, true}, {at(30), 1, false}, {at(40), 1, false}}, {}, {}) ==
        std::vector<std::string>{"raised 1 since 10 at 10", "cleared 1 since 30 at 30"});
}

TEST_CASE("hold counts time from the first bad event") {
  CHECK(alerts_of({{at(0), 1, true}, {at(50), 1, true}, {at(99), 1, true}, {at(100), 1, true}}, {100_ms}, {}) ==
        std::vector<std::string>{"raised 1 since 0 at 100"});
}

TEST_CASE("a clock that jumps from one end of the scale to the other has lasted") {
  std::vector<lv::timestamp> since;
  auto flow = lv::flow(lv::from(lv::input<state>()) | lv::alert_when(&state::hot, &state::time, {100_ms}) |
                       lv::to([&](const lv::alert<state>& a) { since.push_back(a.since); }));
  REQUIRE(flow.open());
  flow.push(std::vector<state>{{lv::long_ago, 1, true}, {lv::never, 1, true}, {lv::never, 1, false}, {lv::long_ago, 1, true}});
  CHECK(since == std::vector{lv::long_ago, lv::never});
}

TEST_CASE("hold counts events in a row") {
  CHECK(alerts_of({{at(0), 1, true}, {at(1), 1, true}, {at(2), 1, false}, {at(3), 1, true}, {at(4), 1, true}, {at(5), 1, true}},
                  {.time = {}, .events = 3}, {}) == std::vector<std::string>{"raised 1 since 3 at 5"});
}

TEST_CASE("hold needs both") {
  CHECK(alerts_of({{at(0), 1, true}, {at(200), 1, true}, {at(201), 1, true}}, {100_ms, 3}, {}) ==
        std::vector<std::string>{"raised 1 since 0 at 201"});
}

TEST_CASE("a relapse starts clear anew") {
  CHECK(alerts_of({{at(0), 1, true}, {at(10), 1, false}, {at(20), 1, true}, {at(30), 1, false}, {at(60), 1, false}}, {},
                  {30_ms, 2}) == std::vector<std::string>{"raised 1 since 0 at 0", "cleared 1 since 30 at 60"});
}

TEST_CASE("every key has an alert of its own") {
  CHECK(alerts_of({{at(0), 1, true}, {at(0), 2, false}, {at(1), 2, true}, {at(2), 1, false}}, {}, {}) ==
        std::vector<std::string>{"raised 1 since 0 at 0", "raised 2 since 1 at 1", "cleared 1 since 2 at 2"});
}

TEST_CASE("against a reference that looks at the whole history, on random input") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const lv::hold hold{lv::duration{static_cast<std::int64_t>(random() % 50) * 1'000'000},
                        1 + static_cast<std::uint32_t>(random() % 4)};
    const lv::clear clear{lv::duration{static_cast<std::int64_t>(random() % 80) * 1'000'000},
                          1 + static_cast<std::uint32_t>(random() % 6)};
    std::vector<state> events;
    std::int64_t ms = 0;
    for (int i = 0; i < 300; ++i)
      events.push_back(
          {at(ms += static_cast<std::int64_t>(random() % 20)), static_cast<std::uint32_t>(random() % 3), random() % 3 == 0});

    std::vector<std::string> expected;
    std::map<std::uint32_t, std::vector<state>> history;
    std::map<std::uint32_t, bool> raised;
    for (const state& e : events) {
      auto& seen = history[e.machine];
      seen.push_back(e);
      const bool is = raised[e.machine];
      std::size_t run = 0;  // events at the end of the history that contradict the present state
      while (run < seen.size() && seen[seen.size() - 1 - run].hot != is) ++run;
      if (run == 0) continue;
      const state& first = seen[seen.size() - run];
      const bool enough =
          is ? run >= clear.events && e.time - first.time >= clear.time : run >= hold.events && e.time - first.time >= hold.time;
      if (!enough) continue;
      raised[e.machine] = !is;
      seen.clear();
      expected.push_back(words({is ? lv::alert_state::cleared : lv::alert_state::raised, first.time, e}));
    }
    REQUIRE(alerts_of(events, hold, clear) == expected);
  }
}

TEST_CASE("a retired key is forgotten") {
  std::vector<std::string> said;
  auto flow =
      lv::flow(lv::from(lv::input<state>()) | lv::key_by(&state::machine, {.bound = 8, .idle = 5_s}) |
               lv::alert_when(&state::hot, &state::time) | lv::to([&](const lv::alert<state>& a) { said.push_back(words(a)); }));
  REQUIRE(flow.open());
  flow.advance(at(1000));
  flow.push(state{at(1000), 1, true});
  flow.advance(at(100'000));
  flow.push(state{at(100'000), 1, true});  // a new key to the flow: its alert is raised again
  CHECK(said == std::vector<std::string>{"raised 1 since 1000 at 1000", "raised 1 since 100000 at 100000"});
}
