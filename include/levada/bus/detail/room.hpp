// SPDX-License-Identifier: BSL-1.0
// room: how far the producer may write, and what stays readable for those who come later.
//
// `reserve` is the first sequence that the producer may not yet write; it is stored before anything below it is
// written, so every event from reserve - capacity on is still there. It moves in steps of an eighth of the capacity
// ahead of the head, and never past the live cursors: 7/8 of the capacity stay for late and returning subscribers.
//
// A subscriber joins while the producer advances. They meet at `gate`, a word that both change by a read-modify-write:
//   producer:   store reserve;  gate;  read the cursors
//   subscriber: store cursor;   gate;  read reserve
// The two changes of one word have an order, and the later one sees what the earlier one's thread stored before. So
// either the producer sees the new cursor and does not write past it, or the subscriber sees the new reserve and moves
// its cursor up to reserve - capacity. Both may happen; both are safe. No fence and no membarrier is needed, because
// neither is on a fast path. A limit that was once granted stays granted: whoever joins later has seen its reserve.
//
// Only death frees the producer of a cursor. It is looked at when the cursor is in the way, by the lock of its file, and
// remembered by incarnation: a namesake that returns takes the lock first and then a new incarnation, and counts again.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/lock.hpp>

#include <cstddef>
#include <cstdint>

namespace levada::inline v0::detail {

class room {
 public:
  std::uint64_t limit = 0;       ///< events below it may be written
  std::uint64_t lane_limit = 0;  ///< records below it may be written

  room() = default;
  room(const ring_view& ring, const topic_files& files, std::uint64_t position, std::uint64_t lane)
      : limit(position), lane_limit(lane), ring_(ring), files_(files) {}

  [[nodiscard]] std::uint64_t slice() const { return ring_.measure.capacity / 8; }
  /// A commit and a signal must always fit behind a claim, and a signal behind those.
  static constexpr std::uint64_t records_a_claim = 3;

  /// Moves the limits as far as the cursors and a slice ahead of the head allow.
  LEVADA_COLD void extend(std::uint64_t position, std::uint64_t lane) {
    advance(position, lane);
    if (limit <= position || lane_limit < lane + records_a_claim)
      if (look_for_dead(position, lane)) advance(position, lane);
  }

  /// Have the cursors moved out of the way? Says nothing of those who died.
  [[nodiscard]] bool is_open(std::uint64_t position, std::uint64_t lane) const {
    auto seen = scan(position, lane);
    return seen.events > position && seen.records >= lane + records_a_claim;
  }

  /// The subscriber that was last in the way, or most_subscribers.
  [[nodiscard]] std::size_t blocker() const { return blocker_; }

  [[nodiscard]] bool is_alive(std::size_t i) const {
    return state_of(i) != cursor_state::free && is_locked(ring_.cursor_files[i]);
  }
  [[nodiscard]] cursor_state state_of(std::size_t i) const {
    return static_cast<cursor_state>(ring_.cursor(i).state.acquire());  // pairs with the release in attach
  }

 private:
  struct bounds {
    std::uint64_t events;
    std::uint64_t records;
  };

  void advance(std::uint64_t position, std::uint64_t lane) {
    auto& control = *ring_.control;
    auto seen = scan(position, lane);
    bounds kept{control.reserve.relaxed(), control.lane_reserve.relaxed()};  // nobody else writes them
    bounds wanted{further(limit, nearer(seen.events, position + slice())),
                  further(lane_limit, nearer(seen.records, lane + ring_.measure.lane_capacity / 8))};
    control.reserve.release(further(kept.events, wanted.events));  // pairs with the acquire in attach
    control.lane_reserve.release(further(kept.records, wanted.records));
    ring_.doors->gate.fetch_or(0);  // pairs with the fetch_or in attach
    seen = scan(position, lane);
    limit = further(limit, nearer(seen.events, wanted.events));
    lane_limit = further(lane_limit, nearer(seen.records, wanted.records));
    // Somebody joined meanwhile: what will not be written is not given up either.
    control.reserve.release(further(kept.events, limit));
    control.lane_reserve.release(further(kept.records, lane_limit));
  }

  /// The first sequences that the cursors keep from being written. A cursor ahead of the producer is nonsense and counts as
  /// one that has read everything.
  [[nodiscard]] bounds scan(std::uint64_t position, std::uint64_t lane) const {
    bounds b{UINT64_MAX, UINT64_MAX};
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (!counts(i)) continue;
      const auto& c = ring_.cursor(i);
      b.events = nearer(b.events, nearer(c.position.acquire(), position) + ring_.measure.capacity);  // pairs with the
      b.records = nearer(b.records, nearer(c.lane.acquire(), lane) + ring_.measure.lane_capacity);   // subscriber's publish
    }
    return b;
  }
  [[nodiscard]] bool counts(std::size_t i) const {
    if (state_of(i) == cursor_state::free) return false;
    return ring_.cursor(i).incarnation.acquire() != dead_[i];  // pairs with the release in attach
  }

  /// Are those who are in the way alive? At most once a millisecond, so that a producer that polls makes no system calls.
  bool look_for_dead(std::uint64_t position, std::uint64_t lane) {
    auto now = wall_clock{}.steady();
    if (now - looked_ < duration{1'000'000}) return false;
    looked_ = now;
    bool found = false;
    blocker_ = most_subscribers;
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (!counts(i)) continue;
      const auto& c = ring_.cursor(i);
      bool events = nearer(c.position.acquire(), position) + ring_.measure.capacity <= position;
      bool records = nearer(c.lane.acquire(), lane) + ring_.measure.lane_capacity < lane + records_a_claim;
      if (!events && !records) continue;
      auto incarnation = c.incarnation.acquire();  // before the lock: a new owner has the lock before it has a number
      if (is_locked(ring_.cursor_files[i])) {
        blocker_ = i;
      } else {
        dead_[i] = incarnation;
        [[maybe_unused]] auto last = c.position.acquire();  // one that left in order stored it last: its reads are over
        found = true;
      }
    }
    return found;
  }

  static constexpr std::uint64_t nearer(std::uint64_t a, std::uint64_t b) { return a < b ? a : b; }
  static constexpr std::uint64_t further(std::uint64_t a, std::uint64_t b) { return a < b ? b : a; }

  ring_view ring_;
  topic_files files_;
  std::uint32_t dead_[most_subscribers]{};  // incarnations; 0 is nobody's
  duration looked_{INT64_MIN / 2};
  std::size_t blocker_ = most_subscribers;
};

}  // namespace levada::inline v0::detail
