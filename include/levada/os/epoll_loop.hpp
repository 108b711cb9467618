// SPDX-License-Identifier: BSL-1.0
// epoll_loop: the one wait of a runner, over everything that can have news: doorbells, sockets, timers, a wake-up from
// another thread. Who woke it is not told: sources are polled after any wake-up, so there are no callbacks and no table.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>
#include <levada/os/io.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace levada::inline v0 {

/// Holds  three descriptors. Level-triggered: a descriptor that stays readable ends every wait until somebody reads it.
/// Used by one thread; wake() alone may come from anywhere.
class epoll_loop {
 public:
  static constexpr std::string_view name = "epoll";

  static result<epoll_loop> make() {
    epoll_loop l;
    l.epoll_ = file{::epoll_create1(EPOLL_CLOEXEC)};
    if (!l.epoll_) return os_fault("make", "epoll", errno);
    l.wake_ = file{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!l.wake_) return os_fault("make", "eventfd", errno);
    l.timer_ = file{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!l.timer_) return os_fault("make", "timerfd", errno);
    for (int fd : {l.wake_.fd(), l.timer_.fd()})
      if (auto done = l.watch(fd); !done) return done.error();
    return l;
  }

  /// From now on a wait ends when the descriptor is readable. Watching it twice is fine.
  result<> watch(int fd) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.fd = fd;
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &e) != 0 && errno != EEXIST)
      return os_fault("watch", compose<32>("descriptor ", fd).view(), errno);
    return {};
  }
  /// Before the descriptor is closed.
  void forget(int fd) { ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, nullptr); }

  /// Waits until something is ready or the steady clock shows `until`. True if something may be ready: a signal handler
  /// that ran counts, because it may have set a flag.
  bool wait(duration until) {
    epoll_event ready[16];
    int n = wait_on(ready, until - wall_clock{}.steady());
    for (const epoll_event& e : std::span(ready).first(n > 0 ? static_cast<std::size_t>(n) : 0))
      if (e.data.fd == wake_.fd()) {
        std::uint64_t count = 0;
        [[maybe_unused]] auto drained = ::read(wake_.fd(), &count, sizeof count);
      }
    return n != 0;
  }
  /// Ends the wait of another thread, or the next one. Safe in a signal handler.
  void wake() {
    int kept = errno;
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake_.fd(), &one, sizeof one);
    errno = kept;
  }

  /// One descriptor for the wait of somebody else's loop. arm() before that wait, disarm() behind it.
  [[nodiscard]] int fd() const { return epoll_.fd(); }
  /// From now on fd() becomes readable when something watched is, and when the steady clock shows `until`.
  void arm(duration until) { set_timer(until.ns > 0 ? until.ns : 1); }
  /// Takes what arm() and wake() have brought: fd() is quiet again unless something watched is readable.
  void disarm() {
    set_timer(0);
    wait(duration{0});
  }

  /// Files are always ready for epoll, so a request is carried out at once.
  static constexpr bool asynchronous() { return false; }
  void submit(io_request& request) { request.perform(); }
  void peek(io_request&) {}
  void finish(io_request&) {}
  void cancel(io_request&) {}

 private:
  epoll_loop() = default;

  /// 0: none. It also takes back what the timer has told.
  void set_timer(std::int64_t ns) {
    if (ns == 0 && !timed_) return;
    timed_ = ns != 0 && ns != INT64_MAX;
    itimerspec when{};
    if (timed_) when.it_value = detail::timespec_of(duration{ns});
    ::timerfd_settime(timer_.fd(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  /// The number of ready descriptors; -1 after a signal.
  template <std::size_t N>
  int wait_on(epoll_event (&ready)[N], duration left) {
    timespec limit = detail::timespec_of(left);
    if (precise_) {
      int n = ::epoll_pwait2(epoll_.fd(), ready, static_cast<int>(N), &limit, nullptr);
      if (n >= 0 || (errno != ENOSYS && errno != EPERM)) return n;
      precise_ = false;  // a kernel before 5.11, or a sandbox that does not know the call
    }
    std::int64_t ms = std::int64_t{limit.tv_sec} * 1000 + (limit.tv_nsec + 999'999) / 1'000'000;
    return ::epoll_wait(epoll_.fd(), ready, static_cast<int>(N), static_cast<int>(ms < INT32_MAX ? ms : INT32_MAX));
  }

  file epoll_;
  file wake_;
  file timer_;
  bool timed_ = false;
  bool precise_ = true;
};

}  // namespace levada::inline v0
