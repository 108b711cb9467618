// SPDX-License-Identifier: BSL-1.0
// The contract of a runner's wait, for each loop that this machine has.
#include <levada/os/loop.hpp>

#include "../support/block_uring.hpp"
#include "../support/child.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

namespace {

constexpr lv::duration forever{INT64_MAX}, now{0};

lv::duration steady() { return lv::wall_clock{}.steady(); }

/// Null where the backend is blocked on this machine.
template <class L>
std::optional<L> make() {
  auto made = L::make();
  if (made) return *std::move(made);
  WARN_MESSAGE(false, "skipped: ", std::string(made.error().sentence.view()));
  CHECK(L::name != "epoll");
  return {};
}

struct any_loop : lv::loop {
  static constexpr std::string_view name = "loop";
  static lv::result<any_loop> make() {
    auto made = lv::loop::make(lv::environment("LEVADA_LOOP"));  // in silence: what is said, is said once, and tested below
    if (!made) return made.error();
    return any_loop{*std::move(made)};
  }
};

struct pipe_ends {
  lv::file out, in;
  pipe_ends() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    out = lv::file{ends[0]};
    in = lv::file{ends[1]};
  }
  void put() const { REQUIRE(in.write_all(std::string_view("x"))); }
  void take() const {
    char byte = 0;
    REQUIRE(out.read(std::span(&byte, 1)));
  }
};

/// What a foreign loop sees.
bool readable(int fd, int milliseconds = 0) {
  pollfd p{fd, POLLIN, 0};
  int n = 0;
  do n = ::poll(&p, 1, milliseconds);
  while (n < 0 && errno == EINTR);
  return n == 1;
}

class scratch_file {
 public:
  scratch_file() : file_(::mkstemp(path_)) { ::unlink(path_); }
  [[nodiscard]] int fd() const { return file_.fd(); }

 private:
  char path_[32] = "/tmp/levada-loop-XXXXXX";
  lv::file file_;
};

}  // namespace

#if LEVADA_URING
#define EVERY_LOOP lv::epoll_loop, lv::uring_loop, any_loop
#else
#define EVERY_LOOP lv::epoll_loop, any_loop
#endif

TEST_CASE_TEMPLATE("ends at the given time when nothing happens", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  const auto until = steady() + 2_ms;
  while (l->wait(until)) {
  }
  CHECK(steady() >= until);
  CHECK_FALSE(l->wait(now));  // a time that has passed only looks
}

TEST_CASE_TEMPLATE("ends when a watched descriptor has something, as long as it has", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  const pipe_ends pipe;
  REQUIRE(l->watch(pipe.out.fd()));
  REQUIRE(l->watch(pipe.out.fd()));  // twice is fine
  CHECK_FALSE(l->wait(now));
  for (int round = 0; round < 3; ++round) {
    pipe.put();
    for (int again = 0; again < 3; ++again) CHECK(l->wait(forever));
    pipe.take();
    CHECK_FALSE(l->wait(now));
  }
  CHECK_FALSE(l->watch(-1));
}

TEST_CASE_TEMPLATE("what is readable before it is watched counts, and what is forgotten does not", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  const pipe_ends pipe;
  pipe.put();
  REQUIRE(l->watch(pipe.out.fd()));
  CHECK(l->wait(forever));
  l->forget(pipe.out.fd());
  CHECK_FALSE(l->wait(now));
  REQUIRE(l->watch(pipe.out.fd()));
  CHECK(l->wait(forever));
}

