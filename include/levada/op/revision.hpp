// SPDX-License-Identifier: BSL-1.0
// revision: what a window emits that says more than once what it holds: early, before it is over, and again, when late events
// come.
#pragma once

#include <levada/core/time.hpp>

#include <cstdint>

namespace levada::inline v0 {

/// When a window in event time says what it holds before it is over.
struct early {
  duration every{};          ///< so often in processing time; zero: not by time
  std::uint64_t events = 0;  ///< and with every so many events of a key in a slide; zero: not by number
};

/// A result of a window, and what it takes the place of: whoever has added up `before` subtracts it again.
template <class Row>
struct revision {
  Row now;
  Row before;                ///< what the same window said last of the same key; means nothing in the first revision
  std::uint32_t number = 0;  ///< of results of this window and key before this one
  bool early = false;        ///< the window is not over

  [[nodiscard]] constexpr bool is_first() const { return number == 0; }
};

}  // namespace levada::inline v0
