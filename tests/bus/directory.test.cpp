// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/directory.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <string>

#include <sys/stat.h>

namespace fs = std::filesystem;

namespace {

std::set<std::string> topics_in(const fs::path& directory) {
  std::set<std::string> found;
  const auto walked = lv::for_each_topic(directory.string(), [&](std::string_view bus, std::string_view topic) {
    found.insert(std::string(bus) + "/" + std::string(topic));
  });
  CHECK(walked);
  return found;
}

/// Overwrites a part of a file of the topic "t".
template <class V>
void garble(const scratch_bus& scratch, const char* name, std::size_t offset, const V& value) {
  auto f = lv::file::open(scratch.bus().files_of("t")->file(name).c_str(), O_RDWR);
  REQUIRE(f);
  REQUIRE(::pwrite(f->fd(), &value, sizeof value, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof value));
}

}  // namespace

TEST_CASE("for_each_topic: all topics of all buses, by the names that open them") {
  scratch_bus scratch;
  CHECK(topics_in(scratch.folder() / "none").empty());
  CHECK(topics_in(scratch.folder()).empty());
  const auto other = lv::bus::in(scratch.folder().string(), "other.bus");
  REQUIRE(lv::publisher<sample>::open(lv::topic<sample>{scratch.bus(), "t"}));
  REQUIRE(lv::publisher<sample>::open(lv::topic<sample>{scratch.bus(), "press/1/vibration"}));
  REQUIRE(lv::publisher<sample>::open(lv::topic<sample>{other, "t"}));
  CHECK(topics_in(scratch.folder()) == std::set<std::string>{"bus/t", "bus/press/1/vibration", "other.bus/t"});
}

TEST_CASE("for_each_topic: what nobody could open is passed by") {
  scratch_bus scratch;
  REQUIRE(lv::publisher<sample>::open(lv::topic<sample>{scratch.bus(), "t"}));
  const auto bus = scratch.folder() / "bus";
  std::string too_long(96, 'n');
  fs::create_directories(bus / "a name.topic");
  fs::create_directories(bus / ".topic");
  fs::create_directories(bus / too_long.append(".topic"));
  fs::create_directories(scratch.folder() / std::string(48, 'b') / "t.topic");
  fs::create_symlink(bus, bus / "round");
  fs::path deep = bus;
  for (int i = 0; i < 60; ++i) deep /= "d";
  fs::create_directories(deep / "t.topic");
  REQUIRE(lv::file::open((bus / "file.topic").c_str(), O_CREAT | O_RDWR));
  CHECK(topics_in(scratch.folder()) == std::set<std::string>{"bus/t"});
  CHECK(!lv::for_each_topic(std::string(100, 'x'), [](std::string_view, std::string_view) {}));
}

TEST_CASE("topic_observer: what a topic is") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1000, .grain = 10_ms, .first_sequence = 50}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto o = lv::topic_observer::open(scratch.bus(), "t");
  REQUIRE(o);
  CHECK(o->kind() == lv::detail::ring_kind::stream);
  CHECK(o->capacity() == 1024);
  CHECK(o->lane_capacity() == 256);
  CHECK(o->event_size() == 24);
  CHECK(o->grain() == 10_ms);
  CHECK(!o->is_of_earlier_boot());
  CHECK(o->folder() == t.files()->folder.view());
  REQUIRE(o->descriptor().fields.size() == 4);
  CHECK(o->descriptor().fields[1].name.view() == "value");
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(t.files()->folder.c_str()))
    if (entry.is_regular_file()) bytes += entry.file_size();
  CHECK(o->bytes() == bytes);

  auto s = o->look();
  REQUIRE(s);
  CHECK(s->head == 50);
  CHECK(s->oldest == 50);
  CHECK(s->retained() == 0);
  CHECK(s->oldest_time == lv::long_ago);
  CHECK(s->producer_alive);
  CHECK(s->producer_pid == static_cast<std::uint32_t>(lv::process_id()));
  CHECK(s->epoch == 1);
  CHECK(s->in_use());
  CHECK(s->subscriber_count == 0);
}

TEST_CASE("topic_observer: what is retained, and of which time") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024, .grain = 1_s}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  auto o = lv::topic_observer::open(scratch.bus(), "t");
  REQUIRE(o);
  for (int second = 0; second < 100; ++second) {
    REQUIRE(publish(*p, 64, lv::timestamp{} + 1_s * second) == 64);
    const auto s = o->look();
    REQUIRE(s);
    // the naive reference: a subscriber that begins at the earliest event
    auto earliest = lv::subscriber<sample>::open(t);
    REQUIRE(earliest);
    CHECK(s->oldest == earliest->position());
    CHECK(s->head == p->sequence());
    CHECK(s->oldest_time == lv::timestamp{} + 1_s * static_cast<std::int64_t>(s->oldest / 64));
    CHECK(s->newest_time == lv::timestamp{} + 1_s * second);
    CHECK(s->subscriber_count == 0);  // it was opened afterwards
  }
}

