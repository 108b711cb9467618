// SPDX-License-Identifier: BSL-1.0
// hash: 64 well-mixed bits of some bytes. The same on every machine and in every release, because what is divided by it lies in
// shared memory and on disks: partitions of a topic, groups of keys.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace levada::inline v0 {

namespace detail {
__extension__ typedef unsigned __int128 wide;  // NOLINT: the extension mark works on a typedef only
}

/// Words of 8 bytes, little-endian, the last one filled up with zeros: hash = both halves of (hash ^ word) * odd, one on the
/// other. Both are used, because some take the high bits of a hash and others the low ones; from the same end, what the first
/// have put together would crowd together for the others.
LEVADA_INLINE std::uint64_t hash_of_bytes(const void* bytes, std::size_t size) {
  constexpr std::uint64_t seed = 0x9E3779B97F4A7C15u;
  constexpr std::uint64_t odd = 0xD6E8FEB86659FD93u;
  std::uint64_t hash = seed;
  for (std::size_t at = 0; at < size; at += 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, static_cast<const char*>(bytes) + at, size - at < 8 ? size - at : 8);
    const auto product = static_cast<detail::wide>(hash ^ part) * odd;
    hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  return hash;
}

/// One of n parts, by the high bits of a hash.
constexpr std::uint32_t part_of(std::uint64_t hash, std::uint32_t n) {
  return static_cast<std::uint32_t>(static_cast<detail::wide>(hash) * n >> 64);
}

}  // namespace levada::inline v0
