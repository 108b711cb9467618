// SPDX-License-Identifier: BSL-1.0
// when_full: what goes where an operator has no room for one more: an event that waits for a partner, a match that has begun.
#pragma once

#include <cstdint>

namespace levada::inline v0 {

/// Either way what goes is counted as dropped.
enum class when_full : std::uint8_t {
  drop_newest,  ///< the one that has just come
  drop_oldest   ///< the one that has waited longest
};

}  // namespace levada::inline v0
