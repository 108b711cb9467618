// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/record_publisher.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <optional>
#include <string>

TEST_CASE("record_publisher: members set by name arrive at a typed subscriber") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024}};
  auto s = lv::subscriber<sample>::open(t);  // makes the topic
  REQUIRE(s);
  auto p = lv::record_publisher::open(scratch.bus(), "t");
  REQUIRE(p);
  std::uint64_t received = 0;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const sample wanted = make_sample(i, p->epoch());
    const auto event = p->claim();
    REQUIRE(event);
    const auto set = [&](std::string_view name, std::uint64_t value) {
      return static_cast<bool>(event->set(event->view().find(name), std::to_string(value)));
    };
    CHECK((set("index", wanted.index) && set("value", wanted.value) && set("epoch", wanted.epoch) && set("sum", wanted.sum)));
    p->commit({static_cast<std::int64_t>(i)});
    CHECK(p->sequence() == i + 1);
    if (i % 100 == 99) {
      const auto a = drain(*s);
      CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
      received += a.events;
    }
  }
  CHECK(received == 5000);
  CHECK(p->signal(lv::lane_kind::end, 0, {}));
  CHECK(drain(*s).signals == 1);
}

TEST_CASE("record_publisher: what is not set is zero, whatever lay there before") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512}};
  auto s = lv::subscriber<sample>::open(t);
  REQUIRE(s);
  {
    auto before = lv::publisher<sample>::open(t);
    REQUIRE(before);
    for (int i = 0; i < 4; ++i) publish(*before, 512), drain(*s);
  }
  auto p = lv::record_publisher::open(scratch.bus(), "t");
  REQUIRE(p);
  const auto forgotten = p->claim();
  REQUIRE(forgotten);
  CHECK(forgotten->set(0, "77"));
  const auto event = p->claim();  // the same place: the first claim was not committed
  REQUIRE(event);
  CHECK(event->set(1, "5"));
  p->commit({});
  const auto turn = s->read();
  REQUIRE(turn.events.size() == 1);
  CHECK(turn.events[0].index == 0);
  CHECK(turn.events[0].value == 5);
  CHECK(turn.events[0].sum == 0);
  CHECK(p->epoch() == 2);
}

TEST_CASE("record_publisher: there is one publisher, and a full ring is no room") {
  scratch_bus scratch;
  CHECK(!lv::record_publisher::open(scratch.bus(), "t"));
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512}};
  auto s = lv::subscriber<sample>::open(t);
  REQUIRE(s);
  auto p = lv::record_publisher::open(scratch.bus(), "t");
  REQUIRE(p);
  const auto second = lv::publisher<sample>::open(t);
  REQUIRE(!second);
  CHECK(second.error().kind == lv::failure::unavailable);
  std::uint64_t n = 0;
  for (; p->claim(); ++n) p->commit({});
  CHECK(n == 512);
  CHECK(!p->wait_for_room(0_ms));
  drain(*s);
  CHECK(p->claim());
}
