// SPDX-License-Identifier: BSL-1.0
// reclaim: what a subscriber does with the cache lines of events that it has read. The producer writes them again a lap
// later, and to fetch a line back that two caches share is the dearest step of a ring between cores that lie far apart.
#pragma once

#include <levada/core/time.hpp>
#include <levada/os/cache.hpp>

#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

enum class reclaim_policy : std::uint8_t {
  none,      ///< leaves them: best where both cores are near, or where the traffic is light
  flush,     ///< out of every cache: the producer finds them in nobody's hands. Where several subscribe, for the last one only
  automatic  ///< tries both now and then, and keeps the one that carries the traffic faster
};

namespace detail {

/// Chooses by laps of the ring. What a flush brings shows a lap later, so a trial settles for a lap and times two more, of
/// which the better counts: the worse one may have lost its core.
class reclaimer {
 public:
  reclaimer() = default;
  explicit reclaimer(reclaim_policy p)
      : tries_(p == reclaim_policy::automatic && can_flush_lines()), flushes_(p == reclaim_policy::flush && can_flush_lines()) {}

  [[nodiscard]] bool tries() const { return tries_; }
  [[nodiscard]] bool flushes() const { return flushes_; }

  /// A lap of the ring is over, and it carried so many bytes.
  void lap(duration now, std::uint64_t bytes) {
    const auto took = now - began_;
    began_ = now;
    switch (laps_++) {
      case 1:  // as it was
      case 4:  // the other way
        best_ = took;
        break;
      case 2:
        before_ = shorter(best_, took);
        if (before_.ns > static_cast<std::int64_t>(2 * bytes)) {  // below 0.5 GB/s nobody waits for the ring
          flushes_ = false;
          laps_ = trial;
        } else {
          flushes_ = !flushes_;
        }
        break;
      case trial - 1:
        if (const auto other = shorter(best_, took); other.ns + other.ns / 8 > before_.ns) flushes_ = !flushes_;  // it must pay
        break;
      case period - 1: laps_ = 0; break;
      default: break;
    }
  }

 private:
  static constexpr duration shorter(duration a, duration b) { return a < b ? a : b; }
  static constexpr std::uint32_t trial = 6, period = 48;  // laps

  duration began_{}, best_{}, before_{};
  std::uint32_t laps_ = 0;
  bool tries_ = false, flushes_ = false;
};

}  // namespace detail

}  // namespace levada::inline v0
