// SPDX-License-Identifier: BSL-1.0
// join: how a subscriber finds its place among the sixteen, and its position in the ring.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0 {

/// Where a subscriber begins that has no position yet.
enum class start_at : std::uint8_t {
  earliest,  ///< at the oldest event that is still there
  latest,    ///< at the next event
};

namespace detail {

/// A place among the subscribers, locked for as long as the file is open.
struct place {
  std::size_t index = most_subscribers;
  file lock;
  bool resumed = false;  ///< the cursor is that of a namesake
};

/// The caller holds the topic's lock. A namesake's place comes first, then a free one, then one of a temporary subscriber
/// that died. The place of a named subscriber is never given away: its position is a promise (bus::forget ends it).
inline result<place> find_place(const segment& s, const subscriber_name& name) {
  auto state_of = [&](std::size_t i) {
    return static_cast<cursor_state>(s.view().cursor(i).state.acquire());  // pairs with the release in attach
  };
  auto open = [&](std::size_t i) { return file::open(s.files().cursor(i).c_str(), O_RDWR | O_NOFOLLOW); };

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
      if (try_lock(f->fd())) return place{i, std::move(*f), false};
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

/// The first record of [from, to) for a sequence above `sequence`, or at it if `also_at`; `to` if there is none.
inline std::uint64_t first_record(const ring_view& r, std::uint64_t from, std::uint64_t to, std::uint64_t sequence,
                                  bool also_at) {
  while (from < to) {
    auto middle = from + (to - from) / 2;
    auto s = r.record(middle).sequence;
    if (s < sequence || (s == sequence && !also_at))
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

/// Whoever begins where frames were overwritten begins in the middle of one. Records of the lane stand between frames; where
/// none is left, only the head does.
inline std::uint64_t next_frame(const ring_view& r, std::uint64_t position, std::uint64_t lane_low, std::uint64_t lane_head,
                                std::uint64_t head) {
  const auto at = first_record(r, lane_low, lane_head, position, true);
  return at < lane_head && r.record(at).sequence < head ? r.record(at).sequence : head;
}

/// Makes a cursor count for the producer and finds what is safe to read behind it: the argument stands in room.hpp.
inline joined attach(const ring_view& r, cursor_page& c, const place& at, const subscriber_name& name, start_at from) {
  auto& control = *r.control;
  auto clamp = [](std::uint64_t v, std::uint64_t low, std::uint64_t high) { return v < low ? low : v > high ? high : v; };
  auto oldest = [&](const word<std::uint64_t>& reserve, std::uint64_t capacity) {
    auto v = reserve.acquire();  // pairs with the release in room::advance
    auto first = r.measure.first_sequence;
    return v - first > capacity ? v - capacity : first;
  };
  auto oldest_event = [&] { return oldest(control.reserve, r.measure.capacity); };
  auto oldest_record = [&] { return oldest(control.lane_reserve, r.measure.lane_capacity); };

  // 1. Claim the most that could be wanted; then the place becomes this subscriber's; then the gate.
  auto head = control.head.acquire();  // pairs with the release in producer::commit
  joined j;
  j.position = at.resumed ? c.position.relaxed() : from == start_at::earliest ? oldest_event() : head;
  j.lane = at.resumed ? c.lane.relaxed() : oldest_record();
  c.position.release(j.position);  // these pair with the acquires in room::scan
  c.lane.release(j.lane);
  c.pid.relaxed(static_cast<std::uint32_t>(process_id()));
  c.policy.relaxed(static_cast<std::uint32_t>(slow_policy::block));
  store_name(c, name);
  c.state.release(static_cast<std::uint32_t>(name.empty() ? cursor_state::temporary : cursor_state::named));
  c.incarnation.release(c.incarnation.relaxed() + 1);
  r.doors->gate.fetch_or(0);  // pairs with the fetch_or in room::advance

  // 2. From here on nothing behind the cursor is overwritten that was still there. What is there?
  head = control.head.acquire();  // in this order, as in consumer::refresh
  auto lane_head = control.lane_head.acquire();
  auto low = oldest_event(), lane_low = oldest_record();
  if (r.measure.kind == ring_kind::frames && low != r.measure.first_sequence && !(at.resumed && j.position >= low))
    low = next_frame(r, low, lane_low, lane_head, head);
  if (at.resumed) {
    j.lost = low > j.position ? low - j.position : 0;
    j.lost_records = lane_low > j.lane ? lane_low - j.lane : 0;
    j.position = clamp(j.position, low, head);
    j.lane = clamp(j.lane, lane_low, lane_head);  // signals that the namesake had not seen are delivered, not skipped
  } else if (from == start_at::earliest) {
    j.position = clamp(j.position, low, head);
    j.lane = first_record(r, lane_low, lane_head, j.position, true);  // signals before the first event belong to it
  } else {
    j.position = head;
    j.lane = first_record(r, lane_low, lane_head, j.position, false);
  }
  if (j.lane > lane_low) j.covering = r.record(j.lane - 1);
  c.position.release(j.position);
  c.lane.release(j.lane);
  return j;
}

}  // namespace detail

}  // namespace levada::inline v0
