// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/segment.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <cstddef>
#include <filesystem>

#include <sys/stat.h>

namespace fs = std::filesystem;

namespace {
struct large {
  char bytes[4096];
};
/// Overwrites a part of a file of the topic.
template <class V>
void garble(const lv::topic<sample>& t, std::size_t offset, const V& value) {
  auto f = lv::file::open(t.files()->file("ring").c_str(), O_RDWR);
  REQUIRE(f);
  REQUIRE(::pwrite(f->fd(), &value, sizeof value, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof value));
}
}  // namespace

TEST_CASE("segment: a new topic is made whole, for its user only") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "m/r", {.capacity = 1000, .grain = 10_ms, .first_sequence = 77}};
  auto s = lv::detail::segment::open_both(t);
  REQUIRE(s);
  CHECK(s->view().measure.capacity == 1024);
  CHECK(s->view().measure.grain == 10_ms);
  CHECK(s->view().control->head.acquire() == 77);
  CHECK(s->descriptor().fields.size() == 4);
  CHECK(s->descriptor().fields[2].name.view() == "epoch");
  int files = 0;
  for (const auto& entry : fs::directory_iterator(t.files()->folder.c_str())) {
    ++files;
    CHECK((entry.status().permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
  }
  CHECK(files == 2 * 16 + 1 + 4);  // cursors and bells, the producer's bell, ring, doors, producer, lock
}

TEST_CASE("segment: a topic that exists keeps its own measures") {
  scratch_bus scratch;
  REQUIRE(lv::detail::segment::open_both(lv::topic<sample>{scratch.bus(), "t", {.capacity = 1000}}));
  auto s = lv::detail::segment::open_both(lv::topic<sample>{scratch.bus(), "t", {.capacity = 1'000'000}});
  REQUIRE(s);
  CHECK(s->view().measure.capacity == 1024);
}

TEST_CASE("segment: full memory is a sentence at creation, never a SIGBUS, and leaves nothing") {
  scratch_bus scratch;
  auto bus = scratch.bus();
  auto none = lv::publisher<large>::open(lv::topic<large>{bus, "t", {.capacity = std::uint64_t{1} << 31}});
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::no_space);
  auto words = none.error().sentence.view();
  CHECK(words.find("/dev/shm") != words.npos);
  CHECK(words.find("topic 't' needs 8813") == 0);  // 2^31 events of 4 KiB, and their lane
  CHECK(!fs::exists(scratch.folder() / "bus/t.topic/ring.new"));
  CHECK(!fs::exists(scratch.folder() / "bus/t.topic/cursor.0"));
  CHECK(lv::publisher<large>::open(lv::topic<large>{bus, "t", {.capacity = 8}}));
}

TEST_CASE("segment: what a creator left that died is made anew") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  REQUIRE(lv::make_folders(t.files()->folder));
  for (auto name : {"ring.new", "doors", "cursor.3", "producer"})
    REQUIRE(lv::file::open(t.files()->file(name).c_str(), O_CREAT | O_RDWR)->write_all(std::string_view("half")));
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  CHECK(publish(*p, 10) == 10);
}

TEST_CASE("segment: a damaged header is refused in words by both sides") {
  using header = lv::detail::ring_header;
  auto refused = [](auto damage) {
    scratch_bus scratch;
    lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024}};
    REQUIRE(lv::publisher<sample>::open(t));
    damage(t);
    auto p = lv::publisher<sample>::open(t);
    auto s = lv::subscriber<sample>::open(t);
    if (p || s) return false;
    return p.error().kind == lv::failure::data && s.error().kind == lv::failure::data &&
           p.error().sentence.view().starts_with("topic 't' ");
  };
  for (std::uint64_t v : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{512}, std::uint64_t{1} << 40, UINT64_MAX}) {
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, magic), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, page), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, header_bytes), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, capacity), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, lane_capacity), v); }));
  }
  for (std::uint32_t v : {0u, 7u, 25u, 4096u, UINT32_MAX}) {
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, version), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, kind), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, event_size), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, event_alignment), v == 0 ? 3 : v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, fields), v); }));
    CHECK(refused([v](const auto& t) { garble(t, offsetof(header, enumerators), v == 0 ? 9 : v); }));
  }
  CHECK(refused([](const auto& t) { garble(t, offsetof(header, grain), std::int64_t{-5}); }));
  CHECK(refused([](const auto& t) { garble(t, sizeof(header) + 60, std::uint8_t{200}); }));  // the kind of the first field
  CHECK(refused([](const auto& t) { fs::resize_file(t.files()->file("ring").c_str(), 4096); }));
  CHECK(refused([](const auto& t) { fs::resize_file(t.files()->file("ring").c_str(), 10); }));
  CHECK(refused([](const auto& t) { fs::resize_file(t.files()->file("doors").c_str(), 10); }));
  CHECK(refused([](const auto& t) { fs::resize_file(t.files()->file("cursor.5").c_str(), 0); }));
}

TEST_CASE("segment: what an earlier boot left is not a topic any more") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  {
    auto p = lv::publisher<sample>::open(t);
    REQUIRE(p);
    publish(*p, 10);
  }
  garble(t, offsetof(lv::detail::ring_header, boot), 'x');
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  CHECK(p->sequence() == 0);
  CHECK(p->epoch() == 1);
}

TEST_CASE("segment: what was checked of the events' description is what is used, whatever becomes of the ring") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  auto s = lv::detail::segment::open_both(t);
  REQUIRE(s);
  garble(t, sizeof(lv::detail::ring_header), std::uint64_t{UINT64_MAX});  // the name of the first field
  CHECK(s->descriptor().fields[0].name.view() == "index");
  CHECK(lv::check(s->descriptor()));
}
