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
