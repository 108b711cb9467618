// SPDX-License-Identifier: BSL-1.0
#include <levada/os/file.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace lv = levada;

namespace {
/// A file without a name.
lv::file scratch() {
  char path[] = "/tmp/levada-file-XXXXXX";
  lv::file f{::mkostemp(path, O_CLOEXEC)};
  ::unlink(path);
  return f;
}
std::string_view text_of(const lv::fault& f) { return f.sentence.view(); }
}  // namespace

TEST_CASE("file: what is written can be read back, also from the middle") {
  auto f = scratch();
  REQUIRE(f.write_all(std::string_view("levada")));
  std::array<char, 16> room{};
  auto n = f.pread(room, 2);
  REQUIRE(n);
  CHECK(std::string_view(room.data(), *n) == "vada");
  CHECK(*f.read(room) == 0);  // at the end
  CHECK(*f.size() == 6);
}

TEST_CASE("file: allocate makes real room") {
  auto f = scratch();
  REQUIRE(f.allocate(100'000));
  CHECK(*f.size() == 100'000);
}

TEST_CASE("file: write_all goes on after short writes") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  lv::file in{ends[0]}, out{ends[1]};
  int small = 4096;  // the kernel takes what fits: a write of more would block, so read in small pieces meanwhile
  ::setsockopt(in.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  ::fcntl(in.fd(), F_SETFL, O_NONBLOCK);
  std::string all(60'000, 'x'), got;
  std::size_t sent = 0;
  std::array<char, 1000> room{};
  while (got.size() < all.size()) {
    if (sent < all.size())
      if (auto n = in.write(std::string_view(all).substr(sent)); n) sent += *n;
    auto n = out.read(room);
    REQUIRE(n);
    got.append(room.data(), *n);
  }
  CHECK(got == all);
}

TEST_CASE("file: it closes its descriptor once, and moving hands it on") {
  int fd = 0;
  {
    auto f = scratch();
    fd = f.fd();
    lv::file g = std::move(f);
    CHECK(!f);  // NOLINT: that is the question
    CHECK(g.fd() == fd);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(::fcntl(fd, F_GETFD) == -1);
}

TEST_CASE("os_fault: a sentence and the kind of failure") {
  auto missing = lv::file::open("/nowhere/at/all", O_RDONLY);
  REQUIRE(!missing);
  CHECK(text_of(missing.error()) == "cannot open '/nowhere/at/all': No such file or directory");
  CHECK(missing.error().kind == lv::failure::unreadable);
  CHECK(lv::os_fault("open", "x", EACCES).kind == lv::failure::permission);
  CHECK(lv::os_fault("open", "x", ENOSPC).kind == lv::failure::no_space);
  CHECK(lv::os_fault("open", "x", EIO).kind == lv::failure::io);
  CHECK(text_of(lv::os_fault("open", "x", 123456)) == "cannot open 'x': unknown error");
  CHECK(lv::os_fault("open", "x", EACCES).exit_code() == 77);
}

TEST_CASE("file: a closed one says so in words") {
  lv::file none;
  auto n = none.write(std::string_view("x"));
  REQUIRE(!n);
  CHECK(text_of(n.error()).find("Bad file descriptor") != std::string_view::npos);
}
