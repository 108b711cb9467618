// SPDX-License-Identifier: BSL-1.0
// udp_sink: events as datagrams, many in each, and many of those with one system call.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/os/datagrams.hpp>
#include <levada/os/socket.hpp>
#include <levada/os/udp.hpp>
#include <levada/state/slots.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  events; sends them as they lie in memory, as many in a datagram as fit into 1400 bytes, which pass most networks whole.
/// Holds  32 datagrams, until they are full or the input runs dry.
/// Fails  at open, in words. What cannot be sent is dropped and counted: a socket that has no room is waited for, for 100 ms;
///        one whose receiver is not there (refused) is no reason to stop, it may come back.
/// Costs  a copy of the event; a system call for 32 datagrams.
template <wire_event E>
class udp_sink {
  static_assert(sizeof(E) <= 65'507, "udp: an event must fit into one datagram, 65507 bytes");

 public:
  using is_sink = void;

  explicit udp_sink(udp_description<E> to) : to_(std::move(to)) {}

  [[nodiscard]] result<> open() {
    if (to_.options.datagram_bytes > longest)
      return fault::of(failure::usage, "udp: a datagram has at most ", longest, " bytes, and ", to_.options.datagram_bytes,
                       " were asked for");
    auto address = socket_address::parse(to_.address.view());
    if (!address) return address.error();
    auto connected = udp_socket::connect(*address);
    if (!connected) return connected.error();
    socket_ = *std::move(connected);
    const std::size_t most = to_.options.datagram_bytes > 0 ? to_.options.datagram_bytes : 1400;
    in_datagram_ = most > sizeof(E) ? most / sizeof(E) : 1;
    room_.resize(batch * in_datagram_ * sizeof(E));
    held_ = 0;
    datagrams_ = refused_ = 0;
    return {};
  }

  LEVADA_INLINE void write(const E& e, auto out) {
    if (held_ == batch * in_datagram_) [[unlikely]]
      send_all(out);
    std::memcpy(room_.begin() + held_++ * sizeof(E), static_cast<const void*>(&e), sizeof(E));
  }
  void on(const flush&, auto out) { send_all(out); }
  void on(const end_of_stream&, auto out) { send_all(out); }

  /// Those that were sent.
  [[nodiscard]] std::uint64_t datagrams() const { return datagrams_; }
  /// How often the other machine said that nobody listens there.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  static constexpr std::size_t batch = 32;
  static constexpr std::size_t longest = 65'527;  // as its length field (RFC 768) can say; version 4 of IP carries 20 fewer
  static constexpr int most_refusals = 3;  // in a row; each tells of a datagram that was sent before
  static constexpr duration patience{100'000'000};

  LEVADA_COLD void send_all(auto out) {
    std::array<std::span<const char>, batch> datagrams;
    std::size_t n = 0;
    for (std::size_t at = 0; at < held_; at += in_datagram_) {
      const std::size_t events = held_ - at < in_datagram_ ? held_ - at : in_datagram_;
      datagrams[n++] = {room_.begin() + at * sizeof(E), events * sizeof(E)};
    }
    held_ = 0;
    std::span<const std::span<const char>> rest(datagrams.data(), n);
    for (int refusals = 0; !rest.empty();) {
      const sent_datagrams sent = send_datagrams<batch>(socket_, rest);
      datagrams_ += sent.count;
      rest = rest.subspan(sent.count);
      if (sent.error == 0) {
        refusals = 0;
      } else if (sent.error == ECONNREFUSED) {
        ++refused_;
        if (++refusals > most_refusals) rest = give_up(rest, 1, out);
      } else if (sent.error == EAGAIN) {
        if (!socket_.wait_for_room(patience)) rest = give_up(rest, rest.size(), out);
      } else {
        rest = give_up(rest, 1, out);
      }
    }
  }
  static std::span<const std::span<const char>> give_up(std::span<const std::span<const char>> rest, std::size_t n, auto out) {
    for (const auto& one : rest.first(n)) out.drop(one.size() / sizeof(E));
    return rest.subspan(n);
  }

  udp_description<E> to_;
  udp_socket socket_;
  slots<char> room_;
  std::size_t in_datagram_ = 1;
  std::size_t held_ = 0;
  std::uint64_t datagrams_ = 0;
  std::uint64_t refused_ = 0;
};

template <wire_event E>
[[nodiscard]] udp_sink<E> as_sink(udp_description<E> to) {
  return udp_sink<E>(std::move(to));
}

}  // namespace levada::inline v0
