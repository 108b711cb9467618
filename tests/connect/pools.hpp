// SPDX-License-Identifier: BSL-1.0
// pools: what the tests of pools share: small pools, and payloads that show when they are torn.
#pragma once

#include <levada/connect/detail/pool_segment.hpp>
#include <levada/connect/pool_user.hpp>
#include <levada/core/time.hpp>

#include "../support/scratch_bus.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace lv = levada;
using namespace levada::literals;

inline lv::pool pool_on(const scratch_bus& scratch, std::uint64_t blocks = 4, std::uint64_t block_bytes = 4096) {
  return {scratch.bus(), "images", {.block_bytes = block_bytes, .blocks = blocks}};
}

/// A payload of which every word says whose it is.
inline void fill(std::span<std::byte> bytes, std::uint64_t with) {
  for (std::size_t i = 0; i + sizeof with <= bytes.size(); i += sizeof with) std::memcpy(bytes.data() + i, &with, sizeof with);
}
inline bool is_filled(std::span<const std::byte> bytes, std::uint64_t with) {
  for (std::size_t i = 0; i + sizeof with <= bytes.size(); i += sizeof with)
    if (std::memcmp(bytes.data() + i, &with, sizeof with) != 0) return false;
  return true;
}

/// The pool as its files have it.
struct look {
  lv::detail::pool_segment segment;
  explicit look(const lv::pool& which) : segment(*lv::detail::pool_segment::open_both(which)) {}

  [[nodiscard]] lv::word<std::uint64_t>& owner(std::uint32_t i) const { return segment.view().words[i].owner; }
  [[nodiscard]] std::uint32_t held() const {
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < segment.view().measure.blocks; ++i)
      n += lv::detail::holders_of(owner(i).acquire()) != 0 ? 1u : 0u;
    return n;
  }
};
