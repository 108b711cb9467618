// SPDX-License-Identifier: BSL-1.0
// random: numbers that nobody else draws, and nobody guesses.
#pragma once

#include <levada/core/result.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
#include <cstdint>

#include <sys/random.h>

namespace levada::inline v0 {

/// Costs  a system call.
inline result<std::uint64_t> random_number() {
  std::uint64_t n = 0;
  ssize_t got = 0;
  do got = ::getrandom(&n, sizeof n, 0);
  while (got < 0 && errno == EINTR);
  if (got != sizeof n) return os_fault("draw", "a random number", errno);
  return n;
}

}  // namespace levada::inline v0
