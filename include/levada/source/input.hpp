// SPDX-License-Identifier: BSL-1.0
// input: a source that is fed by hand, with flow.push<"name">(events): for tests and for flows inside other programs.
#pragma once

#include <levada/core/concepts.hpp>

#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// Emits  what is pushed; polling it brings nothing.
/// Holds  nothing.
template <event E>
struct input {
  using event_type = E;

  [[nodiscard]] polled poll(auto, std::size_t) { return polled::nothing; }
  [[nodiscard]] std::uint64_t position() const { return 0; }
};

}  // namespace levada::inline v0
