// SPDX-License-Identifier: BSL-1.0
// barrier: as the library's, played by the machine.
#pragma once

#include "../../../machine.hpp"

namespace levada::inline v0 {

[[nodiscard]] inline bool register_barrier() { return machine::can_register(); }
[[nodiscard]] inline bool barrier_everywhere() { return machine::barrier_everywhere(); }

}  // namespace levada::inline v0
