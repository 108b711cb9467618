// SPDX-License-Identifier: BSL-1.0
// config: the version and every macro of the library. No macro changes a layout.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#define LEVADA_VERSION_MAJOR 0
#define LEVADA_VERSION_MINOR 1
#define LEVADA_VERSION_PATCH 0

/// The data path is one loop only if every link of it is inlined; the compilers' own limits give up half way.
#define LEVADA_INLINE __attribute__((always_inline)) inline
/// For a lambda on the data path, after its parameter list.
#define LEVADA_INLINE_LAMBDA __attribute__((always_inline))
/// What runs between spans, or once: kept out of the loop, so that the loop stays small.
#define LEVADA_COLD __attribute__((noinline, cold))

/// For a function that reads what another thread may be writing, and finds out afterwards: no race for the race detector.
#if defined(__clang__)
#define LEVADA_RACES __attribute__((noinline, disable_sanitizer_instrumentation))
#else
#define LEVADA_RACES __attribute__((noinline, no_sanitize("thread")))
#endif

/// Stops the program with file, line and value when the programmer broke a promise.
/// It stays on in release builds: it guards calls, not events.
#define LEVADA_CHECK(condition, value) \
  ((condition) ? void(0) : ::levada::detail::stop_here(#condition, #value, static_cast<long long>(value), __FILE__, __LINE__))

/// Names the members of an event type that reflection cannot look into (one with bases or constructors), for describe():
/// LEVADA_DESCRIBE(plant::reading, time, value), at global scope, with <levada/wire/descriptor.hpp> included. Inherited members
/// are named like any other. It derives from the type in order to see them, so the type must not be final.
#define LEVADA_DESCRIBE(type, ...)                                                                             \
  template <>                                                                                                  \
  struct levada::members_of<type> : type {                                                                     \
    static constexpr const char* levada_names = #__VA_ARGS__;                                                  \
    constexpr decltype(auto) levada_visit(auto&& levada_visitor) const { return levada_visitor(__VA_ARGS__); } \
  }

/// Names a set of kernels, in its namespace: see levada/simd/kernels.hpp. What no object brings is null.
#define LEVADA_KERNEL_SET(set)                                                                \
  [[gnu::weak]] const set* kernels_avx512(const set*) noexcept;                               \
  [[gnu::weak]] const set* kernels_avx2(const set*) noexcept;                                 \
  [[gnu::weak]] const set* kernels_sse4_2(const set*) noexcept;                               \
  [[gnu::weak]] const set* kernels_neon64(const set*) noexcept;                               \
  [[nodiscard]] inline const set* linked_kernels(::levada::isa i, const set* none) noexcept { \
    const set* (*of)(const set*) noexcept = nullptr;                                          \
    switch (i) {                                                                              \
      case ::levada::isa::sse4_2: of = kernels_sse4_2; break;                                 \
      case ::levada::isa::neon64: of = kernels_neon64; break;                                 \
      case ::levada::isa::avx2: of = kernels_avx2; break;                                     \
      case ::levada::isa::avx512: of = kernels_avx512; break;                                 \
      default: break;                                                                         \
    }                                                                                         \
    return of == nullptr ? none : of(none);                                                   \
  }                                                                                           \
  static_assert(true, "a semicolon follows")

/// 1: runners wait with io_uring where they may. Set by the CMake target levada::uring, which links liburing as well.
#if !defined(LEVADA_URING)
#define LEVADA_URING 0
#endif
#if defined(__cpp_exceptions)
#define LEVADA_EXCEPTIONS 1
#else
#define LEVADA_EXCEPTIONS 0
#endif

/// The inline namespace of whatever depends on these two, so that units with and without them may be linked together.
#if LEVADA_URING && LEVADA_EXCEPTIONS
#define LEVADA_LOOP_NAMESPACE uring
#elif LEVADA_URING
#define LEVADA_LOOP_NAMESPACE uring_without_exceptions
#elif LEVADA_EXCEPTIONS
#define LEVADA_LOOP_NAMESPACE epoll
#else
#define LEVADA_LOOP_NAMESPACE epoll_without_exceptions
#endif

namespace levada::inline v0 {
template <class T>
struct members_of;  // what LEVADA_DESCRIBE specialises

namespace detail {
[[noreturn]] LEVADA_COLD inline void stop_here(const char* condition, const char* name, long long value, const char* file,
                                               int line) {
  std::fprintf(stderr, "%s:%d: levada: '%s' does not hold: %s is %lld\n", file, line, condition, name, value);
  std::abort();
}
}  // namespace detail
}  // namespace levada::inline v0
