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
// A cursor with the policy `overwrite` is in nobody's way: such a subscriber copies, and then asks `reserve` whether what it has
// copied was still there. One with `evict` counts until it has stood in the way for longer than its lease without a step; then
// the producer writes its incarnation into `evicted` and goes on. It copies as well, because it may be reading right then.
//
// Only death frees the producer of any other cursor. It is looked at when the cursor is in the way, by the lock of its file, and
// remembered by incarnation: a namesake that returns takes the lock first and then a new incarnation, and counts again.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/lock.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0::detail {

class room {
 public:
  std::uint64_t limit = 0;       ///< events below it may be written
  std::uint64_t lane_limit = 0;  ///< records below it may be written

  room() = default;
  room(const ring_view& ring, std::uint64_t position, std::uint64_t lane) : limit(position), lane_limit(lane), ring_(ring) {}

  [[nodiscard]] std::uint64_t slice() const { return ring_.measure.capacity / 8; }
  /// A commit and a signal must always fit behind a claim, and a signal behind those.
  static constexpr std::uint64_t records_a_claim = 3;

  /// Moves the limits as far as the cursors and a slice ahead of the head allow.
  LEVADA_COLD void extend(std::uint64_t position, std::uint64_t lane) {
    advance(position, lane);
    if (limit <= position || lane_limit < lane + records_a_claim)
      if (look_for_gone(position, lane, ring_.measure.capacity)) advance(position, lane);
  }

  /// Have the cursors moved out of the way? Says nothing of those who died.
  [[nodiscard]] bool is_open(std::uint64_t position, std::uint64_t lane) const {
    auto seen = scan(position, lane);
    return seen.events > position && seen.records >= lane + records_a_claim;
  }

  /// The sequence below which every cursor that counts has released all. Who is not seen has joined later, and sees the head that
  /// was stored before: they meet at the gate, as in advance.
  [[nodiscard]] std::uint64_t released(std::uint64_t position, std::uint64_t lane) const {
    ring_.doors->gate.fetch_or(0);  // pairs with the fetch_or in attach
    const auto seen = scan(position, lane).events;
    return seen == UINT64_MAX ? position : seen - ring_.measure.capacity;
  }
  /// As released, but somebody waits for this event to be released: who has not done so is in the way, and is looked at.
  LEVADA_COLD std::uint64_t released(std::uint64_t position, std::uint64_t lane, std::uint64_t wanted) {
    const auto seen = released(position, lane);
    if (seen > wanted || wanted >= position || !look_for_gone(position, lane, position - wanted)) return seen;
    return released(position, lane);
  }

  /// Takes the places of those who were evicted since the last call; bit i is subscriber i. They are to be rung.
  [[nodiscard]] std::uint32_t take_evicted() { return std::exchange(evicted_now_, 0); }
  [[nodiscard]] std::uint64_t evictions() const { return evictions_; }
  /// How long a wait for room may last before somebody has to be looked at again.
  [[nodiscard]] duration next_look() const { return waits_for_lease_ ? look_every : duration{5'000'000}; }

  /// Whoever has slept looks at once, however short that was.
  void look_at_once() { looked_ = long_before; }

