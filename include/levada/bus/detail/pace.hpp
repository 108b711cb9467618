// SPDX-License-Identifier: BSL-1.0
// pace: when a subscriber looks at head, and when it takes notice of what it finds there. Whoever asks for head again and again
// slows down the one that writes it, and two that have fallen into step, each waiting for the other's cache line, stay so.
#pragma once

#include <levada/bus/reclaim.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>

#include <cstdint>
#include <utility>

namespace levada::inline v0::detail {

class pace {
 public:
  pace() = default;
  pace(reclaim_policy policy, std::uint64_t ring_bytes, std::uint64_t position)
      : reclaimer_(policy, ring_bytes), ring_bytes_(ring_bytes), lap_(position) {}

  [[nodiscard]] bool flushes() const { return reclaimer_.flushes(); }

  /// Is this a poll that does not look?
  [[nodiscard]] LEVADA_INLINE bool leaves_head_alone() {
    if (polls_to_let_be_ == 0) [[likely]]
      return false;
    --polls_to_let_be_;
    return true;
  }
  /// So many bytes are unread. Is that too little to take notice of, yet?
  [[nodiscard]] LEVADA_INLINE bool lets_gather(std::uint64_t bytes) {
    if (!reclaimer_.is_dense() && !reclaimer_.lags()) [[likely]]
      return false;
    return reclaimer_.lags() ? lags(bytes) : take_a_bite(bytes);
  }
  /// What a wait finds the next read must find too.
  void hurry() {
    hurries_ = true;
    polls_to_let_be_ = 0;
  }
  /// What is read is told to the publisher, now and then.
  void read_up_to(std::uint64_t position, std::uint64_t capacity) {
    if (reclaimer_.tries() && position - lap_ >= capacity) [[unlikely]] {
      lap_ = position;
      reclaimer_.lap(wall_clock{}.steady(), ring_bytes_);
    }
  }

 private:
  /// After a small bite some polls leave head alone.
  LEVADA_COLD bool take_a_bite(std::uint64_t bytes) {
    constexpr std::uint64_t least = 256, most = 16 * 1024;
    polls_to_let_be_ = bytes >= least && bytes < most ? 8 : 0;
    return false;
  }
  /// Half a ring is worth a look, or what has been there for 20 us.
  LEVADA_COLD bool lags(std::uint64_t bytes) {
    const bool at_once = std::exchange(hurries_, false);
    const auto enough = ring_bytes_ / 2 < reclaimer::far_behind ? ring_bytes_ / 2 : reclaimer::far_behind;
    if (bytes != 0 && bytes < enough && !at_once) {
      const auto now = wall_clock{}.steady();
      if (gathers_until_ == duration{}) gathers_until_ = now + duration{20'000};
      if (now < gathers_until_) {
        polls_to_let_be_ = 16;
        return true;
      }
    }
    gathers_until_ = {};
    return false;
  }

  reclaimer reclaimer_;
  std::uint64_t ring_bytes_ = 0;
  std::uint64_t lap_ = 0;  // where this one began
  std::uint32_t polls_to_let_be_ = 0;
  bool hurries_ = false;      // the next look takes what is there
  duration gathers_until_{};  // steady time
};

}  // namespace levada::inline v0::detail
