// SPDX-License-Identifier: BSL-1.0
// What every loop promises is in loop.test.cpp; here is what epoll does its own way.
#include <levada/os/epoll_loop.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace lv = levada;

TEST_CASE("epoll_loop: carries a request out at once, and no wait is ended by it") {
  auto l = lv::epoll_loop::make();
  REQUIRE(l);
  CHECK_FALSE(l->asynchronous());
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const lv::file out{ends[0]}, in{ends[1]};
  lv::io_request request;
  request.write(lv::io_queue(*l), in.fd(), std::string_view("abc"));
  CHECK_FALSE(request.in_flight());
  CHECK(request.result() == 3);
  CHECK_FALSE(l->wait(lv::duration{0}));
}

TEST_CASE("epoll_loop: a regular file cannot be watched, and is a fault in words") {
  auto l = lv::epoll_loop::make();
  REQUIRE(l);
  auto f = lv::file::open("/proc/self/exe", O_RDONLY);
  REQUIRE(f);
  const auto watched = l->watch(f->fd());
  REQUIRE_FALSE(watched);
  CHECK(watched.error().sentence.view().starts_with("cannot watch 'descriptor "));
}
