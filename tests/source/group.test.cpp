// SPDX-License-Identifier: BSL-1.0
#include <levada/source/group.hpp>

#include "../support/scratch_bus.hpp"

#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace plant {

/// Writes down watermarks and idle signals.
struct listener {
  static constexpr std::string_view kind = "listener", name = "listener";
  std::vector<std::string>* heard;
  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(const auto& s, auto out) { out(s); }
  void on(const lv::watermark& w, auto out) { heard->push_back(std::to_string(w.time.ns)), out.raise(w); }
  void on(const lv::idle& i, auto out) { heard->push_back("idle"), out.raise(i); }
};

}  // namespace plant

namespace {

struct sample {
  std::uint32_t key;
  std::uint32_t number;  // of the key
};

using partitioned = lv::partitioned_topic<sample>;
partitioned topic_on(const scratch_bus& scratch, std::uint32_t partitions = 4) {
  return {scratch.bus(), "numbers", {.partitions = partitions, .each = {.capacity = 1024}}};
}

/// Publishes the next of each of so many keys.
class source_of_keys {
 public:
  explicit source_of_keys(const partitioned& to) : p_(*lv::partitioned_publisher<sample>::open(to)) {}
  void publish(std::uint32_t keys, std::uint32_t times = 1) {
    for (std::uint32_t n = 0; n < times; ++n)
      for (std::uint32_t key = 0; key < keys; ++key) {
        while (!p_.publish(key, {key, next_[key]}, {})) REQUIRE(p_.wait_for_room(p_.partition_of(key), 60_s));
        ++next_[key];
      }
  }
  lv::partitioned_publisher<sample> p_;
  std::array<std::uint32_t, 64> next_{};
};

}  // namespace

TEST_CASE("group source: flows that share a topic see every event once, and each key in order") {
  const scratch_bus scratch;
  source_of_keys keys(topic_on(scratch));
  std::array<std::uint32_t, 64> next{};
  std::uint32_t wrong = 0, all = 0;
  const auto take = [&](const sample& s) {
    wrong += s.number == next[s.key]++ ? 0u : 1u;
    ++all;
  };
  auto a = lv::flow(lv::from<"in">(lv::group(topic_on(scratch), "judges")) | lv::to(take));
  REQUIRE(a.open());
  keys.publish(20, 10);
  while (a.poll() == lv::polled::events) {
  }
  CHECK(all == 200);
  {
    auto b = lv::flow(lv::from<"in">(lv::group(topic_on(scratch), "judges")) | lv::to(take));
    REQUIRE(b.open());
    for (int i = 0; i < 4; ++i) {
      a.poll();
      b.poll();
    }
    CHECK(a.at<"in">().member().owned().size() == 2);
    CHECK(b.at<"in">().member().owned().size() == 2);
    keys.publish(20, 10);
    while (a.poll() == lv::polled::events || b.poll() == lv::polled::events) {
    }
  }
  keys.publish(20, 10);
  for (int i = 0; i < 4; ++i) a.poll();
  while (a.poll() == lv::polled::events) {
  }
  CHECK(a.at<"in">().position() > 300);
  CHECK(all == 600);
  CHECK(wrong == 0);
}

TEST_CASE("group source: what a turn has brought is committed when the next one begins, and not before") {
  const scratch_bus scratch;
  source_of_keys keys(topic_on(scratch));
  std::uint32_t all = 0;
  auto make = [&] {
    return lv::flow(lv::from<"in">(lv::group(topic_on(scratch), "judges")) | lv::to([&](const sample&) { ++all; }));
  };
  {
    auto a = make();
    REQUIRE(a.open());
    keys.publish(20);
    CHECK(a.poll() == lv::polled::events);
    CHECK(all == 20);
    CHECK(a.at<"in">().member().lag() == 20);
    CHECK(a.poll() == lv::polled::nothing);
    CHECK(a.at<"in">().member().lag() == 0);
    keys.publish(10);
    CHECK(a.poll() == lv::polled::events);
  }  // with ten of them in its hands
  auto b = make();
  REQUIRE(b.open());
  CHECK(b.poll() == lv::polled::events);
  CHECK(all == 40);
}

TEST_CASE("group source: event time is that of the partition that is furthest behind") {
  const scratch_bus scratch;
  const auto topic = topic_on(scratch, 2);
  auto p = *lv::partitioned_publisher<sample>::open(topic);
  std::vector<std::string> heard;
  auto flow = lv::flow(lv::from(lv::group(topic, "judges")) | lv::link{plant::listener{&heard}} | lv::to([](const sample&) {}));
  REQUIRE(flow.open());
  const auto say = [&](std::uint32_t partition, lv::lane_kind kind, std::uint64_t value) {
    heard.clear();
    REQUIRE(p.partition(partition).signal(kind, value, {}));
    while (flow.poll() == lv::polled::events) {
    }
    return heard;
  };
  using page = std::vector<std::string>;
  CHECK(say(0, lv::lane_kind::watermark, 100) == page{});  // the other one has said nothing
  CHECK(say(1, lv::lane_kind::watermark, 50) == page{"50"});
  CHECK(say(1, lv::lane_kind::watermark, 70) == page{"70"});
  CHECK(say(1, lv::lane_kind::watermark, 60) == page{});
  CHECK(say(1, lv::lane_kind::watermark, 200) == page{"100"});
  CHECK(say(1, lv::lane_kind::barrier, 1) == page{});
  CHECK(say(0, lv::lane_kind::idle, 0) == page{"200"});
  CHECK(say(1, lv::lane_kind::idle, 0) == page{"idle"});
  CHECK(say(0, lv::lane_kind::watermark, 300) == page{"300"});
  CHECK(say(1, lv::lane_kind::watermark, 250) == page{});  // it never runs backward
}

TEST_CASE("group source: ends when all that it has have ended, with everything committed") {
  const scratch_bus scratch;
  const auto topic = topic_on(scratch);
  std::uint32_t all = 0;
  auto flow = lv::flow(lv::from<"in">(lv::group(topic, "judges")) | lv::to([&](const sample&) { ++all; }));
  source_of_keys keys(topic);
  std::thread writer([&] {
    keys.publish(20, 100);  // they fit into the rings: nobody waits for a group that is not there yet
    while (!keys.p_.signal(lv::lane_kind::end, 0, {})) std::this_thread::yield();
  });
  CHECK(lv::run(flow) == 0);
  writer.join();
  CHECK(all == 2000);
  CHECK(flow.at<"in">().member().lag() == 0);
  CHECK(flow.at<"in">().member().owned().empty());
}

TEST_CASE("group source: a group that cannot be joined is a sentence") {
  const scratch_bus scratch;
  auto flow = lv::flow(lv::from(lv::group(topic_on(scratch), "not/a/name")) | lv::to([](const sample&) {}));
  const auto opened = flow.open();
  REQUIRE(!opened);
  CHECK(opened.error().kind == lv::failure::usage);
}
