// SPDX-License-Identifier: BSL-1.0
// socket: addresses in words, and a UDP socket that never blocks.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

namespace levada::inline v0 {

/// An Internet address with its port: "127.0.0.1:9000", "[::1]:9000".
class socket_address {
 public:
  socket_address() = default;

  /// Takes  numbers only: a name that must be looked up would make the start depend on a server. Port 0 asks for a free one.
  /// Fails  usage: with the words, and what they should be.
  static result<socket_address> parse(std::string_view words) {
    const fault no = fault::of(failure::usage, "'", words, "' is no address: write it like 127.0.0.1:9000 or [::1]:9000");
    const std::size_t colon = words.rfind(':');
    if (colon == words.npos) return no;
    std::string_view host = words.substr(0, colon), port_words = words.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(port_words.data(), port_words.data() + port_words.size(), port);
    if (error != std::errc() || end != port_words.data() + port_words.size()) return no;

    const bool six = host.starts_with('[') && host.ends_with(']');
    if (six) host = host.substr(1, host.size() - 2);
    const text<64> terminated = host;
    if (terminated.view() != host) return no;
    socket_address a;
    if (six) {
      a.v6_.sin6_family = AF_INET6;
      a.v6_.sin6_port = htons(port);
      if (::inet_pton(AF_INET6, terminated.c_str(), &a.v6_.sin6_addr) != 1) return no;
    } else {
      a.v4_ = {};
      a.v4_.sin_family = AF_INET;
      a.v4_.sin_port = htons(port);
      if (::inet_pton(AF_INET, terminated.c_str(), &a.v4_.sin_addr) != 1) return no;
    }
    return a;
  }

  [[nodiscard]] bool is_v6() const { return any_.sa_family == AF_INET6; }
  [[nodiscard]] std::uint16_t port() const { return ntohs(is_v6() ? v6_.sin6_port : v4_.sin_port); }
  /// What parse() takes.
  [[nodiscard]] text<64> to_text() const {
    char host[INET6_ADDRSTRLEN]{};
    if (is_v6()) {
      ::inet_ntop(AF_INET6, &v6_.sin6_addr, host, sizeof host);
      return compose<64>("[", static_cast<const char*>(host), "]:", port());
    }
    ::inet_ntop(AF_INET, &v4_.sin_addr, host, sizeof host);
    return compose<64>(static_cast<const char*>(host), ":", port());
  }

  [[nodiscard]] const sockaddr* data() const { return &any_; }
  [[nodiscard]] socklen_t size() const { return is_v6() ? sizeof v6_ : sizeof v4_; }

 private:
  friend class udp_socket;
  union {
    sockaddr any_;
    sockaddr_in v4_;
    sockaddr_in6 v6_{};
  };
};

struct udp_options {
  /// Bytes that the kernel keeps for a receiver that is late, as far as net.core.rmem_max lets it; 0: what the system gives.
  std::size_t receive_buffer = 0;
  /// Several sockets share the address, and the kernel shares the senders out among them.
  bool reuse_port = false;
  /// The kernel joins datagrams of one sender that came together (UDP_GRO), and they are received as one. It pays where the
  /// sender uses segmentation offload, by a factor of ten and more; elsewhere it only takes memory, 64 KiB for each of 32.
  bool coalesce = false;
  /// The longest datagram: longer ones are not received, and not sent unless one event is longer. 0: 2048 and 1400.
  std::size_t datagram_bytes = 0;
};

/// Holds  one descriptor that does not block.
/// Fails  in words: with the address.
class udp_socket {
 public:
  udp_socket() = default;

  /// One that receives at the address.
  static result<udp_socket> bind(const socket_address& at, const udp_options& options = {}) {
    auto s = make(at);
    if (!s) return s;
    const int buffer = options.receive_buffer < INT32_MAX ? static_cast<int>(options.receive_buffer) : INT32_MAX;
    if (options.receive_buffer > 0) s->set(SOL_SOCKET, SO_RCVBUF, buffer);
    if (options.reuse_port && !s->set(SOL_SOCKET, SO_REUSEPORT, 1)) return os_fault("share", at.to_text().view(), errno);
    if (options.coalesce && !s->set(SOL_UDP, UDP_GRO, 1)) return os_fault("join datagrams at", at.to_text().view(), errno);
    if (::bind(s->fd(), at.data(), at.size()) != 0) return refusal("receive at", at, errno);
    return s;
  }
  /// One that sends to the address, and hears of it when nobody listens there.
  static result<udp_socket> connect(const socket_address& to) {
    auto s = make(to);
    if (!s) return s;
    if (::connect(s->fd(), to.data(), to.size()) != 0) return refusal("send to", to, errno);
    return s;
  }

  [[nodiscard]] int fd() const { return file_.fd(); }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(file_); }
  /// Where it is bound: the port that the kernel chose.
  [[nodiscard]] socket_address local() const {
    socket_address a;
    socklen_t size = sizeof a.v6_;
    ::getsockname(fd(), &a.any_, &size);
    return a;
  }
  /// Datagrams that came, but found no room in the buffer or were broken: since it was made, modulo 2^32.
  /// Costs  a system call. SO_RXQ_OVFL would tell the same number only with the next datagram that finds room.
  [[nodiscard]] std::uint32_t kernel_drops() const {
    std::uint32_t counts[SK_MEMINFO_VARS]{};
    socklen_t size = sizeof counts;
    ::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, counts, &size);
    return counts[SK_MEMINFO_DROPS];
  }
  /// For room to send. False when the time is over.
  [[nodiscard]] bool wait_for_room(duration timeout) const {
    pollfd p{fd(), POLLOUT, 0};
    const wall_clock clock;
    const duration end = clock.steady() + timeout;
    for (;;) {
      const timespec limit = detail::timespec_of(end - clock.steady());
      const int ready = ::ppoll(&p, 1, &limit, nullptr);
      if (ready >= 0 || errno != EINTR) return ready > 0;  // a signal is no reason to give up what can still be sent
    }
  }

 private:
  static result<udp_socket> make(const socket_address& for_address) {
    udp_socket s;
    s.file_ = file{::socket(for_address.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!s.file_) return refusal("make a socket for", for_address, errno);
    return s;
  }
  static fault refusal(std::string_view what, const socket_address& address, int error) {
    fault f = os_fault(what, address.to_text().view(), error);
    if (error == EADDRINUSE || error == EADDRNOTAVAIL) f.kind = failure::unavailable;
    return f;
  }
  bool set(int level, int option, int value) const { return ::setsockopt(fd(), level, option, &value, sizeof value) == 0; }

  file file_;
};

}  // namespace levada::inline v0
