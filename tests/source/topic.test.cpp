// SPDX-License-Identifier: BSL-1.0
#include <levada/source/topic.hpp>

#include "../support/scratch_bus.hpp"

#include <levada/bus/line.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/inspect.hpp>
#include <levada/op/map.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/sink/topic.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace plant {

/// A base and a constructor stop reflection: its members are told.
struct numbered {
  std::uint64_t number;
};
struct lot : numbered {
  lot(std::uint64_t n, double mass) : numbered{n}, weight(mass) {}
  double weight;
};

/// Writes down what passes.
struct listener {
  static constexpr std::string_view kind = "listener", name = "listener";
  std::vector<std::string>* heard;
  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(const auto& s, auto out) { heard->push_back(std::to_string(s.value)), out(s); }
  void on(const lv::watermark& w, auto out) { heard->push_back("watermark " + std::to_string(w.time.ns)), out.raise(w); }
  void on(const lv::barrier& b, auto out) { heard->push_back("barrier " + std::to_string(b.id)), out.raise(b); }
};

}  // namespace plant
LEVADA_DESCRIBE(plant::lot, number, weight);

namespace {

struct sample {
  lv::timestamp time;
  std::int64_t value;
};
struct other {
  lv::timestamp time;
  double value;
};

constexpr lv::timestamp at(std::int64_t ms) { return {ms * 1'000'000}; }

}  // namespace

TEST_CASE("what one flow publishes another one reads, in order, with its time") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 1024}};
  std::vector<std::int64_t> got;
  auto reader = lv::flow(lv::from(numbers) | lv::map(&sample::value) | lv::to([&](std::int64_t v) { got.push_back(v); }));
  auto writer = lv::flow(lv::from(lv::input<sample>()) | lv::to<"out">(numbers));
  REQUIRE(reader.open());
  REQUIRE(writer.open());

  std::vector<std::int64_t> expected;
  for (std::int64_t ms = 1; ms <= 500; ++ms) {
    writer.advance(at(ms));
    writer.push(sample{at(ms), ms});
    expected.push_back(ms);
    if (ms % 50 == 0) {
      writer.raise_everywhere(lv::flush{});
      reader.poll();
      CHECK(reader.clock().now == at(ms));  // processing time is that of the events
    }
  }
  CHECK(got == expected);
  CHECK(writer.counts<"out">().dropped == 0);
}

TEST_CASE("signals arrive between the events that they separate") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers"};
  std::vector<std::string> heard;
  auto reader = lv::flow(lv::from(numbers) | lv::link{plant::listener{&heard}} | lv::to([](const sample&) {}));
  auto writer = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(reader.open());
  REQUIRE(writer.open());
  writer.advance(at(1));
  writer.push(sample{at(1), 1});
  writer.raise_everywhere(lv::watermark{{100}});
  writer.push(sample{at(1), 2});
  writer.push(sample{at(1), 3});
  writer.raise_everywhere(lv::barrier{7});
  writer.raise_everywhere(lv::watermark{{200}});
  writer.push(sample{at(1), 4});
  writer.raise_everywhere(lv::flush{});
  while (reader.poll() == lv::polled::events) {
  }
  CHECK(heard == std::vector<std::string>{"1", "watermark 100", "2", "3", "barrier 7", "watermark 200", "4"});
}

TEST_CASE("a line ring carries the same, and each event is there at once") {
  const scratch_bus scratch;
  const lv::topic<lv::line<sample>> numbers{scratch.bus(), "numbers", {.capacity = 64}};
  std::vector<std::string> heard, expected;
  auto reader = lv::flow(lv::from(numbers) | lv::link{plant::listener{&heard}} | lv::to([](const sample&) {}));
  auto writer = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(reader.open());
  REQUIRE(writer.open());
  for (std::int64_t i = 0; i < 500; ++i) {
    writer.advance(at(i));
    writer.push(sample{at(i), i});
    if (i % 3 == 0) writer.raise_everywhere(lv::watermark{{i}});
    CHECK(reader.poll() == lv::polled::events);
    CHECK(reader.clock().now == at(i));
    expected.push_back(std::to_string(i));
    if (i % 3 == 0) expected.push_back("watermark " + std::to_string(i));
    CHECK(heard == expected);
  }
}

