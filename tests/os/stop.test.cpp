// SPDX-License-Identifier: BSL-1.0
#include <levada/os/stop.hpp>

#include <doctest/doctest.h>

#include <csignal>

#include <poll.h>

namespace lv = levada;

namespace {
bool readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
}
int handled = 0;
}  // namespace

TEST_CASE("stop_signals: SIGTERM and SIGINT request a stop, and are given back afterwards") {
  ::signal(SIGTERM, [](int) { ++handled; });
  {
    lv::stop_signals guard;
    CHECK(!lv::stop_requested());
    CHECK(!readable(lv::stop_fd()));
    ::raise(SIGTERM);
    CHECK(lv::stop_requested());
    CHECK(readable(lv::stop_fd()));
    CHECK(handled == 0);
  }
  CHECK(!lv::stop_requested());
  CHECK(!readable(lv::stop_fd()));
  ::raise(SIGTERM);
  CHECK(handled == 1);
  ::signal(SIGTERM, SIG_DFL);
}

TEST_CASE("request_stop: the program may ask too, before and while signals are watched") {
  lv::request_stop();
  lv::stop_signals guard;
  CHECK(lv::stop_requested());
}
