// SPDX-License-Identifier: BSL-1.0
// cache: what a program may tell the caches: to drop a line, or to fetch one for writing before it is needed.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace levada::inline v0 {

inline constexpr std::size_t cache_line = 64;

/// Does this processor have an instruction for flush_lines (x86: CLFLUSHOPT)?
[[nodiscard]] inline bool can_flush_lines() {
#if defined(__x86_64__)
  static const bool can = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 23 & 1u) != 0;
  }();
  return can;
#else
  return false;
#endif
}

/// Takes  lines from `from` up to `to`, both on a line's border. They leave every cache of the machine, and what was changed goes
///        to memory. Reading is enough of a right to them. Does nothing where can_flush_lines() is false.
/// Costs  some 2 ns a line while memory keeps up; they are not ordered with each other.
inline void flush_lines(const std::byte* from, const std::byte* to) {
#if defined(__x86_64__)
  if (!can_flush_lines()) return;
  for (; from != to; from += cache_line) asm volatile("clflushopt %0" : : "m"(*from));
#else
  static_cast<void>(from), static_cast<void>(to);
#endif
}

/// A line that will be written soon: the core asks for it now. Any address will do.
LEVADA_INLINE void prefetch_to_write(const void* at) {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(at)));  // the builtin asks only to read, for want of a flag
#else
  __builtin_prefetch(at, 1);
#endif
}

/// Copies past the caches: the lines of `to` go to memory without being fetched, in no order. `to` and `bytes` are multiples of
/// 16. Where the processor has no such stores it is a plain copy.
/// Costs  a third of a plain copy where another core has the lines; more where this core reads them soon.
LEVADA_INLINE void stream_copy(std::byte* to, const std::byte* from, std::size_t bytes) {
#if defined(__x86_64__)
  using sixteen = long long __attribute__((vector_size(16), may_alias));
  for (std::size_t i = 0; i < bytes; i += sizeof(sixteen)) {
    sixteen v;
    __builtin_memcpy(&v, from + i, sizeof v);
    asm("movntdq %1, %0" : "=m"(*reinterpret_cast<sixteen*>(to + i)) : "x"(v));
  }
#else
  __builtin_memcpy(to, from, bytes);
#endif
}
/// What was copied so comes before every store behind this.
LEVADA_INLINE void stream_fence() {
#if defined(__x86_64__)
  asm volatile("sfence" : : : "memory");
#endif
}

/// A moment in a loop that waits for another core.
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace levada::inline v0
