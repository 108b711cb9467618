// SPDX-License-Identifier: BSL-1.0
#include <levada/source/retained.hpp>

#include "../support/scratch_bus.hpp"

#include <levada/bus/publisher.hpp>
#include <levada/flow/checkpoint.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace lv = levada;

namespace {

struct sample {
  std::int64_t value;
};
using output = std::vector<std::int64_t>;

auto sums(const lv::topic<sample>& numbers, output& out) {
  return lv::flow(lv::from<"numbers">(lv::retained(numbers, "adder")) |
                  lv::scan(std::int64_t{0}, [](std::int64_t& sum, const sample& s) { return sum += s.value; }) |
                  lv::to([&out](std::int64_t v) { out.push_back(v); }));
}
void bring_to_disk(auto& flow, auto& saved) {
  const auto before = saved.last();
  saved.take();
  while (saved.last() == before && saved.status()) {
    flow.poll(0);
    std::this_thread::yield();  // to the thread that writes
  }
  REQUIRE(saved.status());
  flow.poll(0);  // hears that it is on the disk
}
void publish(lv::publisher<sample>& to, std::int64_t from, std::int64_t below) {
  for (std::int64_t i = from; i < below; ++i) {
    auto room = to.claim(1);
    REQUIRE(room.size() == 1);
    room[0] = {i};
    to.commit(1, {i});
  }
}

}  // namespace

TEST_CASE("a flow that crashes reads again what came after its last checkpoint, and nothing else") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 1024}};
  const lv::checkpoint_options options{.folder = (scratch.folder() / "state").c_str(), .every = {}, .slice = 64};
  auto producer = lv::publisher<sample>::open(numbers);
  REQUIRE(producer);
  output first, second;
  {
    auto flow = sums(numbers, first);
    lv::checkpoint saved(flow, options);
    REQUIRE(flow.open());
    publish(*producer, 0, 300);
    flow.poll();
    bring_to_disk(flow, saved);
    publish(*producer, 300, 500);
    flow.poll();
    CHECK(first.size() == 500);
  }
  auto flow = sums(numbers, second);
  lv::checkpoint saved(flow, options);
  REQUIRE(flow.open());
  CHECK(saved.restored() == 2);
  publish(*producer, 500, 600);
  flow.poll();
  REQUIRE(second.size() == 300);
  CHECK(second.front() == 300 * 301 / 2);
  CHECK(second.back() == 599 * 600 / 2);
}

TEST_CASE("the ring keeps what no checkpoint has, and gets it back with the next") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 512}};
  const lv::checkpoint_options options{.folder = (scratch.folder() / "state").c_str(), .every = {}};
  output out;
  auto flow = sums(numbers, out);
  lv::checkpoint saved(flow, options);
  REQUIRE(flow.open());
  auto producer = lv::publisher<sample>::open(numbers);
  REQUIRE(producer);
  std::int64_t n = 0;
  while (!producer->claim(1).empty()) {
    publish(*producer, n, n + 1);
    flow.poll();
    ++n;
  }
  CHECK(n >= 512);  // at least the capacity: a ring has whole pages
  CHECK(out.size() == static_cast<std::size_t>(n));
  bring_to_disk(flow, saved);
  CHECK_FALSE(producer->claim(1).empty());
}

TEST_CASE("what was written over while nobody had the name is counted as dropped") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 512}};
  const lv::checkpoint_options options{.folder = (scratch.folder() / "state").c_str(), .every = {}};
  auto producer = lv::publisher<sample>::open(numbers);
  REQUIRE(producer);
  output out;
  {
    auto flow = sums(numbers, out);
    lv::checkpoint saved(flow, options);
    REQUIRE(flow.open());
    publish(*producer, 0, 100);
    flow.poll();
    bring_to_disk(flow, saved);
  }
  publish(*producer, 100, 5000);
  auto flow = sums(numbers, out);
  lv::checkpoint saved(flow, options);
  REQUIRE(flow.open());
  flow.poll();
  CHECK(flow.counts<"numbers">().dropped > 0);
  CHECK(flow.counts<"numbers">().out + flow.counts<"numbers">().dropped == 4900);
}

TEST_CASE("what is given back ends where the checkpoint does, and a namesake without one begins there") {
  const scratch_bus scratch;
  const lv::topic<sample> numbers{scratch.bus(), "numbers", {.capacity = 1024}};
  auto producer = lv::publisher<sample>::open(numbers);
  REQUIRE(producer);
  {
    auto first = lv::retained(numbers, "adder");
    REQUIRE(first.open());
    publish(*producer, 0, 100);
    first.commit(60);
    first.commit(30);  // an older one takes nothing back
  }
  auto second = lv::retained(numbers, "adder");
  REQUIRE(second.open());
  CHECK(second.position() == 60);
}
