// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/runner.hpp>

#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/timer.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

/// A source over an eventfd: what another thread writes into it comes as an event. It counts how it is asked to wait.
struct doorbell {
  using event_type = std::uint64_t;
  int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  int parked = 0;
  int awake = 0;

  lv::polled poll(auto out, std::size_t) {
    std::uint64_t value = 0;
    if (::read(fd, &value, sizeof value) != sizeof value) return lv::polled::nothing;
    out(std::span<const std::uint64_t>(&value, 1));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return 0; }
  [[nodiscard]] int wake_fd() const { return fd; }
  bool park() { return ++parked, true; }
  void unpark(bool) { ++awake; }
  [[nodiscard]] lv::duration patience() const { return 1_s; }
};

struct broken {
  using event_type = int;
  [[nodiscard]] lv::result<> open() { return lv::fault::of(lv::failure::unreadable, "cannot open '/nowhere'"); }
  lv::polled poll(auto, std::size_t) { return lv::polled::end; }
  [[nodiscard]] std::uint64_t position() const { return 0; }
};

}  // namespace

TEST_CASE("a flow runs until its source has ended, then folds emit") {
  std::vector<int> numbers(10'000);
  for (int i = 0; i < 10'000; ++i) numbers[static_cast<std::size_t>(i)] = i;
  std::int64_t total = 0;
  auto flow =
      lv::flow(lv::from(lv::values{std::span(numbers)}) | lv::fold(std::int64_t{0}, [](std::int64_t& sum, int x) { sum += x; }) |
               lv::to([&](std::int64_t sum) { total = sum; }));
  REQUIRE(lv::runner<>({.budget = 100}).run(flow));
  CHECK(total == 49'995'000);
}

TEST_CASE("a source that cannot open ends the run with its sentence") {
  auto flow = lv::flow(lv::from(broken{}) | lv::to([](int) {}));
  const auto done = lv::runner<>{}.run(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == lv::failure::unreadable);
  CHECK(done.error().sentence.view() == "cannot open '/nowhere'");
}

#if LEVADA_EXCEPTIONS
TEST_CASE("an operator that throws ends the run with what it said, never the process") {
  const int one[] = {1};
  auto flow = lv::flow(lv::from(lv::values<int>(one)) |
                       lv::filter([](int) -> bool { throw std::runtime_error("no such machine"); }) | lv::to([](int) {}));
  const auto done = lv::runner<>{}.run(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == lv::failure::internal);
  CHECK(done.error().sentence.view().find("no such machine") != std::string_view::npos);
}
#endif

TEST_CASE("a stop ends a flow that has nothing to do, from another thread, and drains it") {
  const lv::stop_signals signals;
  bool drained = false;
  auto flow = lv::flow(lv::from<"in">(lv::input<int>()) | lv::fold(0, [](int&, int) {}) | lv::to([&](int) { drained = true; }));
  std::thread other([] { lv::request_stop(); });
  CHECK(lv::runner<>{}.run(flow));
  other.join();
  CHECK(drained);
}

TEST_CASE("a sleeping flow is woken by a descriptor") {
  for (const lv::profile mode : {lv::profile::eco, lv::profile::fast}) {
    const lv::stop_signals signals;
    doorbell bell;
    const int fd = bell.fd;
    std::uint64_t got = 0;
    auto flow = lv::flow(lv::from<"bell">(bell) | lv::to([&](std::uint64_t n) {
                           got += n;
                           if (got == 3) lv::request_stop();
                         }));
    std::thread other([fd] {
      for (std::uint64_t one = 1, i = 0; i < 3; ++i) [[maybe_unused]]
        auto n = ::write(fd, &one, sizeof one);
    });
    CHECK(lv::runner<>({.mode = mode, .latency_budget = 1_ms}).run(flow));
    other.join();
    CHECK(got == 3);
    CHECK(flow.at<"bell">().parked == flow.at<"bell">().awake);
    ::close(fd);
  }
}

TEST_CASE("a timer wakes a flow that has nothing else") {
  const lv::stop_signals signals;
  int ticks = 0;
  auto flow = lv::flow(lv::from(lv::timer(1_ms)) | lv::to([&](const lv::timer_event& e) {
                         CHECK(e.late.ns >= 0);
                         if (++ticks == 5) lv::request_stop();
                       }));
  CHECK(lv::runner<>{}.run(flow));
  CHECK(ticks >= 5);
}

TEST_CASE("time comes from the clock when sources are dry, and a manual clock makes it a test") {
  std::vector<double> means;
  auto flow = lv::flow(lv::from(lv::input<double>()) |
                       lv::window<lv::tumbling{10_s}>(lv::aggregate<lv::mean>([](double v) { return v; })) |
                       lv::to([&](const auto& row) { means.push_back(row.template get<lv::mean>()); }));
  lv::runner<lv::manual_clock> runner({}, lv::manual_clock{{1000 * 1'000'000'000LL}, {}});
  REQUIRE(flow.open());
  CHECK(runner.poll(flow) == lv::polled::nothing);
  flow.push(1.0);
  flow.push(2.0);
  runner.clock().advance(9_s);
  runner.poll(flow);
  CHECK(means.empty());
  runner.clock().advance(1_s);
  runner.poll(flow);
  CHECK(means == std::vector{1.5});
}

TEST_CASE("a replay takes time from its events only") {
  int rows = 0;
  auto flow = lv::flow(lv::from(lv::input<double>()) |
                       lv::window<lv::tumbling{1_s}>(lv::aggregate<lv::count>([](double v) { return v; })) |
                       lv::to([&](const auto&) { ++rows; }));
  lv::runner<lv::manual_clock> runner({.base = lv::time_base::events}, lv::manual_clock{{1'000'000'000}, {}});
  REQUIRE(flow.open());
  flow.push(1.0);
  runner.clock().advance(100_s);
  runner.poll(flow);
  CHECK(rows == 0);
  flow.advance({5'000'000'000});
  CHECK(rows == 1);
}
