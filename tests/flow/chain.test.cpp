// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/chain.hpp>

#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <vector>

namespace lv = levada;

namespace {
template <class Chain>
using end_of = typename Chain::output;
struct point {
  int x;
  double y;
};
}  // namespace

TEST_CASE("a chain knows the type at its end, from its source on") {
  auto source = [] { return lv::from(lv::input<point>()); };
  CHECK(std::same_as<end_of<decltype(source() | lv::map(&point::y))>, double>);
  CHECK(std::same_as<end_of<decltype(source() | lv::filter([](const point&) { return true; }))>, point>);
  CHECK(std::same_as<end_of<decltype(source() | lv::key_by(&point::x))>, lv::keyed<int, point>>);
  CHECK(std::same_as<end_of<decltype(source() | lv::key_by(&point::x) | lv::map(&point::y))>, lv::keyed<int, double>>);
  CHECK(std::same_as<end_of<decltype(source() | lv::to([](const point&) {}))>, lv::nothing>);
  CHECK(std::same_as<end_of<decltype(lv::map(&point::y) | lv::filter([](double) { return true; }))>, lv::unbound>);
}

TEST_CASE("a chain without a source is kept in a variable and joined to several, of several types") {
  const auto positive = lv::filter([](const auto& v) { return v > 0; }) | lv::map([](const auto& v) { return v * 2; });
  std::vector<int> ints;
  std::vector<double> doubles;
  auto flow = lv::flow(lv::from<"ints">(lv::input<int>()) | positive | lv::to([&](int v) { ints.push_back(v); }),
                       lv::from<"doubles">(lv::input<double>()) | positive | lv::to([&](double v) { doubles.push_back(v); }));
  REQUIRE(flow.open());
  flow.push<"ints">(std::vector{-1, 2});
  flow.push<"doubles">(std::vector{-1.5, 2.5});
  CHECK(ints == std::vector{4});
  CHECK(doubles == std::vector{5.0});
}

TEST_CASE("it does not matter where a chain is put in brackets") {
  auto source = [] { return lv::from(lv::input<point>()); };
  auto total = [] { return lv::key_by(&point::x) | lv::fold(0.0, [](double& sum, const point& p) { sum += p.y; }); };
  auto run = [](auto chain) {
    double sum = 0;
    auto flow = lv::flow(std::move(chain) | lv::to([&](const auto& f) { sum += f.value; }));
    if (flow.open()) flow.push(std::vector<point>{{1, 1.5}, {2, 2.5}, {1, 4}});
    flow.finish();
    return sum;
  };
  auto all = lv::filter([](const point&) { return true; });
  CHECK(run(source() | all | total()) == 8);
  CHECK(run((source() | all) | total()) == 8);
  CHECK(run(source() | (all | total())) == 8);
}

TEST_CASE("a chain with state can be kept and joined to several sources") {
  const auto running = lv::scan(0, [](int& sum, int x) { return sum += x; }) | lv::map([](int x) { return x; });
  std::vector<int> a, b;
  auto flow = lv::flow(lv::from<"a">(lv::input<int>()) | running | lv::to([&](int x) { a.push_back(x); }),
                       lv::from<"b">(lv::input<int>()) | running | lv::to([&](int x) { b.push_back(x); }));
  REQUIRE(flow.open());
  for (int i = 1; i <= 3; ++i) flow.push<"a">(i), flow.push<"b">(10 * i);
  CHECK(a == std::vector{1, 3, 6});
  CHECK(b == std::vector{10, 30, 60});
}
