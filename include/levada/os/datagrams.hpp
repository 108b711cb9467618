// SPDX-License-Identifier: BSL-1.0
// datagrams: many of them with one system call, in and out.
#pragma once

#include <levada/core/config.hpp>
#include <levada/os/socket.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <sys/socket.h>
#include <sys/uio.h>

namespace levada::inline v0 {

/// One that was received.
struct datagram {
  std::span<const std::byte> bytes{};
  std::size_t segment = 0;  ///< the kernel has joined several, each of this length but the last, which may be shorter
  bool truncated = false;   ///< it was longer than the room for it
};

/// Receives up to Batch datagrams at once into memory of the caller's.
template <std::size_t Batch>
class datagram_reader {
 public:
  /// Takes  room for Batch datagrams of equal length, which lives until the next call.
  /// Emits  the number that was received; 0 when none is there.
  std::size_t receive(const udp_socket& from, std::span<char> room) {
    const std::size_t length = room.size() / Batch;
    for (std::size_t i = 0; i < Batch; ++i) {
      parts_[i] = {room.data() + i * length, length};
      messages_[i] = {};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_control = notes_[i].bytes;
      messages_[i].msg_hdr.msg_controllen = sizeof notes_[i].bytes;
    }
    int n = 0;
    do n = ::recvmmsg(from.fd(), messages_.data(), Batch, MSG_DONTWAIT, nullptr);
    while (n < 0 && errno == EINTR);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  /// Of those that the last call has received.
  [[nodiscard]] datagram operator[](std::size_t i) const {
    const msghdr& head = messages_[i].msg_hdr;
    datagram d{{static_cast<const std::byte*>(parts_[i].iov_base), messages_[i].msg_len}, 0, (head.msg_flags & MSG_TRUNC) != 0};
    if (head.msg_controllen == 0) return d;
    const cmsghdr* note = CMSG_FIRSTHDR(&head);
    if (note != nullptr && note->cmsg_level == SOL_UDP && note->cmsg_type == UDP_GRO) {
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(note), sizeof segment);
      d.segment = static_cast<std::size_t>(segment);
    }
    return d;
  }

 private:
  struct note_room {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
  };
  std::array<mmsghdr, Batch> messages_{};
  std::array<iovec, Batch> parts_{};
  std::array<note_room, Batch> notes_{};
};

/// How sending went: some were sent, or none for this reason.
struct sent_datagrams {
  std::size_t count = 0;
  int error = 0;
};

/// Sends up to Batch datagrams at once, each a span of its own.
template <std::size_t Batch>
sent_datagrams send_datagrams(const udp_socket& to, std::span<const std::span<const char>> datagrams) {
  std::array<mmsghdr, Batch> messages{};
  std::array<iovec, Batch> parts{};
  const std::size_t n = datagrams.size() < Batch ? datagrams.size() : Batch;
  for (std::size_t i = 0; i < n; ++i) {
    parts[i] = {const_cast<char*>(datagrams[i].data()), datagrams[i].size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    const int sent = ::sendmmsg(to.fd(), messages.data(), static_cast<unsigned>(n), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return {static_cast<std::size_t>(sent), 0};
    if (errno != EINTR) return {0, errno};
  }
}

}  // namespace levada::inline v0
