// SPDX-License-Identifier: BSL-1.0
// lock: as the library's, played by the machine: whoever asks gets it, and those who hold one are alive until the model says so.
#pragma once

#include "../../../machine.hpp"

namespace levada::inline v0 {

struct lock_range {
  long at = 0, length = 0;
};

[[nodiscard]] inline bool try_lock(int, lock_range = {}) { return true; }
[[nodiscard]] inline bool try_share_lock(int, lock_range = {}) { return true; }
[[nodiscard]] inline bool wait_lock(int, lock_range = {}) { return true; }
inline void unlock(int, lock_range = {}) {}
[[nodiscard]] inline bool is_locked(int fd, lock_range = {}) { return machine::is_held(fd); }

}  // namespace levada::inline v0
