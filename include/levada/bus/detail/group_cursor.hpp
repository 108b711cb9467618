// SPDX-License-Identifier: BSL-1.0
// group_cursor: a group's place at one partition. To the producer a group is one subscriber with a name, whose position is what
// the group has committed; it lives as long as any of its members, because they share the lock of its cursor. So what was not
// committed stays while a partition changes hands, tools show the lag of a group as that of any subscriber, and when all members
// are gone it is a named subscriber that is away.
//
// The owner of the partition writes it. One that was fenced may still write once more, a position that was committed before: too
// low, never too high. Therefore the position that counts lies in the lease table, and the owner writes here again at every look.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/join.hpp>
#include <levada/bus/detail/sleep.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0::detail {

class group_cursor {
 public:
  group_cursor() = default;

  /// Joins the others, or makes the place and has it begin at `from`. The caller holds the topic's lock.
  static result<group_cursor> open(const segment& s, const subscriber_name& name, const start_at& from, const manners& how) {
    group_cursor c;
    c.ring_ = s.view();
    auto at = c.find(s, name);
    if (!at) return at.error();
    c.index_ = at->index;
    auto page = mapping::of(at->lock, static_cast<std::size_t>(c.ring_.measure.page), access::read_write);
    if (!page) return about(s.files(), page.error());
    c.page_ = std::move(*page);
    c.cursor_ = reinterpret_cast<cursor_page*>(c.page_.base());
    auto producer_bell = bell::open(s.files().producer_bell().c_str());
    if (!producer_bell) return about(s.files(), producer_bell.error());
    c.producer_bell_ = std::move(*producer_bell);
    c.caller_ = caller(c.ring_.doors);
    if (c.is_first_) {
      attach(c.ring_, *c.cursor_, *at, name, from, how);
      if (!try_share_lock(at->lock.fd())) return about(s.files(), os_fault("share the lock of", "a cursor", errno));
    }
    c.place_ = std::move(at->lock);
    return c;
  }

  /// Where the group begins that has committed nothing.
  [[nodiscard]] std::uint64_t position() const { return cursor_->position.relaxed(); }
  /// Events below `position` and records below `lane` are not needed any more.
  LEVADA_INLINE void store(std::uint64_t position, std::uint64_t lane) {
    cursor_->position.release(position);  // both pair with the acquires in room::scan
    cursor_->lane.release(lane);
    if ((caller_.sleepers() & producer_sleeps) != 0) [[unlikely]]
      ring_producer();
  }
  /// The member lives no longer for this partition. The place stays, without a lock once all have left: its position waits for
  /// them.
  void leave() {
    unlock(place_.fd());  // its page stays mapped, and would keep the lock
    place_ = file{};
    if ((caller_.sleepers() & producer_sleeps) != 0) ring_producer();
  }
  /// From now on tools show this process.
  void show_owner() { cursor_->pid.relaxed(static_cast<std::uint32_t>(process_id())); }

  /// Where the producer did not wait any longer (overflow_policy::evict), it does so again. What is read meanwhile is validated,
  /// so nothing has to be asked here.
  void return_if_evicted() {
    const auto now = cursor_->incarnation.relaxed();
    if (ring_.control->evicted[index_].acquire() != now) return;  // pairs with the release in room::look_for_gone
    cursor_->incarnation.release(now + 1);                        // pairs with the acquire in room::scan
    ring_.doors->gate.fetch_or(0);                                // pairs with the fetch_or in room::advance
  }

 private:
  /// The place of the name, if there is one; else a free one.
  result<place> find(const segment& s, const subscriber_name& name) {
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      const auto& c = ring_.cursor(i);
      const auto state = static_cast<cursor_state>(c.state.acquire());  // pairs with the release in attach
      if (state != cursor_state::named || load_name(c) != name) continue;
      auto f = file::open(s.files().cursor(i).c_str(), O_RDWR | O_NOFOLLOW);
      if (!f) return about(s.files(), f.error());
      is_first_ = try_lock(f->fd());
      if (!is_first_ && !try_share_lock(f->fd())) break;  // a subscriber of that name runs: find_place says so
      return place{i, std::move(*f), true};
    }
    is_first_ = true;
    return find_place(s, name);
  }
  LEVADA_COLD void ring_producer() {
    if (caller_.take(producer_sleeps) != 0) producer_bell_.ring();
  }

  ring_view ring_;
  file place_;  // its lock, shared, says that the group lives
  mapping page_;
  cursor_page* cursor_ = nullptr;
  caller caller_;
  bell producer_bell_;
  std::size_t index_ = 0;
  bool is_first_ = false;
};

}  // namespace levada::inline v0::detail
