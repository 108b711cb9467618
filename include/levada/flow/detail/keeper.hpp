// SPDX-License-Identifier: BSL-1.0
// keeper: what a graph tells whoever keeps its state, and asks it: see flow/checkpoint.hpp.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>

namespace levada::inline v0::detail {

class keeper {
 public:
  /// The graph is open, and no event has come.
  virtual result<> opened() = 0;
  /// A turn is over.
  virtual void turned() = 0;
  /// A source has brought a barrier, and all below it has heard it.
  virtual void heard(std::size_t source, std::uint64_t id) = 0;
  /// Is a source not to be asked now?
  [[nodiscard]] virtual bool holds(std::size_t source) const = 0;
  /// Is the end of a source a stop, after which the flow goes on another day?
  [[nodiscard]] virtual bool suspends(std::size_t source) const = 0;
  /// The flow is to end.
  virtual void finish() = 0;
  /// It has ended, on all threads.
  virtual result<> closed() = 0;
  /// The steady time at which it wants a turn.
  [[nodiscard]] virtual duration wake_at() const = 0;

 protected:
  ~keeper() = default;
};

}  // namespace levada::inline v0::detail
