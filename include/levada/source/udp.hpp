// SPDX-License-Identifier: BSL-1.0
// udp_source: events from datagrams. Whatever is lost on the way into the flow is counted: by the kernel, or here.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/os/datagrams.hpp>
#include <levada/os/socket.hpp>
#include <levada/os/udp.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  datagrams at an address: events as they lie in memory, or what the decoder makes of the bytes.
/// Emits  their events in the order of arrival, the events of many datagrams in one span; processing time is that of the turn in
///        which they arrived. It never ends.
/// Holds  room for 32 datagrams, and 16 KiB of events.
/// Fails  at open, in words. A datagram that is no whole number of events, is longer than the room for it, or that the decoder
///        refuses, is dropped and counted (malformed); so is one that the kernel had no room for (kernel_drops).
/// Costs  a system call for 32 datagrams; the kernel's work, some 800 ns a datagram, is the larger part by far.
template <class E, class Decoder = packed_events>
class udp_source {
 public:
  using event_type = E;

  explicit udp_source(udp_description<E, Decoder> at) : at_(std::move(at)) {}

  [[nodiscard]] result<> open() {
    auto address = socket_address::parse(at_.address.view());
    if (!address) return address.error();
    socket_ = {};  // before a flow that is run again asks for the same port
    auto bound = udp_socket::bind(*address, at_.options);
    if (!bound) return bound.error();
    socket_ = *std::move(bound);
    room_.resize(batch * datagram_room());
    events_.resize(span_events);
    kernel_drops_ = datagrams_ = malformed_ = events_out_ = 0;
    seen_drops_ = 0;
    return {};
  }

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    polled came = polled::nothing;
    const std::uint64_t enough = events_out_ + budget, most = datagrams_ + budget;  // bad ones bring no events, and take time
    for (std::size_t n = batch; n == batch && events_out_ < enough && datagrams_ < most;) {
      n = reader_.receive(socket_, {room_.begin(), room_.size()});
      if (n > 0) {
        came = polled::events;
        out.advance(out.wall());
      }
      for (std::size_t i = 0; i < n; ++i) split(reader_[i], out);
      hand_on(out);
      if (n < batch) count_kernel_drops(out);
    }
    return came;
  }
  /// Events so far.
  [[nodiscard]] std::uint64_t position() const { return events_out_; }

  /// The socket is readable as long as datagrams wait, so there is nothing to promise.
  [[nodiscard]] int wake_fd() const { return socket_.fd(); }
  [[nodiscard]] bool park() { return true; }
  void unpark(bool) {}
  [[nodiscard]] duration patience() const { return duration{INT64_MAX}; }

  /// The one that it is bound to: of interest when the address asks for port 0. Not before open().
  [[nodiscard]] std::uint16_t port() const { return socket_.local().port(); }
  /// Those that were received, malformed ones included.
  [[nodiscard]] std::uint64_t datagrams() const { return datagrams_; }
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }
  /// Those that arrived and found the kernel's buffer full. datagrams() + kernel_drops() is what reached this socket, where
  /// the kernel does not join them.
  [[nodiscard]] std::uint64_t kernel_drops() const { return kernel_drops_ + (socket_.kernel_drops() - seen_drops_); }

 private:
  static constexpr std::size_t batch = 32;
  static constexpr std::size_t longest = 65'536;
  static constexpr std::size_t span_events = sizeof(E) < 256 ? 16384 / sizeof(E) : 64;

  [[nodiscard]] std::size_t datagram_room() const {
    if (at_.options.coalesce) return longest;
    if (at_.options.datagram_bytes > 0) return at_.options.datagram_bytes;
    return sizeof(E) > 2048 ? sizeof(E) : 2048;
  }
  void split(const datagram& d, auto out) {
    if (d.truncated) {
      ++datagrams_;
      return refuse(out);
    }
    const std::size_t length = d.segment > 0 ? d.segment : d.bytes.size();
    auto rest = d.bytes;
    do {  // an empty datagram is one as well
      const auto one = rest.first(length < rest.size() ? length : rest.size());
      rest = rest.subspan(one.size());
      ++datagrams_;
      take(one, out);
    } while (!rest.empty());
  }
  void take(std::span<const std::byte> bytes, auto out) {
    if constexpr (std::is_same_v<Decoder, packed_events>) {
      if (bytes.empty() || bytes.size() % sizeof(E) != 0) return refuse(out);
      for (; !bytes.empty(); bytes = bytes.subspan(sizeof(E))) {
        std::memcpy(static_cast<void*>(&next(out)), bytes.data(), sizeof(E));
        ++filled_;
      }
    } else {
      auto emit = [&](const E& e) {
        next(out) = e;
        ++filled_;
      };
      if constexpr (std::is_void_v<decltype(at_.decoder(bytes, emit))>)
        at_.decoder(bytes, emit);
      else if (!at_.decoder(bytes, emit))
        refuse(out);
    }
  }
  void refuse(auto out) {
    ++malformed_;
    out.drop();
  }

  E& next(auto out) {
    if (filled_ == span_events) hand_on(out);
    return events_[filled_];
  }
  void hand_on(auto out) {
    if (filled_ == 0) return;
    events_out_ += filled_;
    out(std::span<const E>(events_.begin(), std::exchange(filled_, 0)));
  }
  void count_kernel_drops(auto out) {
    const std::uint32_t all = socket_.kernel_drops();
    if (const std::uint32_t more = all - std::exchange(seen_drops_, all); more > 0) {
      kernel_drops_ += more;
      out.drop(more);
    }
  }

  udp_description<E, Decoder> at_;
  udp_socket socket_;
  datagram_reader<batch> reader_;
  slots<char> room_;
  slots<E> events_;
  std::size_t filled_ = 0;
  std::uint64_t events_out_ = 0;
  std::uint64_t datagrams_ = 0;
  std::uint64_t malformed_ = 0;
  std::uint64_t kernel_drops_ = 0;
  std::uint32_t seen_drops_ = 0;  // the kernel's own count, which begins anew after 2^32
};

template <class E, class Decoder>
[[nodiscard]] udp_source<E, Decoder> as_source(udp_description<E, Decoder> at) {
  return udp_source<E, Decoder>(std::move(at));
}

}  // namespace levada::inline v0
