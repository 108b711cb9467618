// SPDX-License-Identifier: BSL-1.0
// udp: the description of events that travel in datagrams: from(udp<E>(address)) receives them, to(udp<E>(address)) sends them.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/text.hpp>
#include <levada/os/socket.hpp>

#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Events as they lie in memory, one behind the other, as many as the datagram has.
struct packed_events {};

/// The words are read when the flow opens, so that a wrong address is a fault there.
template <class E, class Decoder = packed_events>
struct udp_description {
  text<96> address;
  udp_options options;
  [[no_unique_address]] Decoder decoder;
};

/// Takes  "127.0.0.1:9000" or "[::1]:9000".
template <wire_event E>
[[nodiscard]] udp_description<E> udp(std::string_view address, udp_options options = {}) {
  return {address, options, {}};
}
/// Takes  a callable decoder(std::span<const std::byte> datagram, emit), which calls emit(event) for each event in it; what it
///        returns, if anything, says whether it understood the datagram. For receiving only.
template <event E, class Decoder>
  requires(!std::is_convertible_v<Decoder, udp_options>)
[[nodiscard]] udp_description<E, Decoder> udp(std::string_view address, Decoder decoder, udp_options options = {}) {
  return {address, options, std::move(decoder)};
}

}  // namespace levada::inline v0
