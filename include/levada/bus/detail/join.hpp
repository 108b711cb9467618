// SPDX-License-Identifier: BSL-1.0
// join: how a subscriber finds its place among the sixteen, and its position in the ring.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0 {

namespace detail {
struct start_of;
}

/// Where a subscriber begins that has no position yet.
class start_at {
 public:
  static const start_at earliest;  ///< at the oldest event that is still there
  static const start_at latest;    ///< at the next event
  /// Behind an event that was read before. Those that are gone meanwhile are counted as lost.
  static constexpr start_at after(std::uint64_t sequence) {
    return {way::sequence, sequence == UINT64_MAX ? sequence : sequence + 1, {}};
  }
  /// At the event of that sequence, likewise.
  static constexpr start_at sequence(std::uint64_t sequence) { return {way::sequence, sequence, {}}; }
  /// At the first event of that time, to the grain of the topic: an earlier event or two may come, a later one is not left out.
  static constexpr start_at at(timestamp time) { return {way::time, 0, time}; }

 private:
  friend struct detail::start_of;
  enum class way : std::uint8_t { earliest, latest, sequence, time };
  constexpr start_at(way w, std::uint64_t sequence, timestamp time) : way_(w), sequence_(sequence), time_(time) {}

  way way_;
  std::uint64_t sequence_;
  timestamp time_;
};
inline constexpr start_at start_at::earliest{way::earliest, 0, {}};
inline constexpr start_at start_at::latest{way::latest, 0, {}};

namespace detail {

/// A place among the subscribers, locked for as long as the file is open.
struct place {
  std::size_t index = most_subscribers;
  file lock;
  bool resumed = false;  ///< the cursor is that of a namesake
};

/// Who wants a place by name holds the topic's lock. A namesake's place comes first, then a free one, then one of a temporary
/// subscriber that died. The place of a named subscriber is never given away: its position is a promise (bus::forget ends it).
inline result<place> find_place(const segment& s, const subscriber_name& name) {
  auto state_of = [&](std::size_t i) {
    return static_cast<cursor_state>(s.view().cursor(i).state.acquire());  // pairs with the release in attach
  };
  auto open = [&](std::size_t i) { return s.files().open_cursor(i, O_RDWR); };
  if (s.files().is_given_place()) {
    auto f = open(s.files().kept->place);  // its lock was taken by whoever has given it
    if (!f) return about(s.files(), f.error());
    return place{s.files().kept->place, std::move(*f), s.files().kept->resumed};
  }

  if (!name.empty())
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (state_of(i) != cursor_state::named || load_name(s.view().cursor(i)) != name) continue;
      auto f = open(i);
      if (!f) return about(s.files(), f.error());
      if (!try_lock(f->fd()))
        return fault::of(failure::unavailable, "topic '", s.files().topic, "' already has a subscriber named '", name, "' (pid ",
                         s.view().cursor(i).pid.relaxed(), "): stop it first, or take another name");
      return place{i, std::move(*f), true};
    }
  for (auto wanted : {cursor_state::free, cursor_state::temporary})
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (state_of(i) != wanted) continue;
      auto f = open(i);
      if (!f) return about(s.files(), f.error());
      if (try_lock(f->fd()) && state_of(i) == wanted) return place{i, std::move(*f), false};  // nobody was there in between
    }
  return fault::of(failure::unavailable, "all ", most_subscribers, " places of topic '", s.files().topic,
                   "' are taken: stop a subscriber, or forget a named one that will not return");
}

/// Where to go on, and what is gone.
struct joined {
  std::uint64_t position = 0;
  std::uint64_t lane = 0;
  std::uint64_t lost = 0;          ///< events that the namesake had not read and that are overwritten
  std::uint64_t lost_records = 0;  ///< the same of the lane
  lane_record covering{};          ///< the record that holds at `position`, if it is still there
};

