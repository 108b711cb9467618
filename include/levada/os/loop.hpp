// SPDX-License-Identifier: BSL-1.0
// loop: the one wait of a runner, over everything that can have news: doorbells, files, timers, a wake-up from another
// thread. Who woke it is not told: sources are polled after any wake-up, so there are no callbacks and no table.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace levada::inline v0 {

/// Holds  two descriptors. Level-triggered: a descriptor that stays readable ends every wait until somebody reads it.
class epoll_loop {
 public:
  static result<epoll_loop> make() {
    epoll_loop l;
    l.epoll_ = file{::epoll_create1(EPOLL_CLOEXEC)};
    if (!l.epoll_) return os_fault("make", "epoll", errno);
    l.wake_ = file{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!l.wake_) return os_fault("make", "eventfd", errno);
    if (auto done = l.watch(l.wake_.fd()); !done) return done.error();
    return l;
  }

  /// From now on a wait ends when the descriptor is readable. Watching it twice is fine.
  result<> watch(int fd) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.fd = fd;
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &e) != 0 && errno != EEXIST)
      return os_fault("watch", file_name(fd).view(), errno);
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
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake_.fd(), &one, sizeof one);
  }

 private:
  epoll_loop() = default;

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
  static text<32> file_name(int fd) { return compose<32>("descriptor ", fd); }

  file epoll_;
  file wake_;
  bool precise_ = true;
};

/// An io_uring loop of the same shape takes this name where the kernel lets it.
using loop = epoll_loop;

}  // namespace levada::inline v0
