// SPDX-License-Identifier: BSL-1.0
// word: an atomic machine word that may lie in memory shared by processes. std::atomic would do the same, but its
// header alone is half of this library's include budget. Never wait on it with std's functions: they know one process.
#pragma once

#include <levada/core/config.hpp>

#include <type_traits>

namespace levada::inline v0 {

/// Each use names its partner: the load that pairs with a store, the store that pairs with a load.
template <class T>
class word {
  static_assert(std::is_integral_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "word: 32 or 64 bits, so that no lock hides in it");

 public:
  word() = default;
  constexpr explicit word(T value) : value_(value) {}
  word(const word&) = delete;
  word& operator=(const word&) = delete;

  [[nodiscard]] LEVADA_INLINE T relaxed() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  [[nodiscard]] LEVADA_INLINE T acquire() const { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  LEVADA_INLINE void relaxed(T v) { __atomic_store_n(&value_, v, __ATOMIC_RELAXED); }
  LEVADA_INLINE void release(T v) { __atomic_store_n(&value_, v, __ATOMIC_RELEASE); }

  LEVADA_INLINE T fetch_add(T v) { return __atomic_fetch_add(&value_, v, __ATOMIC_SEQ_CST); }
  LEVADA_INLINE T fetch_or(T v) { return __atomic_fetch_or(&value_, v, __ATOMIC_SEQ_CST); }
  LEVADA_INLINE T fetch_and(T v) { return __atomic_fetch_and(&value_, v, __ATOMIC_SEQ_CST); }
  LEVADA_INLINE T exchange(T v) { return __atomic_exchange_n(&value_, v, __ATOMIC_SEQ_CST); }
  /// Stores `wanted` if `expected` is still there; otherwise says in `expected` what is.
  [[nodiscard]] LEVADA_INLINE bool compare_exchange(T& expected, T wanted) {
    return __atomic_compare_exchange_n(&value_, &expected, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  }

 private:
  T value_{};
};

/// Whoever acquires anything that this thread writes behind it, plainly or not, sees all that was written in front of it.
LEVADA_INLINE void release_fence() { __atomic_thread_fence(__ATOMIC_RELEASE); }

}  // namespace levada::inline v0