TEST_CASE("the end of a writer is not the end of the topic") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers"};
  std::vector<std::int64_t> got;
  auto reader = lv::flow(lv::from(numbers) | lv::to([&](const sample& s) { got.push_back(s.value); }));
  REQUIRE(reader.open());
  for (std::int64_t round = 0; round < 3; ++round) {
    auto writer = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
    REQUIRE(writer.open());
    writer.push(sample{at(1), round});
    writer.finish();
  }
  while (reader.poll() == lv::polled::events) {
  }
  CHECK(got == std::vector<std::int64_t>{0, 1, 2});
  CHECK(reader.poll() == lv::polled::nothing);
}

TEST_CASE("an end that a publisher says ends the flow") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers"};
  auto reader = lv::flow(lv::from(numbers) | lv::to([](const sample&) {}));
  REQUIRE(reader.open());
  auto writer = lv::publisher<sample>::open(numbers);
  REQUIRE(writer);
  REQUIRE(writer->signal(lv::lane_kind::end, 0, at(1)));
  CHECK(reader.poll() == lv::polled::end);
}

TEST_CASE("a topic of other events is refused with both sides in the sentence") {
  const scratch_bus scratch;
  auto writer = lv::publisher<sample>::open({scratch.bus(), "numbers"});
  REQUIRE(writer);
  auto reader = lv::flow(lv::from(lv::topic<other>{scratch.bus(), "numbers"}) | lv::to([](const other&) {}));
  const auto opened = reader.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == lv::failure::data);
  CHECK(opened.error().sentence.view().find("value") != std::string_view::npos);
}

TEST_CASE("windows over a topic are the same live and replayed") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 8192}};
  auto windows = [&](std::vector<std::string>& rows) {
    return lv::flow(lv::from(numbers) |
                    lv::window<lv::sliding{100_ms, 20_ms}>(lv::aggregate<lv::sum, lv::count>(&sample::value)) |
                    lv::to([&rows](const auto& r) {
                      rows.push_back(std::to_string(r.end.ns) + " " + std::to_string(r.template get<lv::sum>()) + " " +
                                     std::to_string(r.template get<lv::count>()));
                    }));
  };
  std::vector<std::string> live, replayed;
  auto first = windows(live);
  auto writer = lv::flow(lv::from(lv::input<sample>()) | lv::to(numbers));
  REQUIRE(writer.open());
  REQUIRE(first.open());
  for (std::int64_t ms = 1; ms <= 1000; ++ms) {
    writer.advance(at(ms));
    writer.push(sample{at(ms), ms * 7 % 13});
    if (ms % 3 == 0) {
      writer.raise_everywhere(lv::flush{});
      first.poll();  // in many small steps
    }
  }
  writer.finish();
  while (first.poll() == lv::polled::events) {
  }
  auto second = windows(replayed);
  REQUIRE(second.open());
  while (second.poll(64) == lv::polled::events) {  // in other steps
  }
  CHECK(live.size() > 40);
  CHECK(live == replayed);
}

TEST_CASE("a full ring holds the writer back until the reader has read, and loses nothing") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 256}};
  constexpr std::int64_t n = 20'000;
  std::int64_t next = 0;
  bool in_order = true;
  auto reader = lv::flow(lv::from(numbers) | lv::to([&](const sample& s) {
                           in_order &= s.value == next++;
                           if (next == n) lv::request_stop();
                         }));
  REQUIRE(reader.open());
  const lv::stop_signals signals;
  std::thread writing([&] {
    std::vector<sample> all;
    for (std::int64_t i = 0; i < n; ++i) all.push_back({at(i), i});
    auto writer = lv::flow(lv::from(lv::values{std::span(all)}) | lv::to<"out">(numbers));
    CHECK(writer.open());
    while (writer.poll() == lv::polled::events) {
    }
    CHECK(writer.counts<"out">().dropped == 0);
  });
  lv::runner<> runner({.mode = lv::profile::fast});
  while (!lv::stop_requested()) runner.poll(reader);
  writing.join();
  CHECK(next == n);
  CHECK(in_order);
}

TEST_CASE("an event that reflection cannot see travels by what LEVADA_DESCRIBE says of it") {
  const scratch_bus scratch;
  const lv::topic<plant::lot> lots{scratch.bus(), "lots"};
  double weight = 0;
  auto reader = lv::flow(lv::from(lots) | lv::to([&](const plant::lot& l) { weight += l.weight; }));
  auto writer = lv::flow(lv::from(lv::input<plant::lot>()) | lv::to(lots));
  REQUIRE(reader.open());
  REQUIRE(writer.open());
  writer.push(plant::lot(1, 2.5));
  writer.push(plant::lot(2, 1.5));
  writer.finish();
  reader.poll();
  CHECK(weight == 4);
}

