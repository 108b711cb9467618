// SPDX-License-Identifier: BSL-1.0
#include <levada/rule/escalate.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/inspect.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

struct notice {
  std::uint32_t id = 0;
  std::uint32_t text = 0;
};
struct acknowledgement {
  std::uint32_t id = 0;
};
using page = std::vector<std::string>;

std::string words(std::uint32_t id, std::uint32_t text, std::uint32_t level) {
  return std::to_string(id) + ": " + std::to_string(text) + " to " + std::to_string(level);
}
auto escalating(lv::ladder rungs, page& told, page& unanswered, std::vector<std::int64_t>* when = nullptr) {
  return lv::flow("alerts"_s = lv::from<"alerts">(lv::input<notice>()),
                  "answers"_s = lv::from<"answers">(lv::input<acknowledgement>()),
                  lv::connect("alerts"_s, "answers"_s) | lv::escalate<"escalate">(&notice::id, &acknowledgement::id, rungs) |
                      lv::aside(lv::to([&](const notice& n) { unanswered.push_back(std::to_string(n.id)); })) |
                      lv::inspect([when](const lv::escalation<notice>& e) {
                        if (when != nullptr) when->push_back(e.at.ns / 1'000'000'000);
                      }) |
                      lv::to([&](const lv::escalation<notice>& e) { told.push_back(words(e.alert.id, e.alert.text, e.level)); }));
}
void at(auto& flow, std::int64_t s) { flow.advance({s * 1'000'000'000}); }

}  // namespace

TEST_CASE("an alert goes to one level after the other, until it is acknowledged") {
  page told, unanswered;
  std::vector<std::int64_t> when;
  auto flow = escalating({.levels = 3, .wait = 5_min}, told, unanswered, &when);
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  at(flow, 0);
  flow.push<"alerts">(notice{1, 10});
  flow.push<"alerts">(notice{2, 20});
  CHECK(told == page{"1: 10 to 0", "2: 20 to 0"});
  CHECK(flow.due() == lv::timestamp{300'000'000'000});
  at(flow, 200);
  flow.push<"answers">(acknowledgement{2});
  at(flow, 299);
  CHECK(told.size() == 2);
  at(flow, 300);
  CHECK(told.back() == "1: 10 to 1");
  at(flow, 400);
  flow.push<"alerts">(notice{1, 11});  // again: the next level will hear this
  CHECK(told.size() == 3);
  at(flow, 600);
  CHECK(told.back() == "1: 11 to 2");
  flow.push<"answers">(acknowledgement{1});
  at(flow, 5000);
  CHECK(told.size() == 4);
  CHECK(unanswered.empty());
  CHECK(flow.counts<"escalate">().dropped == 0);
  flow.push<"alerts">(notice{1, 12});  // a new one
  CHECK(told.back() == "1: 12 to 0");
  CHECK(when == std::vector<std::int64_t>{0, 0, 300, 600, 5000});
}

TEST_CASE("what nobody acknowledges is put aside") {
  page told, unanswered;
  auto flow = escalating({.levels = 2, .wait = 1_min}, told, unanswered);
  REQUIRE(flow.open());
  at(flow, 0);
  flow.push<"alerts">(notice{7, 0});
  at(flow, 60);
  at(flow, 119);
  CHECK(unanswered.empty());
  at(flow, 120);
  CHECK(told.size() == 2);
  CHECK(unanswered == page{"7"});
  CHECK(flow.due() == lv::never);
}

TEST_CASE("a clock that jumps misses nothing") {
  page told, unanswered;
  std::vector<std::int64_t> when;
  auto flow = escalating({.levels = 3, .wait = 1_min}, told, unanswered, &when);
  REQUIRE(flow.open());
  at(flow, 0);
  flow.push<"alerts">(notice{1, 0});
  at(flow, 30);
  flow.push<"alerts">(notice{2, 0});
  at(flow, 100'000);
  CHECK(told == page{"1: 0 to 0", "2: 0 to 0", "1: 0 to 1", "2: 0 to 1", "1: 0 to 2", "2: 0 to 2"});
  CHECK(when == std::vector<std::int64_t>{0, 30, 60, 90, 120, 150});
  CHECK(unanswered == page{"1", "2"});
}

TEST_CASE("what finds no room is told once, and counted; so are answers to nothing") {
  page told, unanswered;
  auto flow = escalating({.levels = 2, .wait = 1_min, .bound = 2}, told, unanswered);
  REQUIRE(flow.open());
  at(flow, 0);
  for (const std::uint32_t id : {1u, 2u, 3u}) flow.push<"alerts">(notice{id, 0});
  CHECK(told.size() == 3);
  CHECK(flow.counts<"escalate">().dropped == 1);
  flow.push<"answers">(acknowledgement{3});
  CHECK(flow.counts<"escalate">().dropped == 2);
  at(flow, 60);
  CHECK(told.size() == 5);
}

TEST_CASE("keys end there: below it they are neither known nor retired") {
  std::uint64_t sum = 0;
  auto flow = lv::flow("alerts"_s = lv::from<"alerts">(lv::input<notice>()) | lv::key_by(&notice::id, {.bound = 4, .idle = 1_s}),
                       "answers"_s = lv::from<"answers">(lv::input<acknowledgement>()),
                       lv::connect("alerts"_s, "answers"_s) | lv::escalate(&notice::id, &acknowledgement::id) |
                           lv::scan(std::uint64_t{0}, [](std::uint64_t& n, const lv::escalation<notice>&) { return ++n; }) |
                           lv::to([&](std::uint64_t n) { sum = n; }));
  REQUIRE(flow.open());
  at(flow, 1);
  for (const std::uint32_t id : {1u, 2u, 3u}) flow.push<"alerts">(notice{id, 0});
  at(flow, 100);
  flow.push<"alerts">(notice{5, 0});
  CHECK(sum == 4);
}

TEST_CASE("against a list of all that is open, second by second, across a restart; those of one second in any order") {
  constexpr lv::ladder rungs{.levels = 3, .wait = lv::duration{4'000'000'000}, .bound = 8};
  struct state {
    std::uint32_t level;
    std::int64_t next;
    notice told;
  };
  for (const std::int64_t stop : {-1, 0, 250, 499}) {
    page told, unanswered, expected, expected_unanswered;
    auto first = escalating(rungs, told, unanswered), second = escalating(rungs, told, unanswered);
    REQUIRE(first.open());
    REQUIRE(second.open());
    auto* flow = &first;
    support::random r{3};
    std::map<std::uint32_t, state> open;
    for (std::int64_t s = 0; s < 500; ++s) {
      at(*flow, s);
      for (auto i = open.begin(); i != open.end();) {
        state& one = i->second;
        const bool due = one.next == s;
        if (due && ++one.level < rungs.levels) {
          one.next = s + 4;
          expected.push_back(words(i->first, one.told.text, one.level));
        }
        const bool over = due && one.level == rungs.levels;
        if (over) expected_unanswered.push_back(std::to_string(i->first));
        i = over ? open.erase(i) : std::next(i);
      }
      const auto id = static_cast<std::uint32_t>(r.below(7)), text = static_cast<std::uint32_t>(s);
      if (r.one_in(2)) {
        flow->push<"alerts">(notice{id, text});
        const auto [one, is_new] = open.try_emplace(id, state{0, s + 4, {id, text}});
        one->second.told = {id, text};
        if (is_new) expected.push_back(words(id, text, 0));
      } else {
        flow->push<"answers">(acknowledgement{id});
        open.erase(id);
      }
      CHECK(flow->at<"escalate">().pending() == open.size());
      if (s == stop) {
        second.advance({s * 1'000'000'000});
        support::carry_over(first.at<"escalate">(), second.at<"escalate">());
        flow = &second;
      }
    }
    for (page* one : {&told, &expected, &unanswered, &expected_unanswered}) std::sort(one->begin(), one->end());
    CHECK(told == expected);
    CHECK(unanswered == expected_unanswered);
    CHECK(!expected_unanswered.empty());
  }
}