TEST_CASE_TEMPLATE("watches more descriptors than a ring has entries, each alone", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  std::vector<lv::file> bells;
  for (int i = 0; i < 400; ++i) {
    bells.emplace_back(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    REQUIRE(l->watch(bells.back().fd()));
  }
  CHECK_FALSE(l->wait(now));
  int told = 0;
  for (const lv::file& bell : bells) {
    ::eventfd_write(bell.fd(), 1);
    told += l->wait(forever) ? 1 : 0;
    eventfd_t count = 0;
    ::eventfd_read(bell.fd(), &count);
    told += l->wait(now) ? 1000 : 0;
  }
  CHECK(told == 400);
}

TEST_CASE_TEMPLATE("wake ends a wait of another thread, or the next one, once", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  l->wake();
  l->wake();
  CHECK(l->wait(forever));
  CHECK_FALSE(l->wait(now));
  for (int round = 0; round < 100; ++round) {
    std::thread other([&] { l->wake(); });
    CHECK(l->wait(forever));
    other.join();
    [[maybe_unused]] const bool late = l->wait(now);  // the kernel interrupts waits of a thread whose old ring it takes apart
    CHECK_FALSE(l->wait(now));
  }
}

TEST_CASE_TEMPLATE("a signal ends it, and its handler may wake", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  static L* woken = nullptr;
  woken = &*l;
  struct sigaction action{}, old{};
  action.sa_handler = [](int) { woken->wake(); };
  ::sigaction(SIGUSR1, &action, &old);
  const pthread_t waiter = ::pthread_self();
  std::thread other([&] { ::pthread_kill(waiter, SIGUSR1); });
  CHECK(l->wait(forever));
  other.join();
  while (l->wait(now)) {
  }
  ::sigaction(SIGUSR1, &old, nullptr);
}

TEST_CASE_TEMPLATE("moves with what it watches", L, EVERY_LOOP) {
  auto made = make<L>();
  if (!made) return;
  const pipe_ends pipe;
  REQUIRE(made->watch(pipe.out.fd()));
  CHECK_FALSE(made->wait(now));
  L l = *std::move(made);
  pipe.put();
  CHECK(l.wait(forever));
}

TEST_CASE_TEMPLATE("a foreign loop waits on one descriptor for all of it", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  const pipe_ends pipe;
  REQUIRE(l->watch(pipe.out.fd()));

  SUBCASE("it is quiet when nothing is ready") {
    l->arm(forever);
    CHECK_FALSE(readable(l->fd()));
    l->disarm();
    CHECK_FALSE(readable(l->fd()));
  }
  SUBCASE("a watched descriptor makes it readable, as long as it is") {
    for (int round = 0; round < 3; ++round) {
      l->arm(forever);
      CHECK_FALSE(readable(l->fd()));
      pipe.put();
      CHECK(readable(l->fd(), -1));
      l->disarm();
      l->arm(forever);
      CHECK(readable(l->fd(), -1));
      l->disarm();
      pipe.take();
    }
    l->disarm();
    CHECK_FALSE(readable(l->fd()));
  }
  SUBCASE("the time makes it readable, until it is disarmed") {
    for (const lv::duration until : {steady() + 1_ms, steady() - 1_ms, now, steady() + 2_ms}) {
      l->arm(until);
      CHECK(readable(l->fd(), -1));
      CHECK(steady() >= until);
      l->disarm();
      CHECK_FALSE(readable(l->fd()));
    }
    l->arm(steady() + 1_h);
    l->arm(steady());  // the last word counts
    CHECK(readable(l->fd(), -1));
    l->disarm();
    l->arm(steady() + 1_h);
    CHECK_FALSE(readable(l->fd()));
  }
  SUBCASE("so does a wake-up, from another thread too") {
    l->arm(forever);
    std::thread other([&] { l->wake(); });
    CHECK(readable(l->fd(), -1));
    other.join();
    l->disarm();
    CHECK_FALSE(readable(l->fd()));
    CHECK_FALSE(l->wait(now));
  }
  SUBCASE("and a request that is done, whoever took its completion") {
    const pipe_ends other;
    char bytes[2] = {};
    lv::io_request one, two;
    other.put();  // one that carries requests out at once would wait for it
    one.read(lv::io_queue(*l), other.out.fd(), std::span(bytes, 1));
    if (l->asynchronous()) {
      two.read(lv::io_queue(*l), pipe.out.fd(), std::span(bytes + 1, 1));
      l->forget(pipe.out.fd());
      while (one.in_flight()) [[maybe_unused]]
        bool done = two.done();
      l->arm(forever);
      CHECK(readable(l->fd(), -1));
      l->disarm();
      l->arm(forever);
      CHECK_FALSE(readable(l->fd()));
      pipe.put();
      CHECK(readable(l->fd(), -1));
    }
    l->disarm();
    CHECK(one.done());
  }
}

TEST_CASE_TEMPLATE("files are written and read at offsets, and on from where they stand", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l) return;
  const lv::io_queue queue(*l);
  const scratch_file file;
  lv::io_request request;
  auto outcome = [&] {
    while (!request.done()) l->wait(forever);
    return request.result();
  };
  request.write(queue, file.fd(), std::string_view("abc"));
  CHECK(outcome() == 3);
  request.write(queue, file.fd(), std::string_view("def"));
  CHECK(outcome() == 3);
  request.write(queue, file.fd(), std::string_view("XY"), 1);
  CHECK(outcome() == 2);
  request.sync(queue, file.fd());
  CHECK(outcome() == 0);
  char bytes[16] = {};
  request.read(queue, file.fd(), bytes, 0);
  CHECK(outcome() == 6);
  CHECK(std::string_view(bytes) == "aXYdef");
  request.read(queue, file.fd(), bytes, 6);
  CHECK(outcome() == 0);
  request.read(queue, -1, bytes, 0);
  CHECK(outcome() == -EBADF);
}

