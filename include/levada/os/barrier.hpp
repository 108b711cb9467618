// SPDX-License-Identifier: BSL-1.0
// barrier: a full memory fence executed on behalf of others. The side that waits rarely pays microseconds, so that the
// side that publishes often pays a plain load.
#pragma once

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace levada::inline v0 {

namespace detail {
inline bool membarrier(int command) { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }
}  // namespace detail

/// Lets barrier_everywhere() of any process reach the threads of this one. False where the kernel or a sandbox says no.
[[nodiscard]] inline bool register_barrier() {
  static const bool registered = detail::membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
  return registered;
}
/// A full fence in this thread and in every running thread of every registered process.
/// Costs  0.5 us, or 10 us when such a thread runs on another core.
[[nodiscard]] inline bool barrier_everywhere() { return detail::membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED); }

}  // namespace levada::inline v0
