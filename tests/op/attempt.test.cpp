// SPDX-License-Identifier: BSL-1.0
#include <levada/op/attempt.hpp>

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/trial.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace lv = levada;

namespace {
lv::result<int> half(int i) {
  if (i % 2 != 0) return lv::fault::of(lv::failure::data, i, " is odd");
  return i / 2;
}
}  // namespace

TEST_CASE("what the function refuses with a sentence goes aside, and the rest on") {
  std::vector<int> halves;
  std::vector<lv::refusal<int>> refused;
  lv::trial t(lv::flow(lv::from(lv::input<int>()) | lv::attempt<"half">(half) | lv::aside(lv::to(lv::collect(refused))) |
                       lv::to(lv::collect(halves))));
  t.push(std::vector{4, 5, 6});
  CHECK(halves == std::vector{2, 3});
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].event == 5);
  CHECK(refused[0].reason.view() == "5 is odd");
  CHECK(t.counts<"half">().dropped == 0);
}

TEST_CASE("without a branch it is dropped and counted; keys stay") {
  std::vector<int> halves;
  lv::trial t(lv::flow(lv::from(lv::input<int>()) | lv::key_by([](int i) { return i % 3; }) | lv::attempt<"half">(half) |
                       lv::to(lv::collect(halves))));
  t.push(std::vector{4, 5, 6});
  CHECK(halves == std::vector{2, 3});
  CHECK(t.counts<"half">().dropped == 1);
}

#if LEVADA_EXCEPTIONS
TEST_CASE("a throw is a refusal of the one event") {
  std::vector<int> numbers;
  std::vector<lv::refusal<std::string>> refused;
  lv::trial t(lv::flow(lv::from(lv::input<std::string>()) | lv::attempt([](const std::string& s) {
                         if (s == "?") throw 1;
                         return std::stoi(s);
                       }) |
                       lv::aside(lv::to(lv::collect(refused))) | lv::to(lv::collect(numbers))));
  t.push(std::vector<std::string>{"1", "two", "?", "3"});
  CHECK(numbers == std::vector{1, 3});
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].event == "two");
  CHECK(refused[0].reason.view() == "stoi");
  CHECK(refused[1].reason.view() == "something was thrown that is no std::exception");
}

TEST_CASE("a throw below it is not its own, and ends the flow as ever") {
  lv::trial t(lv::flow(lv::from(lv::input<int>()) | lv::attempt(half) | lv::to([](int) { throw std::runtime_error("below"); })));
  CHECK_THROWS(t.push(4));
}
#endif
