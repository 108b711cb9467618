// SPDX-License-Identifier: BSL-1.0
#include <levada/source/values.hpp>

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <doctest/doctest.h>

#include <array>
#include <numeric>
#include <span>
#include <vector>

namespace lv = levada;

namespace {
std::vector<int> counting(std::size_t n) {
  std::vector<int> all(n);
  std::iota(all.begin(), all.end(), 0);
  return all;
}
}  // namespace

TEST_CASE("values brings all events in order, in spans of the budget, and ends") {
  const auto events = counting(1000);
  for (std::size_t budget : {1u, 7u, 64u, 1000u, 5000u}) {
    CAPTURE(budget);
    std::vector<int> output;
    std::size_t turns = 0;
    auto flow =
        lv::flow(lv::from<"values">(lv::values(std::span<const int>(events))) | lv::to([&](int v) { output.push_back(v); }));
    REQUIRE(flow.open());
    while (flow.poll(budget) != lv::polled::end) ++turns;
    CHECK(output == events);
    CHECK(turns == (1000 + budget - 1) / budget);
    CHECK(flow.counts<"values">().out == 1000);
  }
}

TEST_CASE("it is made of any span: of constants or not, of fixed length or not; an empty one ends at once") {
  std::array<int, 3> three{1, 2, 3};
  const std::array<int, 3> fixed{1, 2, 3};
  int sum = 0;
  auto add = [&](auto source) {
    auto flow = lv::flow(lv::from(source) | lv::to([&](int v) { sum += v; }));
    REQUIRE(flow.open());
    while (flow.poll() != lv::polled::end) {
    }
  };
  add(lv::values(std::span(three)));
  CHECK(sum == 6);
  add(lv::values(std::span(fixed)));
  CHECK(sum == 12);
  add(lv::values(std::span<int>(three)));
  CHECK(sum == 18);
  add(lv::values<int>(three));
  CHECK(sum == 24);
  add(lv::values(std::span<const int>()));
  CHECK(sum == 24);
}

TEST_CASE("its position is the number of events gone, and seek goes on there") {
  const auto events = counting(10);
  std::vector<int> output;
  auto flow =
      lv::flow(lv::from<"values">(lv::values(std::span<const int>(events))) | lv::to([&](int v) { output.push_back(v); }));
  REQUIRE(flow.open());
  CHECK(flow.poll(4) == lv::polled::events);
  CHECK(flow.at<"values">().position() == 4);
  CHECK(flow.at<"values">().seek(8));
  CHECK(flow.poll() == lv::polled::events);
  CHECK(output == std::vector{0, 1, 2, 3, 8, 9});
  CHECK(flow.at<"values">().seek(10));
  const auto beyond = flow.at<"values">().seek(11);
  REQUIRE(!beyond);
  CHECK(beyond.error().kind == lv::failure::data);
  CHECK(flow.poll() == lv::polled::end);
}

TEST_CASE("a budget of nothing brings nothing, and is not the end") {
  const auto events = counting(10);
  int seen = 0;
  auto flow = lv::flow(lv::from(lv::values(std::span<const int>(events))) | lv::to([&](int) { ++seen; }));
  REQUIRE(flow.open());
  CHECK(flow.poll(0) != lv::polled::end);
  CHECK(flow.poll(10) == lv::polled::events);
  CHECK(seen == 10);
}
