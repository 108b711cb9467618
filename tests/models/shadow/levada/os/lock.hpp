// SPDX-License-Identifier: BSL-1.0
// lock: as the library's, played by the machine: whoever asks gets it, and those who hold one are alive until the model says so.
#pragma once

#include "../../../machine.hpp"

namespace levada::inline v0 {

[[nodiscard]] inline bool try_lock(int) { return true; }
[[nodiscard]] inline bool wait_lock(int) { return true; }
[[nodiscard]] inline bool is_locked(int fd) { return machine::is_held(fd); }

}  // namespace levada::inline v0
