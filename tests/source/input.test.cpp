// SPDX-License-Identifier: BSL-1.0
#include <levada/source/input.hpp>

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

namespace lv = levada;

TEST_CASE("input brings what is pushed, and nothing when it is polled") {
  std::vector<int> output;
  auto flow = lv::flow(lv::from<"numbers">(lv::input<int>()) | lv::to([&](int v) { output.push_back(v); }));
  REQUIRE(flow.open());
  CHECK(flow.poll() == lv::polled::nothing);
  flow.push<"numbers">(5);
  flow.push<"numbers">(std::vector{6, 7});
  CHECK(flow.poll() == lv::polled::nothing);
  CHECK(output == std::vector{5, 6, 7});
  CHECK(flow.counts<"numbers">().in == 3);
  CHECK(flow.counts<"numbers">().out == 3);
}

TEST_CASE("it is a source of any event, also of one that can only be moved") {
  CHECK(lv::source<lv::input<int>>);
  CHECK(lv::source<lv::input<std::unique_ptr<int>>>);
  int seen = 0;
  auto flow = lv::flow(lv::from(lv::input<std::unique_ptr<int>>()) | lv::to([&](const std::unique_ptr<int>& p) { seen = *p; }));
  REQUIRE(flow.open());
  flow.push(std::make_unique<int>(4));
  CHECK(seen == 4);
}
