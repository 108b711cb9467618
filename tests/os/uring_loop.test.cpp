// SPDX-License-Identifier: BSL-1.0
// What every loop promises is in loop.test.cpp; here is how io_uring meets limits, and who may use the ring.
#include <levada/os/uring_loop.hpp>

#include "../support/block_uring.hpp"
#include "../support/child.hpp"

#include <levada/core/word.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

#if LEVADA_URING

namespace {

/// Null where io_uring is blocked: then there is nothing to test but the refusal, which loop.test.cpp does.
std::optional<lv::uring_loop> ring(unsigned entries = lv::uring_loop::most_entries) {
  auto made = lv::uring_loop::make(entries);
  if (made) return *std::move(made);
  WARN_MESSAGE(false, "skipped: ", std::string(made.error().sentence.view()));
  CHECK(made.error().kind == lv::failure::permission);
  return {};
}

struct pipe_ends {
  lv::file out, in;
  pipe_ends() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    out = lv::file{ends[0]};
    in = lv::file{ends[1]};
  }
};

}  // namespace

TEST_CASE("uring_loop: a limit of locked memory makes the ring smaller, and at last refuses it in words") {
  if (!ring()) return;
  const auto child = support::in_child([] {
    // Only an ordinary user is held to the limit. All rings of a user are counted together, and for a while after their end, so
    // this one is a user whom nobody else is.
    const auto nobody = static_cast<uid_t>(1'000'000 + ::getpid());
    if (::setresuid(nobody, nobody, nobody) != 0) return 77;
    auto entries_within = [](rlim_t bytes) -> unsigned {
      const rlimit limit{bytes, bytes};
      ::setrlimit(RLIMIT_MEMLOCK, &limit);
      auto made = lv::uring_loop::make();
      if (!made) std::fprintf(stderr, "%s\n", made.error().sentence.c_str());
      return made ? made->entries() : 0;
    };
    const unsigned some = entries_within(16 * 1024), none = entries_within(0);
    std::fprintf(stderr, "%u and %u entries\n", some, none);
    return some >= lv::uring_loop::fewest_entries && some < lv::uring_loop::most_entries && none == 0 ? 0 : 1;
  });
  if (child.code == 77) return;
  INFO(child.error);
  CHECK(child.code == 0);
  CHECK(child.error.find("raise the limit of locked memory (ENOMEM)") != std::string::npos);
}

TEST_CASE("uring_loop: io_uring that is blocked is refused in words") {
  const auto child = support::in_child([] {
    if (!support::block_uring()) return 1;
    auto made = lv::uring_loop::make();
    if (made) return 2;
    std::fputs(made.error().sentence.c_str(), stderr);
    return made.error().exit_code();
  });
  CHECK(child.code == static_cast<int>(lv::failure::permission));
  CHECK(child.error == "io_uring is blocked here (EPERM)");
}

TEST_CASE("uring_loop: is made by one thread and used by another, but woken by any") {
  auto l = ring();
  if (!l) return;
  bool woken = false;
  std::thread other([&] { woken = l->wait(lv::duration{INT64_MAX}); });
  l->wake();
  other.join();
  CHECK(woken);
}

TEST_CASE("uring_loop: more completions than the ring holds are all taken") {
  auto l = ring(8);
  if (!l) return;
  const pipe_ends pipe;
  std::vector<lv::io_request> requests(200);
  std::vector<char> bytes(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].read(lv::io_queue(*l), pipe.out.fd(), std::span(&bytes[i], 1));
  REQUIRE(pipe.in.write_all(std::string(requests.size(), 'x')));
  for (auto& r : requests) {
    r.finish();
    CHECK(r.result() == 1);
  }
  CHECK(std::string_view(bytes.data(), bytes.size()) == std::string(requests.size(), 'x'));
}

TEST_CASE("uring_loop: a request whose owner goes is cancelled before its memory goes") {
  auto l = ring();
  if (!l) return;
  const pipe_ends pipe;
  {
    char byte = 0;
    lv::io_request request;
    request.read(lv::io_queue(*l), pipe.out.fd(), std::span(&byte, 1));
    CHECK_FALSE(request.done());
  }
  REQUIRE(pipe.in.write_all(std::string_view("x")));  // nobody reads it any more
  char byte = 0;
  CHECK(*pipe.out.read(std::span(&byte, 1)) == 1);
}

TEST_CASE("uring_loop: a loop that goes cancels what is in flight, so that no memory is written behind its back") {
  const pipe_ends pipe;
  char byte = 0;
  lv::io_request one, two;
  {
    auto l = ring();
    if (!l) return;
    one.read(lv::io_queue(*l), pipe.out.fd(), std::span(&byte, 1));
    two.read(lv::io_queue(*l), pipe.out.fd(), std::span(&byte, 1));
  }
  CHECK_FALSE(one.in_flight());
  CHECK(one.result() == -ECANCELED);
  CHECK(two.result() == -ECANCELED);
}

TEST_CASE("uring_loop: what one request's owner has not seen ends the next wait, though another's look took it") {
  auto l = ring();
  if (!l) return;
  const pipe_ends one, two;
  char a = 0, b = 0;
  lv::io_request first, second;
  first.read(lv::io_queue(*l), one.out.fd(), std::span(&a, 1));
  second.read(lv::io_queue(*l), two.out.fd(), std::span(&b, 1));
  REQUIRE(one.in.write_all(std::string_view("x")));
  while (first.in_flight()) [[maybe_unused]]
    bool done = second.done();
  CHECK(l->wait(lv::duration{INT64_MAX}));
  CHECK_FALSE(l->wait(lv::duration{0}));
}

TEST_CASE("uring_loop: an idle wait is not shown as iowait") {
  auto l = ring();
  if (!l || !l->hides_iowait()) return;
  lv::word<std::int32_t> waiter{0};
  std::thread other([&] {
    waiter.release(static_cast<std::int32_t>(::gettid()));  // pairs with the acquire below
    l->wait(lv::duration{INT64_MAX});
  });
  while (waiter.acquire() == 0) {  // pairs with the release above
  }
  auto words = [](const std::string& path) {
    std::ifstream file(path);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  };
  auto sleeps = [&] {
    const std::string stat = words("/proc/self/task/" + std::to_string(waiter.acquire()) + "/stat");
    return stat.substr(stat.rfind(')') + 2, 1) == "S";
  };
  // The kernel counts the threads of the whole machine that wait for a disk. Others come and go; ours would stay.
  auto blocked = [&] {
    const std::string stat = words("/proc/stat");
    return std::stoi(stat.substr(stat.find("procs_blocked ") + 14));
  };
  int fewest = 1000;
  for (int look = 0; look < 2000 && fewest > 0; ++look) {
    const bool before = sleeps();
    const int n = blocked();
    if (before && sleeps() && n < fewest) fewest = n;
  }
  CHECK(fewest == 0);
  l->wake();
  other.join();
}

#else

TEST_CASE("uring_loop: is left out where liburing is not linked") { CHECK(LEVADA_URING == 0); }

#endif
