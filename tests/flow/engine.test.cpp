// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/engine.hpp>

#include "../support/stream.hpp"

#include <levada/flow/boundary.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/timer.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace lv = levada;
using namespace lv::literals;

namespace {

/// A source over an eventfd: each count that is written into it is an event of its own. It may be told to end.
struct doorbell {
  using event_type = std::uint64_t;
  int fd;
  std::atomic<std::uint64_t>* rung;  // events that are to come
  std::uint64_t last;
  std::uint64_t next = 0;

  [[nodiscard]] lv::polled poll(auto out, std::size_t budget) {
    std::uint64_t value = 0;
    [[maybe_unused]] const auto read = ::read(fd, &value, sizeof value);
    if (next == last) return lv::polled::end;
    const std::uint64_t there = rung->load();
    if (next == there) return lv::polled::nothing;
    for (std::size_t n = 0; n < budget && next < there; ++n, ++next) out(std::span<const std::uint64_t>(&next, 1));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return next; }
  [[nodiscard]] int wake_fd() const { return fd; }
  [[nodiscard]] bool park() const { return next == rung->load() && next != last; }
  void unpark(bool) {}
  [[nodiscard]] lv::duration patience() const { return 1000_s; }
};
struct button {
  int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::atomic<std::uint64_t> rung{0};

