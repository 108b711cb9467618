// SPDX-License-Identifier: BSL-1.0
#include <levada/os/descriptor_set.hpp>

#include <levada/os/epoll_loop.hpp>

#include <doctest/doctest.h>

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

namespace {
struct counter {
  lv::file file{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  void add() const {
    const std::uint64_t one = 1;
    CHECK(::write(file.fd(), &one, sizeof one) == sizeof one);
  }
  void take() const {
    std::uint64_t all = 0;
    CHECK(::read(file.fd(), &all, sizeof all) == sizeof all);
  }
};
}  // namespace

TEST_CASE("descriptor_set: it is readable while one in it is, and for as long as that is") {
  auto set = lv::descriptor_set::make();
  REQUIRE(set);
  const counter a, b;
  REQUIRE(set->add(a.file.fd()));
  REQUIRE(set->add(b.file.fd()));
  CHECK(!set->wait(0_ms));
  for (const auto* one : {&a, &b}) {
    one->add();
    CHECK(set->wait(60_s));
    CHECK(set->wait(60_s));  // nobody has read it
    one->take();
    CHECK(!set->wait(0_ms));
  }
}

TEST_CASE("descriptor_set: a loop waits for it as for any descriptor") {
  auto set = lv::descriptor_set::make();
  auto loop = lv::epoll_loop::make();
  REQUIRE(set);
  REQUIRE(loop);
  const counter a, b;
  REQUIRE(set->add(a.file.fd()));
  REQUIRE(set->add(b.file.fd()));
  REQUIRE(loop->watch(set->fd()));
  const lv::wall_clock clock;
  CHECK(!loop->wait(clock.steady()));
  b.add();
  CHECK(loop->wait(clock.steady() + 60_s));
}

TEST_CASE("descriptor_set: what is closed leaves it, and what cannot be watched is refused in words") {
  auto set = lv::descriptor_set::make();
  REQUIRE(set);
  {
    const counter gone;
    REQUIRE(set->add(gone.file.fd()));
    gone.add();
  }
  CHECK(!set->wait(0_ms));
  const auto none = set->add(-1);
  REQUIRE(!none);
  CHECK(none.error().sentence.view().starts_with("cannot watch 'descriptor -1'"));
}