/// The first record of [from, to) for which `is_behind` says no; `to` if there is none.
template <class Behind>
std::uint64_t first_record(const ring_view& r, std::uint64_t from, std::uint64_t to, Behind is_behind) {
  while (from < to) {
    auto middle = from + (to - from) / 2;
    if (is_behind(r.record(middle)))
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

/// The oldest place that is still there, of events or of records.
inline std::uint64_t oldest(const word<std::uint64_t>& reserve, std::uint64_t first, std::uint64_t capacity) {
  auto v = reserve.acquire();  // pairs with the release in room::advance
  return v - first > capacity ? v - capacity : first;
}
inline std::uint64_t oldest_event(const ring_view& r) {
  return oldest(r.control->reserve, r.measure.first_sequence, r.measure.capacity);
}
inline std::uint64_t oldest_record(const ring_view& r) {
  return oldest(r.control->lane_reserve, r.measure.first_sequence, r.measure.lane_capacity);
}

/// What is there, once nothing of it is overwritten any more.
struct retained {
  std::uint64_t low, head, lane_low, lane_head;
};
struct start_of {
  /// Where to begin by the wish, before it is bounded by what is there; a sequence may be gone.
  static std::uint64_t position(const start_at& wish, const ring_view& r, const retained& there) {
    switch (wish.way_) {
      case start_at::way::earliest: return there.low;
      case start_at::way::latest: return there.head;
      case start_at::way::sequence: return wish.sequence_;
      case start_at::way::time: break;
    }
    // The last record that is not later tells where the time begins; before the first one nobody knows, so all is taken.
    auto later = first_record(r, there.lane_low, there.lane_head, [&](const lane_record& l) { return l.time <= wish.time_; });
    if (later == there.lane_low) return there.low;
    // Several may lie at one place: the wish is met by the first that has the time, if that is the same.
    auto same = first_record(r, there.lane_low, later, [&](const lane_record& l) { return l.time < wish.time_; });
    return same < later ? r.record(same).sequence : r.record(later - 1).sequence;
  }
  static bool leaves_signals_behind(const start_at& wish) { return wish.way_ == start_at::way::latest; }
  static bool asks_for_sequence(const start_at& wish) { return wish.way_ == start_at::way::sequence; }
};

/// How a subscriber wants to be treated.
struct manners {
  overflow_policy overflow = overflow_policy::block;
  duration lease{};
};

/// Whoever begins where frames were overwritten begins in the middle of one. Records of the lane stand between frames; where
/// none is left, only the head does.
inline std::uint64_t next_frame(const ring_view& r, const retained& there) {
  const auto at = first_record(r, there.lane_low, there.lane_head, [&](const lane_record& l) { return l.sequence < there.low; });
  return at < there.lane_head && r.record(at).sequence < there.head ? r.record(at).sequence : there.head;
}

/// Makes a cursor count for the producer and finds what is safe to read behind it: the argument stands in room.hpp.
inline joined attach(const ring_view& r, cursor_page& c, const place& at, const subscriber_name& name, const start_at& from,
                     const manners& how) {
  auto& control = *r.control;
  auto clamp = [](std::uint64_t v, std::uint64_t low, std::uint64_t high) { return v < low ? low : v > high ? high : v; };

  // 1. Claim the most that could be wanted; then the place becomes this subscriber's; then the gate.
  joined j;
  j.position = at.resumed ? c.position.relaxed() : oldest_event(r);
  j.lane = at.resumed ? c.lane.relaxed() : oldest_record(r);
  c.position.release(j.position);  // these pair with the acquires in room::scan
  c.lane.release(j.lane);
  c.pid.relaxed(static_cast<std::uint32_t>(process_id()));
  c.policy.relaxed(static_cast<std::uint32_t>(how.overflow));
  c.lease.relaxed(static_cast<std::uint64_t>(how.lease.ns));
  store_name(c, name);
  c.state.release(static_cast<std::uint32_t>(name.empty() ? cursor_state::temporary : cursor_state::named));
  c.incarnation.release(c.incarnation.relaxed() + 1);
  r.doors->gate.fetch_or(0);  // pairs with the fetch_or in room::advance

  // 2. From here on nothing behind the cursor is overwritten that was still there. What is there?
  retained there{};
  there.head = control.head.acquire();  // in this order, as in consumer::refresh
  there.lane_head = control.lane_head.acquire();
  there.low = oldest_event(r);
  there.lane_low = oldest_record(r);
  if (r.measure.kind == ring_kind::frames && there.low != r.measure.first_sequence && !(at.resumed && j.position >= there.low))
    there.low = next_frame(r, there);
  if (at.resumed) {
    j.lost_records = there.lane_low > j.lane ? there.lane_low - j.lane : 0;
  } else {
    j.position = start_of::position(from, r, there);
  }
  if (at.resumed || start_of::asks_for_sequence(from)) j.lost = there.low > j.position ? there.low - j.position : 0;
  j.position = clamp(j.position, there.low, there.head);
  // Signals before the first event belong to it, and those that a namesake had not seen are delivered, not skipped.
  const bool leaves = start_of::leaves_signals_behind(from);
  j.lane = at.resumed ? clamp(j.lane, there.lane_low, there.lane_head)
                      : first_record(r, there.lane_low, there.lane_head, [&](const lane_record& l) {
                          return l.sequence < j.position || (leaves && l.sequence == j.position);
                        });
  if (j.lane > there.lane_low) j.covering = r.record(j.lane - 1);
  c.position.release(j.position);
  c.lane.release(j.lane);
  return j;
}

}  // namespace detail

}  // namespace levada::inline v0
