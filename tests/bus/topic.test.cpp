// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/topic.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

namespace {
bool is_good(std::string_view topic) { return static_cast<bool>(lv::bus::in("/tmp/nowhere", "bus").files_of(topic)); }
}  // namespace

TEST_CASE("topic: a name is plain parts with slashes between them, safe in a path") {
  for (auto good : {"a", "machine/readings", "a.b-c_D9/e", "x/y/z/0"}) CHECK(is_good(good));
  for (auto bad :
       {"", "/a", "a/", "a//b", ".", "..", "a/../b", ".hidden", "a b", "a\nb", "ä", "a/b.topic", "a.topic/b", "a/b.pool", "a:b"})
    CHECK(!is_good(bad));
  CHECK(is_good(std::string(95, 'x')));
  CHECK(!is_good(std::string(96, 'x')));
  CHECK(!is_good(std::string(9'600, 'x')));
  auto refused = lv::bus("press-line").files_of("..");
  REQUIRE(!refused);
  CHECK(refused.error().kind == lv::failure::usage);
  CHECK(!lv::bus("press/line").files_of("a"));
  CHECK(!lv::bus(std::string(48, 'b')).files_of("a"));
  CHECK(!lv::bus::in(std::string(88, 'd'), "b").files_of("a"));
}

TEST_CASE("bus: lies where it was told, or in LEVADA_DIR, or in shared memory") {
  CHECK(lv::bus::in("/x", "b").files_of("m/r")->folder.view() == "/x/b/m/r.topic");
  ::setenv("LEVADA_DIR", "/somewhere", 1);
  CHECK(lv::bus("b").files_of("r")->folder.view() == "/somewhere/b/r.topic");
  ::setenv("LEVADA_DIR", std::string(300, 'd').c_str(), 1);
  CHECK(!lv::bus("b").files_of("r"));
  ::unsetenv("LEVADA_DIR");
  auto files = lv::bus("b").files_of("r");
  if (files) CHECK(files->folder.view() == "/dev/shm/levada-" + std::to_string(lv::user_id()) + "/b/r.topic");
}

TEST_CASE("bus: the longest names fit in a path") {
  auto files = lv::bus::in(std::string(87, 'd'), std::string(47, 'b')).files_of(std::string(95, 't'));
  REQUIRE(files);
  CHECK(files->producer_bell().view().ends_with("/bell.producer"));
}

TEST_CASE("topic: naming one opens nothing") {
  scratch_bus scratch;
  lv::topic<sample> t{scratch.bus(), "a/b", {.capacity = 100}};
  CHECK(t.name() == "a/b");
  CHECK(std::filesystem::is_empty(scratch.folder()));
  CHECK(!lv::publisher<sample>::open({scratch.bus(), std::string(200, 'x')}));
}

TEST_CASE("bus: remove takes a topic that nobody uses, and refuses in words while somebody does") {
  scratch_bus scratch;
  auto bus = scratch.bus();
  lv::topic<sample> t{bus, "a/b"};
  CHECK(bus.remove("a/b"));  // not there: fine
  {
    auto p = lv::publisher<sample>::open(t);
    REQUIRE(p);
    auto refused = bus.remove("a/b");
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::unavailable);
    CHECK(refused.error().sentence.view() == "topic 'a/b' is in use: its publisher runs");
  }
  {
    auto s = lv::subscriber<sample>::open(t);
    REQUIRE(s);
    CHECK(bus.remove("a/b").error().kind == lv::failure::unavailable);
  }
  CHECK(bus.remove("a/b"));
  CHECK(!lv::exists(t.files()->folder));
  CHECK(lv::publisher<sample>::open(t));  // and made anew
}

TEST_CASE("bus: forget gives up the place of a named subscriber that does not run") {
  scratch_bus scratch;
  auto bus = scratch.bus();
  lv::topic<sample> t{bus, "t"};
  auto p = lv::publisher<sample>::open(t);
  REQUIRE(p);
  {
    auto s = lv::subscriber<sample>::open(t, {.name = "guard"});
    REQUIRE(s);
    CHECK(bus.forget("t", "guard").error().kind == lv::failure::unavailable);
  }
  CHECK(bus.forget("t", "guard"));
  CHECK(bus.forget("t", "guard").error().kind == lv::failure::usage);
}

TEST_CASE("bus: a topic is removed while another one makes it anew: each finds it whole, or in use, or not there") {
  scratch_bus scratch;
  const lv::topic<sample> t{scratch.bus(), "a/t", {.capacity = 512}};
  std::atomic<bool> over{false};
  std::uint64_t unexpected = 0;
  std::thread remover([&] {
    while (!over.load())
      if (auto gone = scratch.bus().remove("a/t"); !gone && gone.error().kind != lv::failure::unavailable) ++unexpected;
  });
  std::uint64_t opened = 0;
  for (int i = 0; i < 2'000; ++i) {
    auto p = lv::publisher<sample>::open(t);
    if (p) ++opened, publish(*p, 1);
    CHECK_MESSAGE(p, std::string(p ? "" : p.error().sentence.view()));
  }
  over.store(true);
  remover.join();
  CHECK(opened == 2'000);
  CHECK(unexpected == 0);
}

TEST_CASE("bus: what somebody has put into a topic's folder meanwhile does not keep it from being removed") {
  scratch_bus scratch;
  const lv::topic<sample> t{scratch.bus(), "t", {.capacity = 512}};
  CHECK(lv::publisher<sample>::open(t));
  const auto other = std::string(t.files()->folder.c_str()) + "/other";
  REQUIRE(lv::bell::create(other.c_str()));  // any file
  CHECK(scratch.bus().remove("t"));
  CHECK(std::filesystem::exists(other));
  CHECK(!std::filesystem::exists(t.files()->file("ring").c_str()));
}
