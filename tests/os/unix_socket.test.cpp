// SPDX-License-Identifier: BSL-1.0
#include <levada/os/unix_socket.hpp>

#include <doctest/doctest.h>

#include <levada/os/lock.hpp>
#include <levada/os/memory_file.hpp>

#include <string>

#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

namespace {
std::string a_name() { return "levada-test-" + std::to_string(::getpid()); }
std::span<const std::byte> bytes_of(const std::string& s) { return std::as_bytes(std::span(s)); }
}  // namespace

TEST_CASE("unix_socket: nobody listens, or somebody does already: a sentence") {
  auto nobody = lv::unix_socket::connect(a_name(), 1_s);
  REQUIRE(!nobody);
  CHECK(nobody.error().kind == lv::failure::unavailable);
  {
    auto door = lv::unix_socket::listen(a_name());
    REQUIRE(door);
    CHECK(!door->accept());
    auto second = lv::unix_socket::listen(a_name());
    REQUIRE(!second);
    CHECK(second.error().kind == lv::failure::unavailable);
    CHECK(lv::unix_socket::connect(a_name(), 1_s));
  }
  CHECK(lv::unix_socket::listen(a_name()));  // the name has gone with its owner
  CHECK(lv::unix_socket::listen(std::string(lv::unix_socket::longest_name, 'n')));
}

TEST_CASE("unix_socket: messages are whole, and tell who has sent them") {
  auto door = lv::unix_socket::listen(a_name());
  REQUIRE(door);
  auto here = lv::unix_socket::connect(a_name(), 10_ms);
  REQUIRE(here);
  auto there = door->accept();
  REQUIRE(there);
  for (const auto* end : {&*here, &there}) {
    CHECK(end->other_end().process == ::getpid());
    CHECK(end->other_end().user == ::geteuid());
    CHECK(end->other_end().group == ::getegid());
    CHECK(end->other_end_is_in(::getegid()));
    CHECK(!end->other_end_is_in(4'000'000'000));
  }
  std::byte room[8]{};
  CHECK(there.receive(room).nothing_yet);
  CHECK(here->receive(room).nothing_yet);  // its patience is over
  CHECK(here->send(bytes_of("one")));
  CHECK(here->send(bytes_of("much too long")));
  CHECK(there.receive(room).bytes == 3);
  CHECK(room[0] == std::byte{'o'});
  CHECK(there.receive(room).bytes == 13);
  CHECK(there.receive(room).nothing_yet);
  CHECK(!there.is_left());
  *here = lv::unix_socket();
  CHECK(there.is_left());
  const auto gone = there.receive(room);
  CHECK(gone.bytes == 0);
  CHECK(!gone.nothing_yet);
  CHECK(!there.send(bytes_of("x")));  // and no SIGPIPE
}

TEST_CASE("unix_socket: what was said before the end is heard, though the one who has left did not listen") {
  auto door = lv::unix_socket::listen(a_name());
  REQUIRE(door);
  auto here = lv::unix_socket::connect(a_name(), 1_s);
  REQUIRE(here);
  CHECK(here->send(bytes_of("unread")));
  {
    auto there = door->accept();
    CHECK(there.send(bytes_of("no")));
  }
  std::byte room[8]{};
  CHECK(here->receive(room).bytes == 2);
  CHECK(here->receive(room).bytes == 0);
}

TEST_CASE("unix_socket: a descriptor that was handed over is the receiver's, with its lock; what finds no room is closed") {
  auto door = lv::unix_socket::listen(a_name());
  REQUIRE(door);
  auto here = lv::unix_socket::connect(a_name(), 1_s);
  REQUIRE(here);
  auto there = door->accept();
  auto f = lv::memory_file("levada-test", 0);
  REQUIRE(f);
  const auto hand_over = [&] {
    auto mine = lv::reopen(*f, O_RDWR);
    REQUIRE(mine);
    REQUIRE(lv::try_lock(mine->fd()));
    const int both[] = {mine->fd(), f->fd()};
    REQUIRE(there.send(bytes_of("x"), both));
  };
  std::byte room[8];
  {
    hand_over();
    CHECK(lv::is_locked(f->fd()));  // on its way
    lv::file got[2];
    CHECK(here->receive(room, got).descriptors == 2);
    CHECK(lv::is_locked(f->fd()));
    CHECK((::fcntl(got[0].fd(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(!lv::is_locked(f->fd()));
  hand_over();
  CHECK(here->receive(room).bytes == 1);
  CHECK(!lv::is_locked(f->fd()));
  hand_over();
  *here = lv::unix_socket();
  CHECK(!lv::is_locked(f->fd()));  // never received
}

TEST_CASE("socket_watch: readable while one of its sockets is") {
  auto door = lv::unix_socket::listen(a_name());
  auto watch = lv::socket_watch::make();
  REQUIRE(door);
  REQUIRE(watch);
  const auto is_readable = [&] {
    pollfd p{watch->fd(), POLLIN, 0};
    return ::poll(&p, 1, 0) == 1;
  };
  CHECK(watch->add(*door));
  CHECK(!is_readable());
  auto here = lv::unix_socket::connect(a_name(), 1_s);
  CHECK(is_readable());
  auto there = door->accept();
  CHECK(!is_readable());
  CHECK(watch->add(there));
  CHECK(here->send(bytes_of("x")));
  CHECK(is_readable());
  watch->remove(there);
  CHECK(!is_readable());
  CHECK(!watch->add(lv::unix_socket()));
}