  ~button() { ::close(fd); }
  void press() {
    ++rung;
    const std::uint64_t one = 1;
    CHECK(::write(fd, &one, sizeof one) == sizeof one);
  }
  doorbell bell(std::uint64_t last) { return {fd, &rung, last}; }
};

/// A host with a poll(2) loop and one guest: polls it until it has ended. How often it was woken.
template <class Runner, class Flow>
std::uint64_t host(Runner& runner, Flow& flow) {
  std::uint64_t woken = 0;
  while (true) {
    lv::polled came = lv::polled::events;
    while (came == lv::polled::events) came = runner.poll(flow);
    if (came == lv::polled::end) return woken;
    pollfd one{runner.fd(), POLLIN, 0};
    REQUIRE(::poll(&one, 1, 60'000) == 1);  // a minute without a wake-up is a lost one
    ++woken;
  }
}

}  // namespace

TEST_CASE("there are never more spinners than processors, and none where there is one alone") {
  const std::uint32_t before = lv::detail::spin_right::spinners().relaxed();
  REQUIRE(before == 0);
  const std::uint32_t most = lv::usable_cores() > 1 ? lv::usable_cores() : 0;
  {
    std::vector<lv::detail::spin_right> rights(most + 3);
    for (std::uint32_t i = 0; i < rights.size(); ++i) {
      CHECK(rights[i].take() == (i < most));
      CHECK(rights[i].take() == (i < most));  // once is enough
      CHECK(lv::detail::spin_right::spinners().relaxed() <= most);
    }
    if (most > 0) {
      lv::detail::spin_right moved = std::move(rights[0]);
      CHECK_FALSE(rights.back().take());
      moved.give_back();
      moved.give_back();
      CHECK(rights.back().take());
    }
  }
  CHECK(lv::detail::spin_right::spinners().relaxed() == 0);
}

TEST_CASE("many threads that want to spin never hold more rights than there are") {
  const std::uint32_t most = lv::usable_cores() > 1 ? lv::usable_cores() : 0;
  std::atomic<std::uint32_t> holders{0}, worst{0};
  std::vector<std::thread> all;
  for (int t = 0; t < 6; ++t)
    all.emplace_back([&] {
      lv::detail::spin_right right;
      for (int i = 0; i < 20'000; ++i) {
        if (!right.take()) continue;
        const std::uint32_t now = ++holders;
        for (std::uint32_t w = worst; now > w && !worst.compare_exchange_weak(w, now);) {
        }
        --holders;
        right.give_back();
      }
    });
  for (auto& t : all) t.join();
  CHECK(worst <= most);
  CHECK(lv::detail::spin_right::spinners().relaxed() == 0);
}

TEST_CASE("flows with stages leave no spinner behind, however they end") {
  for (int round = 0; round < 20; ++round) {
    button b;
    std::uint64_t sum = 0;
    auto flow =
        lv::flow(lv::from(b.bell(100)) | lv::stage<"a">() | lv::stage<"b">() | lv::to([&](std::uint64_t i) { sum += i; }));
    lv::runner<> runner({.mode = lv::profile::fast});
    REQUIRE(runner.start(flow));
    for (int i = 0; i < 100; ++i) b.press();
    if (round % 2 == 0) {
      CHECK(runner.wait());
      CHECK(sum == 4950);
    } else {
      CHECK(runner.stop());
    }
    CHECK(lv::detail::spin_right::spinners().relaxed() == 0);
  }
}

TEST_CASE("in a loop of somebody else's no event is lost, and the descriptor is quiet while nothing comes") {
  for (const lv::profile mode : {lv::profile::eco, lv::profile::fast}) {
    button b;
    std::atomic<std::uint64_t> seen{0};
    constexpr std::uint64_t events = 300;
    auto flow = lv::flow(lv::from(b.bell(events)) | lv::to([&](std::uint64_t) { ++seen; }));
    lv::runner<> runner({.mode = mode, .latency_budget = 1_ms});
    REQUIRE(runner.open(flow));
    std::thread other([&] {
      for (std::uint64_t i = 0; i < events; ++i) {
        b.press();
        if (i % 3 == 0)
          while (seen <= i) std::this_thread::yield();  // the host sleeps in between
      }
    });
    const std::uint64_t woken = host(runner, flow);
    other.join();
    CHECK(runner.finish(flow));
    CHECK(seen == events);
    CHECK(woken <= 3 * events + 10);  // one for the event, one for the rest of the budget, one to spare
  }
}

TEST_CASE("after a turn with nothing the descriptor stays quiet: nobody polls in vain") {
  button b;
  auto flow = lv::flow(lv::from(b.bell(10)) | lv::stage<"a">() | lv::to([](std::uint64_t) {}));
  lv::runner<> runner({.latency_budget = 1_ms});
  REQUIRE(runner.open(flow));
  b.press();
  int woken = 0;
  // Events, the rest after them, and then it is quiet. The wait of 50 ms sees whether it is.
  for (pollfd one{runner.fd(), POLLIN, 0};; ++woken) {
    while (runner.poll(flow) == lv::polled::events) {
    }
    if (::poll(&one, 1, 50) == 0) break;
    REQUIRE(woken < 20);
  }
  CHECK(woken <= 4);
  CHECK(runner.finish(flow));
}

TEST_CASE("timers fire in a loop of somebody else's, with stages below them") {
  std::atomic<int> ticks{0};
  auto flow = lv::flow(lv::from(lv::timer(2_ms)) | lv::map([](const lv::timer_event& e) { return e.late.ns; }) |
                       lv::stage<"a">() | lv::to([&](std::int64_t late) {
                         CHECK(late >= 0);
                         ++ticks;
                       }));
  lv::runner<> runner;
  REQUIRE(runner.open(flow));
  std::uint64_t woken = 0;
  while (ticks < 20) {
    while (runner.poll(flow) == lv::polled::events) {
    }
    pollfd one{runner.fd(), POLLIN, 0};
    REQUIRE(::poll(&one, 1, 60'000) == 1);
    ++woken;
  }
  CHECK(runner.finish(flow));
  CHECK(woken >= 10);
  CHECK(ticks >= 20);
}

TEST_CASE("stages work while the host is elsewhere, and finish drains them") {
  button b;
  std::uint64_t sum = 0;
  int ended = 0;
  auto flow = lv::flow(lv::from(b.bell(UINT64_MAX)) | lv::stage<"a">() | lv::map([](std::uint64_t i) { return i + 1; }) |
                       lv::stage<"b">() | lv::fold(std::uint64_t{0}, [](std::uint64_t& s, std::uint64_t i) { s += i; }) |
                       lv::to([&](std::uint64_t s) {
                         sum = s;
                         ++ended;
                       }));
  lv::runner<> runner;
  REQUIRE(runner.open(flow));
  for (int i = 0; i < 1000; ++i) b.press();
  while (runner.poll(flow) == lv::polled::events) {
  }
  CHECK(runner.finish(flow));
  CHECK(sum == 500'500);
  CHECK(ended == 1);
}

#if LEVADA_EXCEPTIONS
TEST_CASE("a host hears that a stage has failed: the descriptor wakes it, poll says end, and finish says why") {
  button b;
  auto flow = lv::flow(lv::from(b.bell(UINT64_MAX)) | lv::stage<"a">() |
                       lv::to([](std::uint64_t) { throw std::runtime_error("no good"); }));
  lv::runner<> runner;
  REQUIRE(runner.open(flow));
  b.press();
  host(runner, flow);
  const auto done = runner.finish(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().sentence.view().find("no good") != std::string_view::npos);
}

TEST_CASE("a host whose own turn fails hears it from finish, and nothing is drained") {
  button b;
  bool drained = false;
  auto flow = lv::flow(lv::from(b.bell(UINT64_MAX)) | lv::map([](std::uint64_t i) {
                         if (i == 1) throw std::runtime_error("no good");
                         return i;
                       }) |
                       lv::stage<"a">() | lv::fold(0, [](int&, std::uint64_t) {}) | lv::to([&](int) { drained = true; }));
  lv::runner<> runner;
  REQUIRE(runner.open(flow));
  b.press();
  b.press();
  host(runner, flow);
  const auto done = runner.finish(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().sentence.view().find("no good") != std::string_view::npos);
  CHECK_FALSE(drained);
}
#endif

TEST_CASE("a runner that was opened and never finished goes without a trace") {
  button b;
  auto flow = lv::flow(lv::from(b.bell(UINT64_MAX)) | lv::stage<"a">() | lv::to([](std::uint64_t) {}));
  SUBCASE("started") {
    lv::runner<> runner;
    REQUIRE(runner.start(flow));
    b.press();
  }
  SUBCASE("opened") {
    lv::runner<> runner;
    REQUIRE(runner.open(flow));
    b.press();
  }
  SUBCASE("finished") {
    lv::runner<> runner;
    REQUIRE(runner.open(flow));
    b.press();
    CHECK(runner.finish(flow));
  }
}

TEST_CASE("a stop that comes before the run, from another thread, is not lost") {
  for (int round = 0; round < 20; ++round) {
    button b;
    auto flow = lv::flow(lv::from(b.bell(UINT64_MAX)) | lv::to([](std::uint64_t) {}));
    lv::runner<> runner;
    std::thread other([&] { runner.request_stop(); });
    CHECK(runner.run(flow));
    other.join();
  }
}

TEST_CASE("a stop that comes after the end does not stop the next run") {
  const std::array<int, 3> events{1, 2, 3};
  std::atomic<int> first = 0;
  int second = 0;
  auto a = lv::flow(lv::from(lv::values(std::span<const int>(events))) | lv::to([&](int) { ++first; }));
  auto b = lv::flow(lv::from(lv::values(std::span<const int>(events))) | lv::to([&](int) { ++second; }));
  lv::runner<> runner;
  REQUIRE(runner.start(a));
  while (first < 3) std::this_thread::yield();
  CHECK(runner.stop());
  CHECK(runner.run(b));
  CHECK(second == 3);
}
