// SPDX-License-Identifier: BSL-1.0
#include <levada/os/lock.hpp>

#include <levada/os/file.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/process.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace lv = levada;

namespace {
struct scratch {
  std::string path = "/tmp/levada-lock-XXXXXX";
  scratch() { ::close(::mkstemp(path.data())); }
  ~scratch() { ::unlink(path.c_str()); }
  [[nodiscard]] lv::file open() const { return *lv::file::open(path.c_str(), O_RDWR); }
};
}  // namespace

TEST_CASE("lock: belongs to an open file, even inside one process, and goes with it") {
  scratch s;
  auto a = s.open(), b = s.open();
  CHECK(!lv::is_locked(b.fd()));
  REQUIRE(lv::try_lock(a.fd()));
  CHECK(lv::is_locked(b.fd()));
  CHECK(!lv::is_locked(a.fd()));  // one's own does not count
  CHECK(!lv::try_lock(b.fd()));
  a = lv::file{};
  a = s.open();
  CHECK(!lv::is_locked(a.fd()));
  CHECK(lv::wait_lock(b.fd()));
}

TEST_CASE("lock: each byte of a file is one of its own, also of an empty file") {
  scratch s;
  auto a = s.open(), b = s.open();
  REQUIRE(lv::try_lock(a.fd(), lv::byte_lock(7)));
  CHECK(lv::is_locked(b.fd(), lv::byte_lock(7)));
  CHECK(!lv::is_locked(a.fd(), lv::byte_lock(7)));  // one's own does not count
  CHECK(!lv::is_locked(b.fd(), lv::byte_lock(6)));
  CHECK(!lv::is_locked(b.fd(), lv::byte_lock(8)));
  CHECK(!lv::try_lock(b.fd(), lv::byte_lock(7)));
  CHECK(lv::try_lock(b.fd(), lv::byte_lock(8)));
  CHECK(lv::is_locked(a.fd(), lv::byte_lock(8)));
  CHECK(lv::may_be_locked(a.fd(), lv::byte_lock(8)));
  CHECK(!lv::may_be_locked(a.fd(), lv::byte_lock(6)));
  CHECK(lv::may_be_locked(-1, lv::byte_lock(8)));  // nobody knows
  CHECK(!lv::is_locked(-1, lv::byte_lock(8)));
  a = lv::file{};
  a = s.open();
  CHECK(lv::try_lock(b.fd(), lv::byte_lock(7)));
}

TEST_CASE("unlock: gives it back at once, where a mapping keeps the open file") {
  scratch s;
  const auto other = s.open();
  auto a = s.open();
  REQUIRE(::ftruncate(a.fd(), 1) == 0);
  auto map = lv::mapping::of(a, 1, lv::access::read);
  REQUIRE(map);
  REQUIRE(lv::try_lock(a.fd()));
  SUBCASE("closed") {
    a = lv::file{};
    CHECK(lv::is_locked(other.fd()));
    *map = lv::mapping();
  }
  SUBCASE("unlocked") { lv::unlock(a.fd()); }
  CHECK(!lv::is_locked(other.fd()));
}

TEST_CASE("lock: a child of posix_spawn does not inherit it, one of a bare fork does") {
  scratch s;
  auto other = s.open();

  auto a = s.open();
  REQUIRE(lv::try_lock(a.fd()));
  auto asleep = lv::spawn("/bin/sleep", "60");
  REQUIRE(asleep);
  a = lv::file{};
  CHECK(lv::wait_lock(other.fd()));  // the child may still be on its way into exec
  CHECK(!asleep->try_wait().ended);
  asleep->kill(SIGKILL);
  CHECK(asleep->wait().signal == SIGKILL);
  other = s.open();

  auto b = s.open();
  REQUIRE(lv::try_lock(b.fd()));
  int hold[2];
  REQUIRE(::pipe(hold) == 0);
  pid_t forked = ::fork();
  if (forked == 0) {
    char c = 0;
    ::close(hold[1]);
    [[maybe_unused]] auto n = ::read(hold[0], &c, 1);  // until the parent lets go
    ::_exit(0);
  }
  b = lv::file{};
  CHECK(lv::is_locked(other.fd()));  // the trap: nobody who took it lives in that file any more
  ::close(hold[1]);
  ::close(hold[0]);
  ::waitpid(forked, nullptr, 0);
  CHECK(!lv::is_locked(other.fd()));
}

TEST_CASE("lock: of a range is another one for every byte, also behind the end of the file") {
  scratch s;
  auto a = s.open(), b = s.open();
  REQUIRE(lv::try_lock(a.fd(), {7, 1}));
  CHECK(lv::is_locked(b.fd(), {7, 1}));
  CHECK(!lv::is_locked(b.fd(), {6, 1}));
  CHECK(!lv::is_locked(b.fd(), {8, 1}));
  CHECK(lv::is_locked(b.fd()));  // the whole file has that byte as well
  CHECK(!lv::try_lock(b.fd(), {7, 1}));
  CHECK(lv::try_lock(b.fd(), {8, 1}));
  a = lv::file{};
  CHECK(!lv::is_locked(b.fd()));
}

TEST_CASE("lock: several may share it, and nobody has it alone meanwhile") {
  scratch s;
  auto a = s.open(), b = s.open(), c = s.open();
  REQUIRE(lv::try_lock(a.fd()));
  CHECK(!lv::try_share_lock(b.fd()));
  CHECK(lv::try_share_lock(a.fd()));  // from now on it is shared
  CHECK(lv::try_share_lock(b.fd()));
  CHECK(!lv::try_lock(c.fd()));
  CHECK(lv::is_locked(c.fd()));
  a = lv::file{};
  CHECK(lv::is_locked(c.fd()));
  CHECK(!lv::try_lock(c.fd()));
  b = lv::file{};
  CHECK(lv::try_lock(c.fd()));
}

TEST_CASE("lock: outlives its descriptor where the file is mapped, unless it is given back") {
  scratch s;
  auto other = s.open();
  for (const bool gives_back : {false, true}) {
    auto a = s.open();
    REQUIRE(a.allocate(4096));
    auto map = lv::mapping::of(a, 4096, lv::access::read);
    REQUIRE(map);
    REQUIRE(lv::try_lock(a.fd()));
    if (gives_back) lv::unlock(a.fd());
    a = lv::file{};
    CHECK(lv::is_locked(other.fd()) == !gives_back);
    *map = lv::mapping{};
    CHECK(!lv::is_locked(other.fd()));
  }
}
