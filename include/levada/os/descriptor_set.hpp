// SPDX-License-Identifier: BSL-1.0
// descriptor_set: several descriptors that are waited for as one, also in somebody else's loop: an epoll set is a descriptor
// itself, and readable while one in it is.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>

#include <cerrno>

#include <poll.h>
#include <sys/epoll.h>

namespace levada::inline v0 {

/// Holds  one descriptor; those in it are its user's, and leave it when they are closed.
class descriptor_set {
 public:
  descriptor_set() = default;

  static result<descriptor_set> make() {
    descriptor_set s;
    s.epoll_ = file{::epoll_create1(EPOLL_CLOEXEC)};
    if (!s.epoll_) return os_fault("make", "epoll", errno);
    return s;
  }
  result<> add(int fd) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.fd = fd;
    if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &e) != 0)
      return os_fault("watch", compose<32>("descriptor ", fd).view(), errno);
    return {};
  }

  /// Readable while one in it is.
  [[nodiscard]] int fd() const { return epoll_.fd(); }
  /// False when the time is over. A signal counts as news: whoever woke looks what there is to do.
  [[nodiscard]] bool wait(duration timeout) const {
    pollfd p{fd(), POLLIN, 0};
    const timespec limit = detail::timespec_of(timeout);
    return ::ppoll(&p, 1, &limit, nullptr) != 0;
  }

 private:
  file epoll_;
};

}  // namespace levada::inline v0
