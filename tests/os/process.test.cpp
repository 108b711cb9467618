// SPDX-License-Identifier: BSL-1.0
#include <levada/os/process.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <string_view>

namespace lv = levada;

TEST_CASE("spawn: a child ends with its code, and the code stays") {
  auto c = lv::spawn("/bin/sh", "-c", "exit 7");
  REQUIRE(c);
  auto end = c->wait();
  CHECK(end.ended);
  CHECK(end.code == 7);
  CHECK(end.signal == 0);
  CHECK(c->try_wait().code == 7);
}

TEST_CASE("spawn: a child that is killed says by what") {
  auto c = lv::spawn("/bin/sleep", "60");
  REQUIRE(c);
  CHECK(!c->try_wait().ended);
  c->kill(SIGKILL);
  auto end = c->wait();
  CHECK(end.signal == SIGKILL);
  CHECK(end.code == 128 + SIGKILL);
  c->kill(SIGKILL);  // nothing: it has ended
}

TEST_CASE("spawn: a child begins with default signals, whatever its parent ignores or blocks") {
  ::signal(SIGTERM, SIG_IGN);
  sigset_t block, old;
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &block, &old);
  auto c = lv::spawn("/bin/sleep", "60");
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ::signal(SIGTERM, SIG_DFL);
  REQUIRE(c);
  c->kill(SIGTERM);
  CHECK(c->wait().signal == SIGTERM);
}

TEST_CASE("spawn: what is not there is a sentence") {
  auto c = lv::spawn("/nowhere/at/all");
  REQUIRE(!c);
  CHECK(c.error().kind == lv::failure::unreadable);
  CHECK(c.error().sentence.view() == "cannot start '/nowhere/at/all': No such file or directory");
}

TEST_CASE("child: one that somebody else has waited for has ended") {
  auto c = lv::spawn("/bin/true");
  REQUIRE(c);
  int raw = 0;
  REQUIRE(::waitpid(c->pid(), &raw, 0) == c->pid());
  CHECK(c->wait().ended);
}

TEST_CASE("watch_process: says when a process has ended, and nothing of one that cannot be watched") {
  auto c = lv::spawn("/bin/sleep", "60");
  REQUIRE(c);
  const auto watched = lv::watch_process(c->pid());
  if (!watched) return;  // a sandbox may refuse it
  CHECK(!lv::wait_for_end(watched, lv::duration{}));
  c->kill(SIGKILL);
  CHECK(lv::wait_for_end(watched, lv::duration{60'000'000'000}));  // before anybody has asked how it ended
  c->wait();
  CHECK(!lv::watch_process(0));
  CHECK(!lv::wait_for_end(lv::file{}, lv::duration{}));
}

TEST_CASE("self_path: the program that runs") {
  auto path = lv::self_path();
  CHECK(path.view().starts_with('/'));
  CHECK(::access(path.c_str(), X_OK) == 0);
}
