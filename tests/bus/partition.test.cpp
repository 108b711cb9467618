// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/partition.hpp>

#include <levada/bus/directory.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/subscriber.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

enum class colour : std::uint8_t { red, green = 7 };

lv::partitioned_topic<sample> topic_on(const scratch_bus& scratch, std::uint32_t partitions = 4) {
  return {scratch.bus(), "t", {.partitions = partitions, .each = {.capacity = 512}}};
}
std::filesystem::path file_of(const scratch_bus& scratch) { return scratch.folder() / "bus/t/.partitions/partitions"; }

}  // namespace

TEST_CASE("partition_of: is what it always was") {
  CHECK(lv::partition_of(0, 64) == 50);
  CHECK(lv::partition_of(1, 64) == 60);
  CHECK(lv::partition_of(-1, 64) == 35);
  CHECK(lv::partition_of(1'000'000'007, 64) == 56);
  CHECK(lv::partition_of("", 64) == 39);
  CHECK(lv::partition_of("press/1", 64) == 7);
  CHECK(lv::partition_of("press/2", 64) == 6);
  CHECK(lv::partition_of("a name of more than eight characters", 64) == 63);
}

TEST_CASE("partition_of: does not depend on how a key is written") {
  for (std::uint32_t n : {1u, 2u, 7u, 64u}) {
    CHECK(lv::partition_of(std::uint8_t{7}, n) == lv::partition_of(std::int64_t{7}, n));
    CHECK(lv::partition_of(colour::green, n) == lv::partition_of(7, n));
    CHECK(lv::partition_of(std::int16_t{-5}, n) == lv::partition_of(std::int64_t{-5}, n));
    CHECK(lv::partition_of(lv::text<16>("press/1"), n) == lv::partition_of("press/1", n));
    CHECK(lv::partition_of(lv::text<64>("press/1"), n) == lv::partition_of(std::string("press/1"), n));
    const std::array bytes{std::byte{'a'}, std::byte{'b'}};
    CHECK(lv::partition_of(std::span<const std::byte>(bytes), n) == lv::partition_of("ab", n));
  }
}

TEST_CASE("partition_of: spreads keys evenly, and those that follow a pattern") {
  for (std::uint32_t n : {2u, 3u, 8u, 48u, 64u}) {
    for (std::uint64_t step : {1u, 2u, 8u, 64u, 1000u, 65536u}) {
      CAPTURE(n);
      CAPTURE(step);
      std::vector<int> got(n), named(n);
      for (std::uint64_t i = 0; i < 1000 * n; ++i) {
        ++got[lv::partition_of(i * step, n)];
        ++named[lv::partition_of("machine/" + std::to_string(i * step) + "/temperature", n)];
      }
      for (std::uint32_t p = 0; p < n; ++p) {
        CHECK(got[p] > 800);
        CHECK(got[p] < 1200);
        CHECK(named[p] > 800);
        CHECK(named[p] < 1200);
      }
    }
  }
}

TEST_CASE("partition: what is published by key lies in the partition of the key, in order") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  auto p = lv::partitioned_publisher<sample>::open(where);
  REQUIRE(p);
  REQUIRE(p->partitions() == 4);
  std::vector<lv::subscriber<sample>> readers;
  for (std::uint32_t i = 0; i < 4; ++i) readers.push_back(*lv::subscriber<sample>::open(where.partition(i)));
  for (std::uint64_t n = 0; n < 400; ++n) REQUIRE(p->publish(n % 10, make_sample(n), {}));
  std::uint64_t all = 0;
  std::array<std::uint64_t, 10> next{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (std::uint32_t i = 0; i < 4; ++i)
    while (auto t = readers[i].read()) {
      for (const auto& e : t.events) {
        CHECK(p->partition_of(e.index % 10) == i);
        CHECK(e.index == next[e.index % 10]);
        next[e.index % 10] += 10;
        ++all;
      }
      readers[i].release(t.events.size());
    }
  CHECK(all == 400);
}

TEST_CASE("partition: claims, commits and room are those of one partition") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  auto p = *lv::partitioned_publisher<sample>::open(where);
  auto s = *lv::subscriber<sample>::open(where.partition(2));
  std::uint64_t done = 0;
  for (auto room = p.claim(2, 64); !room.empty(); room = p.claim(2, 64)) {
    for (auto& one : room) one = make_sample(done++);
    p.commit(2, room.size(), {});
  }
  CHECK(done == p.partition(2).capacity());
  CHECK(!p.claim(1, 1).empty());
  CHECK(!p.wait_for_room(2, 1_ms));
  const auto t = s.read();
  REQUIRE(!t.events.empty());
  CHECK(is_whole(t.events[0]));
  s.release(t.events.size());
  CHECK(p.wait_for_room(2, 1_s));
}

TEST_CASE("partition: a signal comes to every partition once, also where one was full at first") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  auto p = *lv::partitioned_publisher<sample>::open(where);
  std::vector<lv::subscriber<sample>> readers;
  for (std::uint32_t i = 0; i < 4; ++i) readers.push_back(*lv::subscriber<sample>::open(where.partition(i)));
  while (p.partition(2).signal(lv::lane_kind::watermark, 1, {})) {
  }
  CHECK(!p.signal(lv::lane_kind::barrier, 7, {}));
  CHECK(!p.signal(lv::lane_kind::barrier, 7, {}));
  while (readers[2].read()) {
  }
  CHECK(p.signal(lv::lane_kind::barrier, 7, {}));
  CHECK(p.signal(lv::lane_kind::barrier, 8, {}));
  for (auto& s : readers) {
    std::vector<std::uint64_t> seen;
    while (auto t = s.read())
      if (t.signal->kind() == lv::lane_kind::barrier) seen.push_back(t.signal->value);
    CHECK(seen == std::vector<std::uint64_t>{7, 8});
  }
}