TEST_CASE("topic_observer: subscribers with their lag, those that wait for their namesake as well") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024}};
  std::optional<lv::publisher<sample>> p(std::move(*lv::publisher<sample>::open(t)));
  auto o = lv::topic_observer::open(scratch.bus(), "t");
  REQUIRE(o);
  {
    auto gone = lv::subscriber<sample>::open(t, {.name = "gone"});
    REQUIRE(gone);
    REQUIRE(publish(*p, 10) == 10);
    drain(*gone);
  }
  std::optional<lv::subscriber<sample>> here(std::move(*lv::subscriber<sample>::open(t)));
  REQUIRE(publish(*p, 5) == 5);
  auto s = o->look();
  REQUIRE(s);
  REQUIRE(s->subscriber_count == 2);
  const auto &first = s->subscribers[0], &second = s->subscribers[1];
  CHECK(first.name.view() == "gone");
  CHECK(!first.alive);
  CHECK(first.position == 10);
  CHECK(first.lag == 5);
  CHECK(first.lost == 0);
  CHECK(second.name.empty());
  CHECK(second.alive);
  CHECK(second.place == 1);
  CHECK(second.pid == static_cast<std::uint32_t>(lv::process_id()));
  CHECK(second.lag == 15);

  for (int i = 0; i < 40; ++i) {
    drain(*here);
    REQUIRE(publish(*p, 100) == 100);
  }
  here.reset();
  const auto later = o->look();
  REQUIRE(later);
  REQUIRE(later->subscriber_count == 1);
  CHECK(later->subscribers[0].lag == 4005);
  CHECK(later->subscribers[0].lost == later->oldest - 10);
  CHECK(later->in_use());
  p.reset();
  CHECK(!o->look()->in_use());
}

TEST_CASE("topic_observer: to look changes nothing") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t"};
  {
    auto p = lv::publisher<sample>::open(t);
    REQUIRE(p);
    publish(*p, 10);
  }
  const auto folder = scratch.folder() / "bus/t.topic";
  for (const auto& entry : fs::directory_iterator(folder)) ::chmod(entry.path().c_str(), 0400);
  const auto o = lv::topic_observer::open(scratch.bus(), "t");
  REQUIRE(o);
  CHECK(o->look()->head == 10);
  CHECK(scratch.bus().remove("t"));  // nobody holds it
  CHECK(o->look()->head == 10);      // what is open goes on
}

TEST_CASE("topic_observer: a topic that is not there, half made or half removed is a sentence") {
  scratch_bus scratch;
  const auto absent = [&] {
    const auto o = lv::topic_observer::open(scratch.bus(), "t");
    return !o && o.error().kind == lv::failure::unavailable && o.error().sentence.view().starts_with("topic 't' is not there");
  };
  CHECK(absent());
  const auto folder = scratch.folder() / "bus/t.topic";
  fs::create_directories(folder);
  CHECK(absent());
  REQUIRE(lv::file::open((folder / "ring.new").c_str(), O_CREAT | O_RDWR));
  CHECK(absent());
  fs::remove_all(folder);
  REQUIRE(lv::publisher<sample>::open(lv::topic<sample>{scratch.bus(), "t"}));
  fs::remove(folder / "cursor.9");
  CHECK(absent());
  CHECK(!lv::topic_observer::open(scratch.bus(), "no name"));
}

TEST_CASE("topic_observer: hostile files are sentences or numbers, never a crash") {
  const auto damaged = [](auto damage) {
    scratch_bus scratch;
    REQUIRE(lv::publisher<sample>::open(lv::topic<sample>{scratch.bus(), "t", {.capacity = 1024}}));
    damage(scratch);
    const auto o = lv::topic_observer::open(scratch.bus(), "t");
    if (o) return !o->look();
    return o.error().kind == lv::failure::data || o.error().kind == lv::failure::io || o.error().kind == lv::failure::unreadable;
  };
  using header = lv::detail::ring_header;
  const auto cut = [](const scratch_bus& s, const char* name, std::uintmax_t bytes) {
    fs::resize_file(s.bus().files_of("t")->file(name).c_str(), bytes);
  };
  CHECK(damaged([](const auto& s) { garble(s, "ring", offsetof(header, magic), 1); }));
  CHECK(damaged([](const auto& s) { garble(s, "ring", offsetof(header, capacity), std::uint64_t{1} << 60); }));
  CHECK(damaged([](const auto& s) { garble(s, "ring", offsetof(header, fields), 60u); }));
  CHECK(damaged([](const auto& s) { garble(s, "ring", sizeof(header) + 60, std::uint8_t{200}); }));
  for (const std::uintmax_t n : {0u, 10u, 136u, 4096u, 8192u}) CHECK(damaged([&](const auto& s) { cut(s, "ring", n); }));
  CHECK(damaged([&](const auto& s) { cut(s, "cursor.5", 100); }));
  CHECK(damaged([](const auto& s) {
    const auto ring = s.bus().files_of("t")->file("ring");
    fs::remove(ring.c_str());
    REQUIRE(::mkfifo(ring.c_str(), 0600) == 0);
  }));

  // A ring whose words change while it is looked at, by chance, one after the other.
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "t", {.capacity = 1024}};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  publish(*p, 100);
  auto named = lv::subscriber<sample>::open(t, {.name = "n"});
  const auto o = lv::topic_observer::open(scratch.bus(), "t");
  REQUIRE(o);
  std::mt19937_64 random{3};
  for (int i = 0; i < 5000; ++i) {
    const std::size_t at = 4096 + random() % (o->bytes() / 16) / 8 * 8;
    const std::uint64_t value = random() >> random() % 64;
    garble(scratch, "ring", at < 4096 + 4096 + 256 * 32 ? at : 4096 + at % 384 / 8 * 8, value);
    garble(scratch, "cursor.0", random() % 256 / 8 * 8, random() >> random() % 64);
    const auto s = o->look();
    REQUIRE(s);
    CHECK(s->retained() <= o->capacity());
    CHECK(s->subscriber_count <= lv::most_subscribers);
  }
  cut(scratch, "ring", 4096);
  CHECK(!o->look());
}
