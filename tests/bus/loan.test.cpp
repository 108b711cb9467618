// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/loan.hpp>

#include <levada/wire/descriptor.hpp>
#include <levada/wire/json.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

namespace {
struct picture {
  lv::timestamp time;
  lv::loan image;
};
}  // namespace

TEST_CASE("loan: one that was made by nobody is empty") {
  CHECK(!lv::loan{});
  CHECK(!lv::loan{3, 0, 100});
  CHECK(lv::loan{3, 1, 0});
  CHECK(lv::loan{3, 1, 7} == lv::loan{3, 1, 7});
  CHECK(lv::loan{3, 1, 7} != lv::loan{3, 2, 7});
}

TEST_CASE("loan: a member like any other: described, published, and printed as its numbers") {
  scratch_bus scratch;
  const lv::topic<picture> t{scratch.bus(), "t", {.capacity = 64}};
  auto p = lv::publisher<picture>::open(t);
  auto s = lv::subscriber<picture>::open(t);
  REQUIRE(p);
  REQUIRE(s);
  p->claim(1)[0] = {{5}, {3, 17, 6220800}};
  p->commit(1, {});
  const auto turn = s->read();
  REQUIRE(turn.events.size() == 1);
  CHECK(turn.events[0].image == lv::loan{3, 17, 6220800});
  char room[256];
  const auto json = lv::to_json(turn.events[0], room);
  REQUIRE(json);
  CHECK(*json == R"({"time":"1970-01-01T00:00:00.000000005Z","image":{"block":3,"generation":17,"length":6220800}})");
}