TEST_CASE("partition: each is a line ring where the topic is one") {
  scratch_bus scratch;
  const lv::partitioned_topic<lv::line<sample>> where{scratch.bus(), "t", {.partitions = 2, .each = {.capacity = 64}}};
  auto p = *lv::partitioned_publisher<lv::line<sample>>::open(where);
  auto s = *lv::subscriber<lv::line<sample>>::open(where.partition(p.partition_of("k")));
  REQUIRE(p.publish("k", make_sample(5), {}));
  const auto t = s.read();
  REQUIRE(t.events.size() == 1);
  CHECK(t.events[0].index == 5);
}

TEST_CASE("partition: how many there are is decided by the first, and kept") {
  scratch_bus scratch;
  CHECK(lv::partitioned_publisher<sample>::open(topic_on(scratch, 3))->partitions() == 3);
  CHECK(lv::partitioned_publisher<sample>::open(topic_on(scratch, 9))->partitions() == 3);
  for (std::uint32_t wrong : {0u, 65u}) {
    const auto refused = lv::partitioned_publisher<sample>::open(topic_on(scratch, wrong));
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::usage);
    CHECK(refused.error().sentence.view().find("ask for 1 to 64") != std::string_view::npos);
  }
}

TEST_CASE("partition: many who come at once agree") {
  for (int round = 0; round < 20; ++round) {
    scratch_bus scratch;
    std::array<std::uint32_t, 6> got{};
    std::vector<std::thread> all;
    for (std::uint32_t i = 0; i < got.size(); ++i)
      all.emplace_back([&, i] {
        const auto made = lv::detail::open_or_make_partitions(*topic_on(scratch).files(), i + 1);
        if (made) got[i] = made->partitions;
      });
    for (auto& t : all) t.join();
    CHECK(got[0] > 0);
    for (const auto n : got) CHECK(n == got[0]);
  }
}

TEST_CASE("partition: a maker that was killed half way is no harm, and what is damaged is refused in words") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  std::filesystem::create_directories(file_of(scratch).parent_path());
  std::ofstream(file_of(scratch).string() + ".new") << "half";
  REQUIRE(lv::partitioned_publisher<sample>::open(where));
  std::filesystem::remove_all(scratch.folder() / "bus/t/partition-1.topic");
  CHECK(lv::partitioned_publisher<sample>::open(where));  // whoever comes next makes what is missing

  std::ofstream(file_of(scratch), std::ios::app) << "longer";
  CHECK(lv::partitioned_publisher<sample>::open(where));
  for (std::size_t at : {0u, 8u, 13u}) {
    std::fstream(file_of(scratch), std::ios::binary | std::ios::in | std::ios::out).seekp(static_cast<long>(at)).put('\x7F');
    const auto refused = lv::partitioned_publisher<sample>::open(where);
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::data);
    CHECK(refused.error().sentence.view().find("the number of its partitions is damaged") != std::string_view::npos);
    std::filesystem::remove(file_of(scratch));
    REQUIRE(lv::partitioned_publisher<sample>::open(where));
  }
}

TEST_CASE("partition: what an earlier boot left is made anew") {
  scratch_bus scratch;
  REQUIRE(lv::partitioned_publisher<sample>::open(topic_on(scratch, 3)));
  std::fstream(file_of(scratch), std::ios::binary | std::ios::in | std::ios::out).seekp(16).put('?');  // its identity
  CHECK(lv::partitioned_publisher<sample>::open(topic_on(scratch, 5))->partitions() == 5);
}

TEST_CASE("partition: all publishers or none, and a topic in use is not removed") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  {
    auto one = lv::publisher<sample>::open(where.partition(3));
    REQUIRE(one);
    const auto refused = lv::partitioned_publisher<sample>::open(where);
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::unavailable);
    const auto removed = lv::remove_partitions(scratch.bus(), "t");
    REQUIRE(!removed);
    CHECK(removed.error().kind == lv::failure::unavailable);
    CHECK(lv::topic_observer::open(scratch.bus(), "t/partition-0"));
  }
  CHECK(lv::partitioned_publisher<sample>::open(where));
  CHECK(lv::remove_partitions(scratch.bus(), "t"));
  CHECK(!std::filesystem::exists(file_of(scratch).parent_path()));
  CHECK(!lv::topic_observer::open(scratch.bus(), "t/partition-0"));
  CHECK(lv::remove_partitions(scratch.bus(), "t"));
  CHECK(lv::partitioned_publisher<sample>::open(topic_on(scratch, 2))->partitions() == 2);
}

TEST_CASE("partition: tools see each as a topic, and nothing else") {
  scratch_bus scratch;
  REQUIRE(lv::partitioned_publisher<sample>::open(topic_on(scratch, 3)));
  std::set<std::string> seen;
  REQUIRE(lv::for_each_topic(scratch.folder().string(), [&](std::string_view, std::string_view t) { seen.emplace(t); }));
  CHECK(seen == std::set<std::string>{"t/partition-0", "t/partition-1", "t/partition-2"});
}

TEST_CASE("partition: a name that is too long, or is none, is refused in words") {
  scratch_bus scratch;
  for (const std::string& name : {std::string(83, 'x'), std::string(), std::string("a//b"), std::string(200, 'x')}) {
    const auto refused = lv::partitioned_publisher<sample>::open({scratch.bus(), name, {.partitions = 2}});
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::usage);
  }
  CHECK(lv::partitioned_publisher<sample>::open({scratch.bus(), std::string(82, 'x'), {.partitions = 2}}));
}