TEST_CASE("what a window emits while its source is silent is published at once") {
  const scratch_bus scratch;
  const lv::topic<sample> in{scratch.bus(), "in"}, out{scratch.bus(), "out"};
  auto windows = lv::flow(lv::from(in) | lv::window<lv::tumbling{1_s}>(lv::aggregate<lv::sum>(&sample::value)) |
                          lv::map([](const auto& row) { return sample{row.end, row.template get<lv::sum>()}; }) | lv::to(out));
  auto writer = lv::flow(lv::from(lv::input<sample>()) | lv::to(in));
  REQUIRE(writer.open());
  REQUIRE(windows.open());
  auto reader = lv::subscriber<sample>::open(out);
  REQUIRE(reader);
  writer.advance(at(5'100));
  writer.push(sample{at(5'100), 7});
  writer.raise_everywhere(lv::flush{});
  lv::runner<lv::manual_clock> runner({}, lv::manual_clock{at(5'200), {}});
  CHECK(runner.poll(windows) == lv::polled::events);
  runner.clock().advance(10_s);
  runner.poll(windows);
  const auto rows = reader->read();
  REQUIRE(rows.events.size() == 1);
  CHECK(rows.events[0].value == 7);
}

TEST_CASE("a topic that has ended holds its publisher back no more, and the flow sleeps on the other one") {
  const scratch_bus scratch;
  const lv::topic<sample> a{scratch.bus(), "a", {.capacity = 256}}, b{scratch.bus(), "b"};
  auto flow = lv::flow(lv::from<"a">(a) | lv::to([](const sample&) {}), lv::from<"b">(b) | lv::to([](const sample&) {}));
  REQUIRE(flow.open());
  auto writer = lv::publisher<sample>::open(a);
  REQUIRE(writer);
  REQUIRE(writer->signal(lv::lane_kind::end, 0, at(1)));
  CHECK(flow.poll() == lv::polled::events);  // the end is one
  CHECK(flow.poll() == lv::polled::nothing);
  std::size_t accepted = 0;
  for (int round = 0; round < 100; ++round) {
    const auto room = writer->claim(64);
    writer->commit(room.size(), at(2));
    accepted += room.size();
  }
  CHECK(accepted > 4 * 256);
  int live = 0;
  flow.for_each_live_source([&](auto&) { ++live; });
  CHECK(live == 1);
}

TEST_CASE("events that were overwritten before the flow came to them are counted as dropped, and the rest go through") {
  const scratch_bus scratch;
  const lv::topic<sample> in{scratch.bus(), "in", {.capacity = 256}};
  std::uint64_t got = 0;
  auto flow = lv::flow(lv::from<"in">(lv::subscribe(in, {.overflow = lv::overflow_policy::overwrite})) |
                       lv::to([&](const sample&) { ++got; }));
  REQUIRE(flow.open());
  auto writer = lv::publisher<sample>::open(in);
  REQUIRE(writer);
  for (int round = 0; round < 100; ++round) {
    const auto room = writer->claim(32);
    REQUIRE(room.size() == 32);  // it waits for nobody
    writer->commit(room.size(), at(round));
  }
  while (flow.poll() == lv::polled::events) {
  }
  CHECK(got > 0);
  CHECK(flow.counts<"in">().dropped > 2'900);
  CHECK(got + flow.counts<"in">().dropped == 3'200);
}

TEST_CASE("a flow whose subscription was evicted ends with the reason") {
  const scratch_bus scratch;
  const lv::topic<sample> in{scratch.bus(), "in", {.capacity = 256}};
  auto flow = lv::flow(lv::from(lv::subscribe(in, {.overflow = lv::overflow_policy::evict, .lease = 1_ms})) |
                       lv::to([](const sample&) {}));
  auto writer = lv::publisher<sample>::open(in);
  REQUIRE(writer);
  REQUIRE(flow.open());
  for (int round = 0; round < 20; ++round) {
    std::span<sample> room;
    while ((room = writer->claim(32)).empty()) REQUIRE(writer->wait_for_room(60_s));
    writer->commit(room.size(), at(round));
  }
  CHECK(writer->evictions() == 1);
  while (flow.poll() != lv::polled::end) {
  }
  const auto status = flow.status();
  REQUIRE(!status);
  CHECK(status.error().sentence.view().find("was evicted at sequence 0") != std::string_view::npos);
}
