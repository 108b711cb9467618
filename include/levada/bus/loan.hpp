// SPDX-License-Identifier: BSL-1.0
// loan: what an event carries in place of a payload that is too large for a ring: an image, a block of sound. The payload lies
// in a pool (connect/pool.hpp), and the loan says where, and which of the contents that the place has had it means.
#pragma once

#include <cstdint>
#include <type_traits>

namespace levada::inline v0 {

/// A member of an event like any other: it is described, copied and printed as its three numbers. To read what it stands for,
/// hold it. One that was made by nobody is empty.
struct loan {
  std::uint32_t block = 0;       ///< of the pool
  std::uint32_t generation = 0;  ///< which of the block's contents; 0: no loan
  std::uint32_t length = 0;      ///< bytes

  [[nodiscard]] constexpr explicit operator bool() const { return generation != 0; }
  friend constexpr bool operator==(const loan&, const loan&) = default;
};
static_assert(sizeof(loan) == 12 && std::is_trivially_copyable_v<loan>);

}  // namespace levada::inline v0
