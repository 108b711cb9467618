// SPDX-License-Identifier: BSL-1.0
#include <levada/os/loop.hpp>

#include <doctest/doctest.h>

#include <thread>

#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

namespace {
lv::duration steady() { return lv::wall_clock{}.steady(); }
}  // namespace

TEST_CASE("loop: ends at the given time when nothing happens") {
  auto l = lv::loop::make();
  REQUIRE(l);
  auto until = steady() + 2_ms;
  while (l->wait(until)) {
  }
  CHECK(steady() >= until);
  CHECK(!l->wait(lv::duration{0}));  // a time that has passed only looks
}

TEST_CASE("loop: ends when a watched descriptor has something, as long as it has") {
  auto l = lv::loop::make();
  REQUIRE(l);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  lv::file out{ends[0]}, in{ends[1]};
  REQUIRE(l->watch(out.fd()));
  REQUIRE(l->watch(out.fd()));  // twice is fine
  CHECK(!l->wait(lv::duration{0}));
  REQUIRE(in.write_all(std::string_view("x")));
  CHECK(l->wait(lv::duration{INT64_MAX}));
  CHECK(l->wait(lv::duration{INT64_MAX}));
  l->forget(out.fd());
  CHECK(!l->wait(lv::duration{0}));
  CHECK(!l->watch(-1));
}

TEST_CASE("loop: wake ends a wait of another thread, or the next one, once") {
  auto l = lv::loop::make();
  REQUIRE(l);
  l->wake();
  l->wake();
  CHECK(l->wait(lv::duration{INT64_MAX}));
  CHECK(!l->wait(lv::duration{0}));
  std::thread other([&] { l->wake(); });
  CHECK(l->wait(lv::duration{INT64_MAX}));
  other.join();
}

TEST_CASE("loop: moves with what it watches") {
  auto made = lv::loop::make();
  REQUIRE(made);
  made->wake();
  lv::loop l = std::move(*made);
  CHECK(l.wait(lv::duration{INT64_MAX}));
}
