// SPDX-License-Identifier: BSL-1.0
// bell: a doorbell between unrelated processes that epoll and io_uring can wait on: a FIFO with a name. Both sides open
// it for reading and writing, so that a reader always exists (no SIGPIPE) and a byte stays until it is drained: a ring
// for somebody who does not sleep yet is not lost.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace levada::inline v0 {

class bell {
 public:
  bell() = default;

  /// One that is there already is fine.
  static result<> create(const char* path, unsigned mode = 0600) {
    if (::mkfifo(path, mode) != 0 && errno != EEXIST) return os_fault("make the bell", path, errno);
    return {};
  }
  static result<bell> open(const char* path) {
    auto f = file::open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    if (!f) return f.error();
    return bell(std::move(*f));
  }
  /// Over one of create_unnamed().
  explicit bell(file pipe) : fifo_(std::move(pipe)) {}
  /// One without a name, to be handed over: a pipe, both of whose ends are one open file. It does not block.
  static result<file> create_unnamed() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return os_fault("make", "a bell", errno);
    const file in(ends[0]), out(ends[1]);
    return reopen(in, O_RDWR | O_NONBLOCK);
  }

  /// Costs  a system call, and the wake-up of whoever waits.
  void ring() const noexcept {
    char one = 1;
    while (::write(fd(), &one, 1) < 0 && errno == EINTR) {  // a full FIFO rings anyway
    }
  }
  /// Forgets the rings so far.
  void drain() const noexcept {
    char rings[64];
    while (::read(fd(), rings, sizeof rings) == static_cast<ssize_t>(sizeof rings)) {
    }
  }
  /// Waits for a ring, or until `other` is readable. False when the time is over. A signal counts as a ring: whoever woke looks
  /// what there is to do.
  [[nodiscard]] bool wait(duration timeout, int other = -1) const {
    pollfd both[]{{fd(), POLLIN, 0}, {other, POLLIN, 0}};
    timespec limit = detail::timespec_of(timeout);
    return ::ppoll(both, 2, &limit, nullptr) != 0;
  }

  [[nodiscard]] int fd() const noexcept { return fifo_.fd(); }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(fifo_); }

 private:
  file fifo_;
};

}  // namespace levada::inline v0
