// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/group_state.hpp>

#include <levada/bus/group.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace {

lv::partitioned_topic<sample> topic_on(const scratch_bus& scratch) {
  return {scratch.bus(), "t", {.partitions = 3, .each = {.capacity = 512}}};
}
lv::group_member<sample> join(const scratch_bus& scratch, lv::group_options options = {}) {
  return *lv::group_member<sample>::open(topic_on(scratch), "judges", options);
}

}  // namespace

TEST_CASE("group_state: members, owners, positions and lag") {
  scratch_bus scratch;
  auto p = *lv::partitioned_publisher<sample>::open(topic_on(scratch));
  for (std::uint32_t i = 0; i < 3; ++i) publish(p.partition(i), 10 * (i + 1));
  std::optional<lv::group_member<sample>> a(join(scratch, {.commits = lv::commit_policy::manual}));
  for (int i = 0; i < 3; ++i) {
    const auto t = a->read();
    a->release(t.partition == 2 ? 7 : 0);
  }
  CHECK(a->commit());
  {
    const auto s = lv::look_at_group(scratch.bus(), "t", "judges");
    REQUIRE(s);
    REQUIRE(s->member_count == 1);
    CHECK(s->members[0].pid == static_cast<std::uint32_t>(lv::process_id()));
    CHECK(s->members[0].partitions == 3);
    CHECK(!s->members[0].asleep);
    REQUIRE(s->partition_count == 3);
    for (std::uint32_t i = 0; i < 3; ++i) {
      const auto& one = s->partitions[i];
      CHECK(one.owned);
      CHECK(one.owner == 0);
      CHECK(one.term == 1);
      CHECK(one.head == 10 * (i + 1));
      CHECK(one.position == (i == 2 ? 7 : 0));
      CHECK(one.lag == a->lag(i));
      CHECK(one.lost == 0);
    }
    CHECK(s->lag() == 53);
    CHECK(s->lag() == a->lag());
  }
  const auto b = join(scratch);
  CHECK(!a->read().events.empty());  // gives one of the three back
  CHECK(lv::look_at_group(scratch.bus(), "t", "judges")->member_count == 2);
  a.reset();
  publish(p.partition(1), 1000);
  const auto s = lv::look_at_group(scratch.bus(), "t", "judges");
  REQUIRE(s);
  CHECK(s->member_count == 1);
  CHECK(s->members[0].place == 1);
  CHECK(s->lag() == b.lag());
}

TEST_CASE("group_state: of a group that has committed nothing, and one that is away while events are overwritten") {
  scratch_bus scratch;
  auto p = *lv::partitioned_publisher<sample>::open(topic_on(scratch));
  publish(p.partition(0), 100);
  {
    const auto m = join(scratch, {.from = lv::start_at::latest});
  }
  const auto look = [&] { return *lv::look_at_group(scratch.bus(), "t", "judges"); };
  CHECK(look().member_count == 0);
  CHECK(!look().partitions[0].owned);
  CHECK(look().partitions[0].position == 100);
  CHECK(look().lag() == 0);
  publish(p.partition(0), 2000);
  CHECK(look().lag() == 2000);
  CHECK(look().partitions[0].lost >= 2000 - 512);
  CHECK(look().partitions[0].lost < 2000 - 300);
}

TEST_CASE("group_state: lists groups, and says what is not there") {
  scratch_bus scratch;
  std::set<std::string> names;
  const auto list = [&] {
    names.clear();
    return static_cast<bool>(lv::for_each_group(scratch.bus(), "t", [&](std::string_view name) { names.emplace(name); }));
  };
  CHECK(list());
  CHECK(names.empty());
  CHECK(*lv::partitions_of(scratch.bus(), "t") == 0);
  {
    const auto m = join(scratch);
  }
  {
    const auto m = *lv::group_member<sample>::open(topic_on(scratch), "others");
  }
  CHECK(list());
  CHECK(names == std::set<std::string>{"judges", "others"});
  CHECK(*lv::partitions_of(scratch.bus(), "t") == 3);
  const auto none = lv::look_at_group(scratch.bus(), "t", "nobody");
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unavailable);
  std::filesystem::resize_file(scratch.folder() / "bus/t/.partitions/group.judges", 5000);
  const auto cut = lv::look_at_group(scratch.bus(), "t", "judges");
  REQUIRE(!cut);
  CHECK(cut.error().kind == lv::failure::data);
  CHECK(lv::remove_partitions(scratch.bus(), "t"));
  CHECK(list());
  CHECK(names.empty());
}
