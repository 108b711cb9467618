// SPDX-License-Identifier: BSL-1.0
// kernels: functions that exist once for each instruction set, in objects of their own, and are chosen when the program runs.
//
// A *set* is a struct of function pointers, with a static member `baseline` that holds plain C++ twins. Its header names it once,
// by LEVADA_KERNEL_SET(set), in its namespace. A *unit* is a source file that CMake's levada_add_kernels(target FILE...) compiles
// once per instruction set, and that defines the set for the one at hand:
//
//   #include <levada/simd/unit.hpp>                       // names LEVADA_KERNELS, unit_isa and, by xsimd, its registers
//   static constexpr energy_kernels set{...};
//   const energy_kernels* plant::LEVADA_KERNELS(const energy_kernels*) noexcept { return &set; }
//
// kernels<energy_kernels>() is the best of those that were linked and run here, and `baseline` where none was: no macro, so units
// of a program cannot disagree. Only units know xsimd; a header that calls kernels costs nothing to include.
#pragma once

#include <levada/core/config.hpp>
#include <levada/simd/isa.hpp>

#include <cstddef>

namespace levada::inline v0 {

/// The set of one instruction set, if it was linked and the processor can run it; else null.
template <class Set>
[[nodiscard]] const Set* kernels_for(isa i) noexcept {
  if (i == isa::baseline) return &Set::baseline;
  return runs_here(i) ? linked_kernels(i, static_cast<const Set*>(nullptr)) : nullptr;
}

/// Costs  a load and a test that is foreseen; the first call asks the processor.
template <class Set>
[[nodiscard]] const Set& kernels() noexcept {
  static const Set* const chosen = [] {
    const Set* best = &Set::baseline;
    for (const isa i : isas)
      if (const Set* better = i <= greatest_isa() ? kernels_for<Set>(i) : nullptr) best = better;
    return best;
  }();
  return *chosen;
}

}  // namespace levada::inline v0
