// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/trial.hpp>

#include <levada/flow/flow.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {
struct reading {
  int sensor;
  double value;
};
}  // namespace

TEST_CASE("events and times are given by hand, and what came of them is looked at") {
  std::vector<double> means;
  lv::trial t(lv::flow(lv::from<"readings">(lv::input<reading>()) | lv::key_by(&reading::sensor) |
                       lv::window<"recent", lv::tumbling{10_s}>(lv::aggregate<lv::mean>(&reading::value)) |
                       lv::map([](const auto& row) { return row.template get<lv::mean>(); }) | lv::to(lv::collect(means))));
  t.push<"readings">(reading{1, 2}).push<"readings">(reading{1, 4}).pass(9_s);
  CHECK(means.empty());
  t.pass(1_s);
  CHECK(means == std::vector{3.0});
  t.push(std::vector{reading{1, 5}, reading{2, 7}}).end();
  CHECK(means == std::vector{3.0, 5.0, 7.0});
  CHECK(t.counts<"recent">().in == 4);
  CHECK(t.at<"recent">().time.active == 0);
  CHECK(t.flow().clock().now == lv::timestamp{10'000'000'000});
}

TEST_CASE("sources with events of their own are drained") {
  const std::vector numbers{1, 2, 3};
  std::vector<int> out;
  lv::trial t(lv::flow(lv::from(lv::values(std::span<const int>(numbers))) | lv::to(lv::collect(out))), {5});
  t.drain();
  CHECK(out == numbers);
  CHECK(t.flow().clock().wall == lv::timestamp{5});
}

TEST_CASE("a flow whose result depends on the cut of its input is found") {
  const std::vector<int> numbers(2000, 1);
  const auto sums = [&](bool by_span) {
    return [&numbers, by_span](auto&& cut) {
      std::vector<int> out;
      lv::trial t(lv::flow(lv::from(lv::input<int>()) | lv::scan(0, [](int& sum, int i) { return sum += i; }) |
                           lv::to(lv::collect(out))));
      cut(numbers, [&](std::span<const int> part) {
        t.push(part);
        if (by_span) out.push_back(static_cast<int>(part.size()));
      });
      return out;
    };
  };
  CHECK(lv::agrees_in_any_cut(sums(false)));
  CHECK_FALSE(lv::agrees_in_any_cut(sums(true)));
}
