// SPDX-License-Identifier: BSL-1.0
// reclaim: what becomes of the cache lines of a ring. The producer writes them again a lap after a subscriber has read them, and
// to fetch a line back that two caches share is the dearest step of a ring between two cores. The subscriber can do something
// about it, or the producer.
#pragma once

#include <levada/core/time.hpp>
#include <levada/os/cache.hpp>

#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

/// What a subscriber does with lines that it has read.
enum class reclaim_policy : std::uint8_t {
  none,       ///< leaves them: best where both cores are near, or where the traffic is light
  flush,      ///< out of every cache: the producer finds them in nobody's hands. Where several subscribe, for the last one only
  lag,        ///< reads what has left the producer's own cache: it stays behind by half the ring, 2 MiB at most, or by 20 us. For
              ///< rings of 4 MiB; small ones gain nothing
  automatic,  ///< tries the others now and then, and keeps the one that carries the traffic faster
};

/// How a producer writes events that it copies into a ring.
enum class store_policy : std::uint8_t {
  cached,    ///< its cache fetches each line: best for the latency, and where subscribers flush or lag
  streaming  ///< past its caches, without fetching lines: for batches of 4 KiB and more that several subscribers read, or where
             ///< the processor cannot flush. Only events whose size is a multiple of 16 bytes; others are written as ever
};

namespace detail {

/// Chooses by laps of the ring. What another way brings shows a lap later, so a trial settles for a lap and times two more, of
/// which the better counts: the worse one may have lost its core.
class reclaimer {
 public:
  /// How far behind it pays to be: more than a core's own cache holds.
  static constexpr std::uint64_t far_behind = std::uint64_t{2} << 20;

  reclaimer() = default;
  reclaimer(reclaim_policy p, std::uint64_t ring_bytes)
      : can_flush_(can_flush_lines()),
        can_lag_(ring_bytes >= 2 * far_behind),
        tries_(p == reclaim_policy::automatic && (can_flush_ || can_lag_)) {
    untried_ = (can_flush_ ? 1u : 0u) + (can_lag_ ? 1u : 0u);
    if (p == reclaim_policy::flush && can_flush_) way_ = way::flush;
    if (p == reclaim_policy::lag) way_ = way::lag;
  }

  [[nodiscard]] bool tries() const { return tries_; }
  [[nodiscard]] bool flushes() const { return way_ == way::flush; }
  [[nodiscard]] bool lags() const { return way_ == way::lag; }
  /// Did the last lap carry so much that somebody waits for the ring? Only asked of one that tries.
  [[nodiscard]] bool is_dense() const { return dense_; }

  /// A lap of the ring is over, and it carried so many bytes.
  void lap(duration now, std::uint64_t bytes) {
    const auto took = now - began_;
    began_ = now;
    dense_ = took.ns <= static_cast<std::int64_t>(2 * bytes);  // 0.5 GB/s
    switch (laps_++) {
      case 1:  // as it was
      case 4:  // the other way
        best_ = took;
        break;
      case 2:
        before_ = shorter(best_, took);
        kept_ = way_;
        if (!dense_) {
          way_ = way::none;
          laps_ = trial;
        } else {
          way_ = candidate();
        }
        break;
      case trial - 1:
        if (const auto other = shorter(best_, took); other.ns + other.ns / 8 > before_.ns) way_ = kept_;  // it must pay
        if (untried_ > 0 && --untried_ > 0) laps_ = 0;
        break;
      case period - 1: laps_ = 0; break;
      default: break;
    }
  }

  static constexpr std::uint32_t trial = 6, period = 240;  // laps: a way that is five times as slow costs 5 % in all

 private:
  enum class way : std::uint8_t { none, flush, lag };

  static constexpr duration shorter(duration a, duration b) { return a < b ? a : b; }

  /// Another way than the one that is kept: each in its turn.
  [[nodiscard]] way candidate() {
    do next_ = next_ == way::lag ? way::none : static_cast<way>(static_cast<int>(next_) + 1);
    while (next_ == kept_ || (next_ == way::flush && !can_flush_) || (next_ == way::lag && !can_lag_));
    return next_;
  }

  duration began_{}, best_{}, before_{};
  std::uint32_t laps_ = 0, untried_ = 0;  // the first trials follow one another
  bool can_flush_ = false, can_lag_ = false, tries_ = false, dense_ = false;
  way way_ = way::none, kept_ = way::none, next_ = way::none;
};

}  // namespace detail

}  // namespace levada::inline v0
