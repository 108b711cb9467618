// SPDX-License-Identifier: BSL-1.0
// handover: what the two ends of a sealed topic say to each other before the subscriber has its descriptors: one message there,
// one back. Both are read once, and nothing in them is believed before it was looked at.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/unix_socket.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0::detail {

inline constexpr std::uint64_t handover_magic = 0x7265'766F'646E'6168;  // "handover"
inline constexpr std::uint32_t handover_version = 1;

/// "levada-1000/plant/press": the topic of a user has this name among the kernel's sockets.
inline text<108> door_name(unsigned user, std::string_view topic) { return compose<108>("levada-", user, '/', topic); }
static_assert(sizeof("levada-4294967295/") - 1 + sizeof(text<88>) - 1 <= unix_socket::longest_name);

/// From the subscriber.
struct knock {
  std::uint64_t magic = handover_magic;
  std::uint32_t version = handover_version;
  std::uint32_t overflow = 0;  ///< an overflow_policy that it would like
  std::int64_t lease = 0;      ///< nanoseconds
  subscriber_name name{};
};
static_assert(sizeof(knock) == 72 && std::is_trivially_copyable_v<knock>);

/// From the publisher, with descriptors in the order of `handed`, or with a sentence that says why not.
struct answer {
  std::uint64_t magic = handover_magic;
  std::uint32_t version = handover_version;
  std::uint32_t refusal = 0;  ///< a failure; 0: come in
  std::uint32_t place = 0;
  std::uint32_t resumed = 0;
  std::uint32_t overflow = 0;  ///< what was granted
  std::uint32_t reserved = 0;
  std::int64_t lease = 0;
  std::uint64_t incarnation = 0;  ///< of the topic
  text<376> sentence{};
};
static_assert(sizeof(answer) == 424 && std::is_trivially_copyable_v<answer>);

namespace handed {
enum : std::size_t { ring, doors, cursor, bell, producer_bell, producer, count };
}
static_assert(handed::count <= unix_socket::most_descriptors);

/// Text that came from elsewhere may lack its end.
template <std::size_t N>
void end_text(text<N>& t) {
  t.bytes[N - 1] = '\0';
}

}  // namespace levada::inline v0::detail