TEST_CASE_TEMPLATE("a request that is done ends a wait", L, EVERY_LOOP) {
  auto l = make<L>();
  if (!l || !l->asynchronous()) return;
  const pipe_ends pipe;
  char byte = 0;
  lv::io_request request;
  request.read(lv::io_queue(*l), pipe.out.fd(), std::span(&byte, 1));
  CHECK_FALSE(request.done());
  CHECK_FALSE(l->wait(now));
  std::thread other([&] { pipe.put(); });
  while (!request.done()) CHECK(l->wait(forever));
  other.join();
  CHECK(byte == 'x');
  CHECK_FALSE(l->wait(now));
}

// ---- which one it is -------------------------------------------------------------------------------------------------

TEST_CASE("LEVADA_LOOP names the loop; what it does not know, or cannot have, is a fault in words") {
  auto epoll = lv::loop::make("epoll");
  REQUIRE(epoll);
  CHECK(epoll->name() == "epoll");
  auto unknown = lv::loop::make("select");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == lv::failure::usage);
  CHECK(unknown.error().sentence.view().starts_with("LEVADA_LOOP is 'select', but this program can wait with "));
  CHECK(unknown.error().sentence.view().ends_with("epoll"));
#if LEVADA_URING
  CHECK(epoll->reason() == "LEVADA_LOOP says so");
  if (auto first = lv::loop::make(""); first && first->name() == "uring") CHECK(first->reason().empty());
#else
  CHECK(epoll->reason().empty());
  CHECK_FALSE(lv::loop::make("uring"));
#endif
}

namespace {
struct refusing_loop : lv::epoll_loop {
  static constexpr std::string_view name = "refusing";
  static lv::result<refusing_loop> make() { return lv::fault::of(lv::failure::permission, "it is not allowed"); }
};
}  // namespace

TEST_CASE("a loop that cannot be made gives way to the next, and says why, but not if it was asked for by name") {
  using either = lv::basic_loop<refusing_loop, lv::epoll_loop>;
  auto fallen_back = either::make("");
  REQUIRE(fallen_back);
  CHECK(fallen_back->name() == "epoll");
  CHECK(fallen_back->reason() == "it is not allowed");
  auto forced = either::make("refusing");
  REQUIRE_FALSE(forced);
  CHECK(forced.error().kind == lv::failure::permission);
  CHECK(forced.error().sentence.view() == "LEVADA_LOOP is 'refusing', but it is not allowed");
  auto none = lv::basic_loop<refusing_loop>::make("");
  REQUIRE_FALSE(none);
  CHECK(none.error().sentence.view() == "it is not allowed");
}

#if LEVADA_URING
TEST_CASE("where io_uring is blocked, epoll waits, and one line says why") {
  const auto child = support::in_child([] {
    ::unsetenv("LEVADA_LOOP");
    if (!support::block_uring()) return 1;
    auto one = lv::loop::make(), two = lv::loop::make();
    if (!one || !two) return 2;
    one->wake();
    return one->wait(forever) && !one->wait(now) ? 0 : 3;
  });
  CHECK(child.code == 0);
  CHECK(child.error == "levada: waiting with epoll: io_uring is blocked here (EPERM)\n");
}

TEST_CASE("where io_uring is blocked, LEVADA_LOOP=uring is a fault") {
  const auto child = support::in_child([] {
    ::setenv("LEVADA_LOOP", "uring", 1);
    if (!support::block_uring()) return 1;
    auto made = lv::loop::make();
    if (made) return 2;
    std::fputs(made.error().sentence.c_str(), stderr);
    return made.error().exit_code();
  });
  CHECK(child.code == static_cast<int>(lv::failure::permission));
  CHECK(child.error == "LEVADA_LOOP is 'uring', but io_uring is blocked here (EPERM)");
}
#endif

TEST_CASE("a loop that was chosen by hand is said once, the expected one is not") {
  const auto forced = support::in_child([] {
    ::setenv("LEVADA_LOOP", "epoll", 1);
    return lv::loop::make() && lv::loop::make() ? 0 : 1;
  });
  CHECK(forced.code == 0);
  CHECK(forced.error == (LEVADA_URING ? "levada: waiting with epoll: LEVADA_LOOP says so\n" : ""));
}
