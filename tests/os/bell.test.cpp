// SPDX-License-Identifier: BSL-1.0
#include <levada/os/bell.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <thread>

#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

namespace {
struct scratch {
  std::string folder = "/tmp/levada-bell-XXXXXX";
  std::string path;
  scratch() {
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    path = folder + "/bell";
    REQUIRE(lv::bell::create(path.c_str()));
  }
  ~scratch() {
    ::unlink(path.c_str());
    ::rmdir(folder.c_str());
  }
};
}  // namespace

TEST_CASE("bell: a ring for somebody who does not wait yet is not lost") {
  scratch s;
  auto a = lv::bell::open(s.path.c_str()), b = lv::bell::open(s.path.c_str());
  REQUIRE(a);
  REQUIRE(b);
  CHECK(!a->wait(0_ms));
  b->ring();
  CHECK(a->wait(10_s));
  CHECK(a->wait(10_s));  // until it is drained
  a->drain();
  CHECK(!a->wait(0_ms));
}

TEST_CASE("bell: a wait ends by another descriptor as well") {
  scratch s;
  auto a = lv::bell::open(s.path.c_str());
  REQUIRE(a);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(!a->wait(0_ms, ends[0]));
  REQUIRE(::write(ends[1], "x", 1) == 1);
  CHECK(a->wait(60_s, ends[0]));
  ::close(ends[0]), ::close(ends[1]);
}

TEST_CASE("bell: rings without a limit neither block nor fail, and one drain forgets them") {
  scratch s;
  auto a = lv::bell::open(s.path.c_str());
  REQUIRE(a);
  for (int i = 0; i < 100'000; ++i) a->ring();
  a->drain();
  CHECK(!a->wait(0_ms));
}

TEST_CASE("bell: ends the wait of another thread") {
  scratch s;
  auto a = lv::bell::open(s.path.c_str()), b = lv::bell::open(s.path.c_str());
  REQUIRE(a);
  REQUIRE(b);
  std::thread ringer([&] { b->ring(); });
  CHECK(a->wait(60_s));
  ringer.join();
}

TEST_CASE("bell: making it twice is fine, opening none is a sentence") {
  scratch s;
  CHECK(lv::bell::create(s.path.c_str()));
  auto none = lv::bell::open("/nowhere/bell");
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unreadable);
}
