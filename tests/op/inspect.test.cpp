// SPDX-License-Identifier: BSL-1.0
#include <levada/op/inspect.hpp>

#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace lv = levada;
using support::reading;

TEST_CASE("inspect shows every event once, in order, and passes it on unchanged") {
  const auto events = support::readings(2000);
  for (std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::vector<reading> seen;
    CHECK(support::outcome<reading>(events, length, [&](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::inspect([&](const reading& r) { seen.push_back(r); }) |
                            lv::to([&](const reading& r) { output.push_back(r); }));
          }) == events);
    CHECK(seen == events);
  }
}

TEST_CASE("it sees an event before what follows does, and below key_by without the key") {
  std::vector<int> order;
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::key_by([](int i) { return i; }) |
                       lv::inspect([&](int i) { order.push_back(i); }) | lv::to([&](int i) { order.push_back(-i); }));
  REQUIRE(flow.open());
  flow.push(std::vector{1, 2, 3});
  CHECK(order == std::vector{1, -1, 2, -2, 3, -3});
}

TEST_CASE("it counts what passes") {
  auto flow = lv::flow(lv::from(lv::input<int>()) | lv::filter([](int i) { return i > 1; }) | lv::inspect<"look">([](int) {}) |
                       lv::to([](int) {}));
  REQUIRE(flow.open());
  flow.push(std::vector{0, 1, 2, 3});
  CHECK(flow.counts<"look">().in == 2);
  CHECK(flow.counts<"look">().out == 2);
}
