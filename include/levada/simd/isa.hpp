// SPDX-License-Identifier: BSL-1.0
// isa: the instruction sets that kernels are compiled for, and which of them this processor has.
#pragma once

#include <levada/core/config.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace levada::inline v0 {

/// In the order of preference. `baseline` is whatever the program itself was compiled for: plain C++, always there.
enum class isa : std::uint8_t { baseline, sse4_2, neon64, avx2, avx512 };
inline constexpr isa isas[] = {isa::baseline, isa::sse4_2, isa::neon64, isa::avx2, isa::avx512};

[[nodiscard]] constexpr std::string_view name_of(isa i) {
  switch (i) {
    case isa::sse4_2: return "sse4_2";
    case isa::neon64: return "neon64";
    case isa::avx2: return "avx2";
    case isa::avx512: return "avx512";
    default: return "baseline";
  }
}

/// Whether this processor, and the operating system for its registers, can run what levada_add_kernels compiles for `i`: each
/// feature that those flags imply is asked for.
[[nodiscard]] inline bool runs_here(isa i) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  switch (i) {
    case isa::baseline: return true;
    case isa::sse4_2: return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    case isa::avx2: return avx2;
    case isa::avx512:
      return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512vbmi");
    default: return false;
  }
#elif defined(__aarch64__)
  return i == isa::baseline || i == isa::neon64;  // part of the architecture
#else
  return i == isa::baseline;
#endif
}

/// The environment variable LEVADA_ISA may ask for less than there is: LEVADA_ISA=avx2, for tests and for comparisons. A word
/// that names none is said on standard error, and asks for nothing.
[[nodiscard]] inline isa greatest_isa() {
  const char* wish = std::getenv("LEVADA_ISA");
  if (wish == nullptr || *wish == '\0') return isa::avx512;
  for (const isa i : isas)
    if (name_of(i) == wish) return i;
  std::fprintf(stderr, "levada: LEVADA_ISA is '%s'; it may be baseline, sse4_2, avx2, avx512 or neon64\n", wish);
  return isa::avx512;
}

}  // namespace levada::inline v0
