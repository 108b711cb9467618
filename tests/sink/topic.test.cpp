// SPDX-License-Identifier: BSL-1.0
#include <levada/sink/topic.hpp>

#include "../support/scratch_bus.hpp"

#include <levada/bus/line.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

namespace lv = levada;

namespace {
struct sample {
  std::uint64_t value;
};
}  // namespace

TEST_CASE("events are held back for a batch and accepted when the input runs dry") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers"};
  auto reader = lv::subscriber<sample>::open(numbers);
  REQUIRE(reader);
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(flow.open());
  flow.push(sample{1});
  flow.push(sample{2});
  CHECK(reader->read().events.empty());
  flow.raise_everywhere(lv::flush{});
  CHECK(reader->read().events.size() == 2);
}

TEST_CASE("events that are stored past the caches arrive like others") {
  struct wide {
    std::uint64_t value, rest[3];
  };
  const scratch_bus scratch;
  const lv::topic<wide> numbers{scratch.bus(), "numbers"};
  auto reader = lv::subscriber<wide>::open(numbers);
  REQUIRE(reader);
  auto flow = lv::flow(lv::from(lv::input<wide>()) | lv::to(lv::publish(numbers, {.stores = lv::store_policy::streaming})));
  REQUIRE(flow.open());
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    flow.push(wide{i, {i, i, i}});
    if (i % 97 != 0) continue;
    flow.raise_everywhere(lv::flush{});
    for (auto turn = reader->read(); !turn.events.empty(); turn = reader->read()) {
      for (const auto& e : turn.events) {
        CHECK(e.value == next);
        CHECK(e.rest[2] == next++);
      }
      reader->release(turn.events.size());
    }
    CHECK(next == i + 1);
  }
}

TEST_CASE("a line ring accepts an event at once") {
  const scratch_bus scratch;
  const lv::topic<lv::line<sample>> numbers{scratch.bus(), "numbers", {.capacity = 64}};
  auto reader = lv::subscriber<lv::line<sample>>::open(numbers);
  REQUIRE(reader);
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(flow.open());
  for (std::uint64_t i = 0; i < 500; ++i) {
    flow.push(sample{i});
    const auto came = reader->read();
    REQUIRE(came.events.size() == 1);
    CHECK(came.events[0].value == i);
    reader->release(1);
  }
  flow.raise_everywhere(lv::barrier{7});
  const auto signal = reader->read().signal;
  REQUIRE(signal != nullptr);
  CHECK(signal->value == 7);
}

TEST_CASE("a long span is accepted in batches on its way") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 8192}};
  auto reader = lv::subscriber<sample>::open(numbers);
  REQUIRE(reader);
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(flow.open());
  const std::vector<sample> many(3000, sample{7});
  flow.push(std::span<const sample>(many));
  CHECK_FALSE(reader->read().events.empty());
}

TEST_CASE("the end of the stream accepts what was held back") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers"};
  auto reader = lv::subscriber<sample>::open(numbers);
  REQUIRE(reader);
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(flow.open());
  flow.push(sample{1});
  flow.finish();
  CHECK(reader->read().events.size() == 1);
}

TEST_CASE("a topic outlives its publishers, unless it is published with its end") {
  const scratch_bus scratch;
  for (const bool ends : {false, true}) {
    const lv::topic<sample> numbers{scratch.bus(), ends ? "ending" : "lasting"};
    auto reader = lv::subscriber<sample>::open(numbers);
    REQUIRE(reader);
    {
      auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to(lv::publish(numbers, {.ends = ends})));
      REQUIRE(flow.open());
      flow.push(sample{1});
      flow.finish();
    }
    const auto first = reader->read();
    REQUIRE(first.events.size() == 1);
    reader->release(1);
    const auto last = reader->read();
    CHECK((last.signal != nullptr) == ends);
    if (last.signal != nullptr) CHECK(last.signal->kind() == lv::lane_kind::end);
  }
}

TEST_CASE("events of one batch carry the time at which each came") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.grain = lv::duration{1}}};
  auto reader = lv::subscriber<sample>::open(numbers);
  REQUIRE(reader);
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(flow.open());
  for (const std::int64_t time : {10, 20, 30}) {
    flow.advance({time});
    flow.push(sample{static_cast<std::uint64_t>(time)});
  }
  flow.finish();
  for (const std::int64_t time : {10, 20, 30}) {
    const auto next = reader->read();
    REQUIRE(next.events.size() == 1);
    CHECK(next.events[0].value == static_cast<std::uint64_t>(time));
    CHECK(reader->time() == lv::timestamp{time});
    reader->release(1);
  }
}

TEST_CASE("a second sink on a topic is refused in words") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers"};
  auto one = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  auto two = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(one.open());
  const auto opened = two.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == lv::failure::unavailable);
}

TEST_CASE("when the process is to stop, a full ring no longer holds it: what finds no room is dropped and counted") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 512}};
  auto reader = lv::subscriber<sample>::open(numbers);  // reads nothing
  REQUIRE(reader);
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to<"out">(numbers));
  REQUIRE(flow.open());
  const lv::stop_signals signals;
  lv::request_stop();
  const std::vector<sample> many(2000, sample{7});
  flow.push(std::span<const sample>(many));
  CHECK(flow.counts<"out">().dropped == 2000 - flow.at<"out">().target.publication().capacity());
}

TEST_CASE("a sink without patience drops what finds no room and counts it, and goes on when there is room again") {
  for (const lv::duration patience : {lv::duration{0}, lv::duration{1'000'000}}) {
    const scratch_bus scratch;
    const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 512}};
    auto reader = lv::subscriber<sample>::open(numbers);
    REQUIRE(reader);
    auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to<"out">(lv::publish(numbers, {.patience = patience})));
    REQUIRE(flow.open());
    const auto capacity = flow.at<"out">().target.publication().capacity();
    for (std::uint64_t i = 0; i < 2000; ++i) flow.push(sample{i});
    CHECK(flow.counts<"out">().dropped == 2000 - capacity);
    std::uint64_t next = 0;
    const auto drain = [&] {
      while (const auto turn = reader->read()) {
        for (const auto& e : turn.events) CHECK(e.value == next++);
        reader->release(turn.events.size());
      }
    };
    flow.raise_everywhere(lv::flush{});
    drain();
    CHECK(next == capacity);  // the oldest were kept
    next = 2000;
    flow.push(sample{2000});
    flow.finish();
    drain();
    CHECK(next == 2001);
    CHECK(flow.counts<"out">().dropped == 2000 - capacity);
  }
}
