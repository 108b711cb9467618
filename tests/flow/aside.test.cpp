// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/aside.hpp>

#include <levada/flow/draw.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

/// Halves even numbers, and puts the odd ones aside as text.
template <class In>
struct halve_operator {
  static constexpr std::string_view kind = "halve";
  static constexpr std::string_view name = "half";
  using aside_type = std::string;
  template <class>
  using output = int;
  void operator()(const In& e, auto out) {
    if (e % 2 == 0)
      out(e / 2);
    else
      out.aside(std::to_string(e));
  }
};
struct halve_description {
  template <class>
  static consteval bool fits() {
    return true;
  }
  template <class E>
  constexpr auto bind() && {
    return halve_operator<E>{};
  }
};
auto halve() { return lv::link{halve_description{}}; }

}  // namespace

TEST_CASE("what an operator puts aside goes to the branch behind it, the rest goes on") {
  std::vector<int> halves;
  std::vector<std::string> odd;
  auto flow = lv::flow(lv::from<"numbers">(lv::input<int>()) | halve() |
                       lv::aside(lv::filter<"long">([](const std::string& s) { return s.size() > 1; }) |
                                 lv::to<"odd">([&](const std::string& s) { odd.push_back(s); })) |
                       lv::to<"halves">([&](int i) { halves.push_back(i); }));
  REQUIRE(flow.open());
  flow.push<"numbers">(std::vector{2, 3, 13, 10});
  flow.push<"numbers">(std::vector<int>(100, 8));
  CHECK(odd == std::vector<std::string>{"13"});
  CHECK(halves.size() == 102);
  CHECK(halves[1] == 5);
  CHECK(flow.counts<"half">().out == 104);
  CHECK(flow.counts<"half">().dropped == 0);
  CHECK(flow.counts<"long">().in == 2);
  std::string picture;
  lv::draw(flow, lv::picture::dot, [&](std::string_view s) { picture += s; });
  CHECK(picture.find("odd") != std::string::npos);
}

TEST_CASE("without a branch it is dropped, and counted") {
  std::vector<int> halves;
  auto flow = lv::flow(lv::from<"numbers">(lv::input<int>()) | halve() | lv::to([&](int i) { halves.push_back(i); }));
  REQUIRE(flow.open());
  flow.push<"numbers">(std::vector{2, 3, 13, 10});
  CHECK(halves == std::vector{1, 5});
  CHECK(flow.counts<"half">().dropped == 2);
  CHECK(flow.counts<"half">().out == 2);
}

TEST_CASE("a branch that is not ended flows back into the stream") {
  std::vector<int> all;
  auto flow =
      lv::flow(lv::from<"numbers">(lv::input<int>()) | halve() |
               lv::aside(lv::map([](const std::string& s) { return -std::stoi(s); })) | lv::to([&](int i) { all.push_back(i); }));
  REQUIRE(flow.open());
  flow.push<"numbers">(std::vector{2, 3, 13, 10});
  CHECK(all == std::vector{1, -3, -13, 5});
}

TEST_CASE("a chain with it can be kept and joined to a source later") {
  std::vector<int> all;
  auto part = halve() | lv::aside(lv::map([](const std::string&) { return 0; })) | lv::to([&](int i) { all.push_back(i); });
  auto flow = lv::flow(lv::from<"numbers">(lv::input<int>()) | std::move(part));
  REQUIRE(flow.open());
  flow.push<"numbers">(std::vector{2, 3});
  CHECK(all == std::vector{1, 0});
}
