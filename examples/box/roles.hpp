// SPDX-License-Identifier: BSL-1.0
// roles: what a process of the box can be.
#pragma once

#include "options.hpp"

#include <levada/core/result.hpp>

namespace box {

/// Samples this machine and publishes. Ends after the time it was given, or when it is stopped.
levada::result<> run_probe(const options& o);

/// Judges what a probe publishes. With part::both it starts the probe as a process of its own first, and stops it last.
levada::result<> run_guard(const options& o);

/// Judges a file.
levada::result<> run_replay(const options& o);

/// Keeps all processors busy for the time it was given.
levada::result<> run_burner(const options& o);

}  // namespace box
