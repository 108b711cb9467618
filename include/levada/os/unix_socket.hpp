// SPDX-License-Identifier: BSL-1.0
// unix_socket: messages and descriptors between processes of one machine, and who the other one is. The name is one of the
// kernel's ("abstract"): it is there as long as somebody listens, leaves no file, and is known within one network namespace.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace levada::inline v0 {

/// Who is at the other end, as the kernel says: who it was when it connected, or when it began to listen.
struct peer {
  int process = 0;
  unsigned user = 0;
  unsigned group = 0;
};

/// Holds  one descriptor. A message is read whole or not at all (SOCK_SEQPACKET).
class unix_socket {
 public:
  static constexpr std::size_t longest_name = sizeof(sockaddr_un::sun_path) - 2;
  static constexpr std::size_t most_descriptors = 8;  ///< a message

  unix_socket() = default;

  /// One that does not block.
  /// Fails  unavailable: somebody else listens under that name.
  static result<unix_socket> listen(std::string_view name, int backlog = 64) {
    auto s = make(SOCK_NONBLOCK);
    if (!s) return s;
    const address at(name);
    if (::bind(s->fd(), at.data(), at.size()) != 0) return refusal("listen as", name, errno);
    if (::listen(s->fd(), backlog) != 0) return refusal("listen as", name, errno);
    return s;
  }
  /// One that waits for at most `patience`, here and whenever it sends or receives.
  /// Fails  unavailable: nobody listens, or nobody has accepted in time.
  static result<unix_socket> connect(std::string_view name, duration patience) {
    auto s = make(0);
    if (!s) return s;
    const timespec t = detail::timespec_of(patience);
    const timeval limit{t.tv_sec, t.tv_nsec < 1000 && t.tv_sec == 0 ? 1 : t.tv_nsec / 1000};  // zero would wait for ever
    for (const int what : {SO_RCVTIMEO, SO_SNDTIMEO})
      if (::setsockopt(s->fd(), SOL_SOCKET, what, &limit, sizeof limit) != 0) return refusal("connect to", name, errno);
    const address to(name);
    int done = 0;
    do done = ::connect(s->fd(), to.data(), to.size());
    while (done != 0 && errno == EINTR);
    if (done != 0) return refusal("connect to", name, errno);
    return s;
  }
  /// The next one who has connected, without waiting; an empty one if there is none.
  [[nodiscard]] unix_socket accept() const {
    unix_socket s;
    s.file_ = file{::accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    return s;
  }

  [[nodiscard]] peer other_end() const {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(fd(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {0, UINT32_MAX, UINT32_MAX};
    return {who.pid, who.uid, who.gid};
  }
  /// Is the other end in this group, by its first or by one of the others?
  [[nodiscard]] bool other_end_is_in(unsigned group) const {
    if (other_end().group == group) return true;
    gid_t all[512]{};
    socklen_t size = sizeof all;
    if (::getsockopt(fd(), SOL_SOCKET, SO_PEERGROUPS, all, &size) != 0) return false;
    for (std::size_t i = 0; i < size / sizeof all[0]; ++i)
      if (all[i] == group) return true;
    return false;
  }
  /// Has the other end closed, or died?
  [[nodiscard]] bool is_left() const {
    pollfd p{fd(), POLLRDHUP, 0};
    return ::poll(&p, 1, 0) > 0;
  }

  /// One message, with descriptors, of which the receiver gets its own. False if it could not be sent.
  [[nodiscard]] bool send(std::span<const std::byte> bytes, std::span<const int> descriptors = {}) const {
    LEVADA_CHECK(descriptors.size() <= most_descriptors, descriptors.size());
    control room;
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    msghdr m = message(part);
    if (!descriptors.empty()) {
      m.msg_control = room.bytes;
      m.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
      cmsghdr* c = CMSG_FIRSTHDR(&m);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(descriptors.size_bytes());
      std::memcpy(CMSG_DATA(c), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t n = 0;
    do n = ::sendmsg(fd(), &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == static_cast<ssize_t>(bytes.size());
  }
  /// What a receive came to.
  struct received {
    std::size_t bytes = 0;        ///< of the whole message; 0: the other end is gone
    std::size_t descriptors = 0;  ///< that came with it
    bool nothing_yet = false;
  };
  /// One message; what is longer than the room for it is cut off. Descriptors that find no room are closed.
  [[nodiscard]] received receive(std::span<std::byte> bytes, std::span<file> descriptors = {}) const {
    control room;
    iovec part{bytes.data(), bytes.size()};
    msghdr m = message(part);
    m.msg_control = room.bytes;
    m.msg_controllen = sizeof room.bytes;
    ssize_t n = 0;
    do n = ::recvmsg(fd(), &m, MSG_CMSG_CLOEXEC | MSG_TRUNC);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));  // closed with something unread: what it had said is still there
    if (n < 0) return {0, 0, errno == EAGAIN};
    received r{static_cast<std::size_t>(n)};
    for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      for (std::size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
        int one = -1;
        std::memcpy(&one, CMSG_DATA(c) + at, sizeof one);
        file came{one};
        if (r.descriptors < descriptors.size()) descriptors[r.descriptors++] = std::move(came);
      }
    }
    return r;
  }

  [[nodiscard]] int fd() const { return file_.fd(); }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(file_); }

 private:
  struct address {
    explicit address(std::string_view name) : length(name.size()) {
      LEVADA_CHECK(length <= longest_name, length);
      where.sun_family = AF_UNIX;
      std::memcpy(where.sun_path + 1, name.data(), length);  // behind a zero: a name of the kernel's
    }
    [[nodiscard]] const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&where); }
    [[nodiscard]] socklen_t size() const { return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length); }
    sockaddr_un where{};
    std::size_t length;
  };
  struct control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(most_descriptors * sizeof(int))]{};
  };
  static msghdr message(iovec& part) {
    msghdr m{};
    m.msg_iov = &part;
    m.msg_iovlen = 1;
    return m;
  }
  static result<unix_socket> make(int flags) {
    unix_socket s;
    s.file_ = file{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0)};
    if (!s.file_) return os_fault("make", "a unix socket", errno);
    return s;
  }
  static fault refusal(std::string_view what, std::string_view name, int error) {
    fault f = os_fault(what, name, error);
    if (error == EADDRINUSE || error == ECONNREFUSED || error == EAGAIN) f.kind = failure::unavailable;
    return f;
  }

  file file_;
};

/// One descriptor that is readable when one of several sockets is.
class socket_watch {
 public:
  static result<socket_watch> make() {
    socket_watch w;
    w.events_ = file{::epoll_create1(EPOLL_CLOEXEC)};
    if (!w.events_) return os_fault("make", "a watch", errno);
    return w;
  }
  [[nodiscard]] bool add(const unix_socket& s) const {
    epoll_event e{EPOLLIN, {}};
    return ::epoll_ctl(events_.fd(), EPOLL_CTL_ADD, s.fd(), &e) == 0;
  }
  void remove(const unix_socket& s) const { ::epoll_ctl(events_.fd(), EPOLL_CTL_DEL, s.fd(), nullptr); }
  [[nodiscard]] int fd() const { return events_.fd(); }

 private:
  file events_;
};

}  // namespace levada::inline v0