  /// The subscriber that was last in the way, or most_subscribers.
  [[nodiscard]] std::size_t blocker() const { return blocker_; }
  /// Its process, or 0.
  [[nodiscard]] int blocker_pid() const {
    return blocker_ == most_subscribers ? 0 : static_cast<int>(ring_.cursor(blocker_).pid.relaxed());  // a hint
  }

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
    // What is written below the new limits is written plainly, and pairs with the acquires in consumer::copy_words: whoever has
    // copied some of it finds the new reserve.
    release_fence();
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
      const auto at = cursor_at(i);
      b.events = nearer(b.events, nearer(at.events, position) + ring_.measure.capacity);
      b.records = nearer(b.records, nearer(at.records, lane) + ring_.measure.lane_capacity);
    }
    return b;
  }
  [[nodiscard]] bool counts(std::size_t i) const {
    if (state_of(i) == cursor_state::free || policy_of(i) == overflow_policy::overwrite) return false;
    return incarnation_of(i) != gone_[i];
  }

  // What a subscriber says of itself in its cursor; in a sealed topic, what it was granted, whatever it says.

  [[nodiscard]] std::uint32_t incarnation_of(std::size_t i) const {
    if (ring_.grants != nullptr) return ring_.grants[i].incarnation;
    return ring_.cursor(i).incarnation.acquire();  // pairs with the release in attach
  }
  [[nodiscard]] overflow_policy policy_of(std::size_t i) const {
    if (ring_.grants != nullptr) return ring_.grants[i].overflow;
    return static_cast<overflow_policy>(ring_.cursor(i).policy.relaxed());  // ordered by the state, which is stored after it
  }
  [[nodiscard]] std::uint64_t lease_of(std::size_t i) const {
    if (ring_.grants != nullptr) return static_cast<std::uint64_t>(ring_.grants[i].lease.ns);
    return ring_.cursor(i).lease.relaxed();  // ordered as the policy is
  }
  /// How far it has read. One that moved back and forth would make a step again and again.
  [[nodiscard]] bounds cursor_at(std::size_t i) const {
    const auto& c = ring_.cursor(i);
    bounds at{c.position.acquire(), c.lane.acquire()};  // pairs with the subscriber's publish
    if (ring_.grants != nullptr) {
      auto& g = ring_.grants[i];
      at = {g.position = further(g.position, at.events), g.lane = further(g.lane, at.records)};
    }
    return at;
  }

  /// Are those who are in the way, because they are so far behind, alive, and has their lease not run out? At most once a
  /// millisecond, so that a producer that polls makes no system calls.
  bool look_for_gone(std::uint64_t position, std::uint64_t lane, std::uint64_t reach) {
    auto now = wall_clock{}.steady();
    if (now - looked_ < look_every) return false;
    looked_ = now;
    bool found = false;
    blocker_ = most_subscribers;
    waits_for_lease_ = false;
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (!counts(i)) continue;
      const auto at = cursor_at(i);
      bool events = nearer(at.events, position) + reach <= position;
      bool records = nearer(at.records, lane) + ring_.measure.lane_capacity < lane + records_a_claim;
      if (!events && !records) {
        stands_[i] = {};
        continue;
      }
      auto incarnation = incarnation_of(i);  // before the lock: a new owner has the lock before it has a number
      if (!is_locked(ring_.cursor_files[i])) {
        gone_[i] = incarnation;
        [[maybe_unused]] auto last =
            ring_.cursor(i).position.acquire();  // one that left in order stored it last: its reads are over
        found = true;
      } else if (policy_of(i) == overflow_policy::evict &&
                 is_over(stands_[i], {incarnation, at.events, at.records, now}, lease_of(i))) {
        gone_[i] = incarnation;
        ring_.control->evicted[i].release(incarnation);  // pairs with the acquire in consumer::is_evicted
        evicted_now_ |= std::uint32_t{1} << i;
        ++evictions_;
        found = true;
      } else {
        blocker_ = i;
      }
    }
    return found;
  }

  /// Where a cursor was seen in the way, and since when it has not moved.
  struct standing {
    std::uint32_t incarnation = 0;
    std::uint64_t position = 0, lane = 0;
    duration since{};
  };
  bool is_over(standing& then, const standing& now, std::uint64_t lease) {
    waits_for_lease_ = true;
    if (then.incarnation != now.incarnation || then.position != now.position || then.lane != now.lane) then = now;
    return static_cast<std::uint64_t>((now.since - then.since).ns) > lease;
  }

  static constexpr std::uint64_t nearer(std::uint64_t a, std::uint64_t b) { return a < b ? a : b; }
  static constexpr std::uint64_t further(std::uint64_t a, std::uint64_t b) { return a < b ? b : a; }

  ring_view ring_;
  static constexpr duration look_every{1'000'000}, long_before{INT64_MIN / 2};
  std::uint32_t gone_[most_subscribers]{};  // incarnations that died or were evicted; 0 is nobody's
  standing stands_[most_subscribers]{};
  std::uint32_t evicted_now_ = 0;
  std::uint64_t evictions_ = 0;
  bool waits_for_lease_ = false;
  duration looked_ = long_before;
  std::size_t blocker_ = most_subscribers;
};

}  // namespace levada::inline v0::detail
