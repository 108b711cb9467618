// SPDX-License-Identifier: BSL-1.0
// participant: one of the 32 who may hold a pool's blocks: how it comes, borrows, holds, lets go, and clears up behind the dead.
// Who is dead is said by the locks of `users`, never by a word in memory.
#pragma once

#include <levada/connect/detail/pool_segment.hpp>

#if __has_include(<boost/lockfree/stack.hpp>)

#include <levada/bus/detail/files.hpp>
#include <levada/bus/loan.hpp>
#include <levada/connect/detail/pool_layout.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0 {

/// What a participant has counted.
struct pool_counts {
  std::uint64_t stale = 0;      ///< loans whose block was another's by the time they were to be held, or that were none
  std::uint64_t exhausted = 0;  ///< borrowings that found every block held
  std::uint64_t searches = 0;   ///< blocks that the free list did not know
  std::uint64_t recovered = 0;  ///< blocks taken back from the dead
};

namespace detail {

/// Lies where it does not move, because what it has given out points to it.
class participant {
 public:
  pool_counts counts;
  std::size_t grips = 0;  ///< objects that hold something

  /// The caller holds the pool's lock. `lends_for` is 0, or the topic of a lender, which takes up what its predecessor has lent.
  result<> join(const pool_segment& s, std::uint64_t lends_for) {
    view_ = s.view();
    files_ = s.files();
    auto held = mapping::memory(view_.measure.blocks * sizeof(std::uint32_t));
    if (!held) return about(files_, held.error());
    auto users = file::open(files_.file("users").c_str(), O_RDWR | O_NOFOLLOW);
    if (!users) return about(files_, users.error());
    users_ = std::move(*users);
    index_ = most_participants;  // nobody yet
    clear_up(false, false);
    if (auto found = find_place(lends_for); !found) return found;
    held_ = std::move(*held);
    bit_ = std::uint32_t{1} << index_;
    place().pid.relaxed(static_cast<std::uint32_t>(process_id()));
    place().lends_for.relaxed(lends_for);
    owner_ = process_id();
    return {};
  }
  /// Lets go of everything but what was lent: that is a promise to those who have not read it.
  void leave() {
    if (!held_ || owner_ != process_id()) return;  // a forked child has nothing to say
    LEVADA_CHECK(grips == 0, grips);               // they must not outlive it
    bool promised = false;
    for (std::uint32_t i = 0; i < view_.measure.blocks; ++i) {
      if ((view_.words[i].owner.acquire() & bit_) == 0) continue;
      if (place().lends_for.relaxed() != 0 && is_lent(i))
        promised = true;
      else
        drop(i);
    }
    if (!promised) place().lends_for.relaxed(0);
    place().pid.relaxed(0);
    held_ = mapping();
    users_ = file();  // with it goes the lock
  }

  // ---- the way of a block ------------------------------------------------------------------------------------------------

  /// A block that was free and is this participant's to write now, and its generation; false where all are held.
  [[nodiscard]] bool borrow(loan& to) {
    for (std::uint32_t tries = 0, i = 0; tries < view_.measure.blocks && view_.list.pop(i); ++tries)
      if (i < view_.measure.blocks && take(i, to)) return true;
    return search(to);
  }
  /// When all are held: clears up behind the dead; first what they held, at last what they have lent.
  [[nodiscard]] LEVADA_COLD bool borrow_of_the_dead(loan& to) {
    const auto now = wall_clock{}.steady();
    if (now - looked_ >= look_every) {  // so that one that polls makes no system calls
      looked_ = now;
      for (const bool promises : {false, true})
        if (auto lock = file::open(files_.file("lock").c_str(), O_RDWR | O_NOFOLLOW); lock && try_lock(lock->fd()))
          if (clear_up(promises, false); search(to)) return true;
    }
    ++counts.exhausted;
    return false;
  }
  /// Adds this participant to those who hold what is lent.
  [[nodiscard]] bool hold(const loan& l) {
    if (l.block < view_.measure.blocks && l.length <= view_.measure.block_bytes && l) {
      auto& owner = view_.words[l.block].owner;
      for (auto seen = owner.acquire(); generation_of(seen) == l.generation && holders_of(seen) != 0;)
        if ((seen & bit_) != 0 || owner.compare_exchange(seen, seen | bit_)) {  // pairs with the exchanges of all others
          ++held(l.block);
          return true;
        }
    }
    ++counts.stale;
    return false;
  }
  /// The last that lets go has freed it.
  void let_go(std::uint32_t block) {
    LEVADA_CHECK(held(block) != 0, block);
    if (--held(block) != 0) return;
    drop(block);
  }
  [[nodiscard]] std::byte* block(std::uint32_t i) const { return view_.block(i); }

  // ---- lending -----------------------------------------------------------------------------------------------------------

  void set_lent(std::uint32_t block, std::uint64_t sequence) {
    view_.words[block].sequence.release(sequence);  // pairs with the acquire of a successor
  }
  void end_lent(std::uint32_t block) {
    view_.words[block].sequence.release(not_lent);  // before the bit goes: a free block is never lent
    let_go(block);
  }
  /// f(block, sequence) for every block that a predecessor has lent; it is this one's now.
  template <class F>
  void take_up(F f) {
    for (std::uint32_t i = 0; i < view_.measure.blocks; ++i)
      if ((view_.words[i].owner.acquire() & bit_) != 0) {
        held(i) = 1;
        f(i, view_.words[i].sequence.acquire());
      }
  }

  // ---- the dead ----------------------------------------------------------------------------------------------------------

  /// Takes back what the dead held, and makes the free list anew. Waits for the pool's lock.
  result<std::uint64_t> recover() {
    auto lock = lock_topic(files_, false);
    if (!lock) return lock.error();
    return clear_up(false, true);
  }

  [[nodiscard]] const pool_view& view() const { return view_; }
  [[nodiscard]] const topic_files& files() const { return files_; }

 private:
  static constexpr duration look_every{1'000'000};

  [[nodiscard]] participant_place& place() const { return view_.places[index_]; }
  [[nodiscard]] std::uint32_t& held(std::uint32_t block) const { return reinterpret_cast<std::uint32_t*>(held_.base())[block]; }
  [[nodiscard]] bool is_lent(std::uint32_t block) const { return view_.words[block].sequence.acquire() != not_lent; }
  [[nodiscard]] bool is_free(std::uint32_t block) const { return holders_of(view_.words[block].owner.acquire()) == 0; }

  bool take(std::uint32_t block, loan& to) {
    if (held(block) != 0) return false;  // a word of nonsense makes nobody its own rival
    auto& owner = view_.words[block].owner;
    for (auto seen = owner.acquire(); holders_of(seen) == 0;) {
      const auto mine = borrowed_from(seen, bit_);
      if (!owner.compare_exchange(seen, mine)) continue;  // pairs with that of the last holder: what it has read, it has read
      held(block) = 1;
      to = {block, generation_of(mine), 0};
      return true;
    }
    return false;
  }
  /// The truth, where the list is empty or wrong.
  LEVADA_COLD bool search(loan& to) {
    for (std::uint32_t i = 0; i < view_.measure.blocks; ++i)
      if (take(i, to)) {
        ++counts.searches;
        return true;
      }
    return false;
  }
  void drop(std::uint32_t block) const {
    const auto before = view_.words[block].owner.fetch_and(~std::uint64_t{bit_});  // pairs with the exchange in take
    if (holders_of(before) == bit_) [[maybe_unused]]
      const bool listed = view_.list.push(block);
  }

  /// The caller holds the pool's lock, so nobody comes meanwhile. Emits how many blocks it has freed.
  LEVADA_COLD std::uint64_t clear_up(bool with_promises, bool renew_list) {
    std::uint32_t dead = 0, lenders = 0;
    for (std::size_t i = 0; i < most_participants; ++i) {
      if (i == index_ || may_be_locked(users_.fd(), byte_lock(i))) continue;
      auto& p = view_.places[i];
      dead |= std::uint32_t{1} << i;
      if (p.lends_for.relaxed() != 0) lenders |= std::uint32_t{1} << i;
      if (p.pid.relaxed() != 0) renew_list = true;  // it was killed, perhaps between two lists
      p.pid.relaxed(0);
    }
    std::uint64_t freed = 0;
    for (std::uint32_t i = 0; i < view_.measure.blocks; ++i) {
      auto& b = view_.words[i];
      const std::uint64_t gone = dead & ~(is_lent(i) && !with_promises ? lenders : 0u);
      const auto seen = b.owner.acquire();
      if ((seen & gone) == 0) continue;
      if ((seen & gone & lenders) != 0) b.sequence.release(not_lent);  // it was the lender's to say, as long as its bit is here
      const auto before = b.owner.fetch_and(~gone);                    // pairs with the exchange in take
      if ((holders_of(before) & ~gone) != 0) continue;
      ++freed;
      if (!renew_list) [[maybe_unused]]
        const bool listed = view_.list.push(i);
    }
    if (renew_list) view_.list.rebuild(view_.measure.blocks, [this](std::uint32_t i) { return is_free(i); });
    counts.recovered += freed;
    return freed;
  }

  /// A place whose lock nobody has, and whose bit no block has: a lender's own, if it left one.
  result<> find_place(std::uint64_t lends_for) {
    if (lends_for != 0)
      for (std::size_t i = 0; i < most_participants; ++i)
        if (view_.places[i].lends_for.relaxed() == lends_for) {
          if (take_place(i)) return {};
          return fault::of(failure::unavailable, "pool '", files_.topic, "' already has a lender for this topic (pid ",
                           view_.places[i].pid.relaxed(), "): stop it first");
        }
    for (const bool promises : {false, true}) {
      if (promises) clear_up(true, false);
      std::uint32_t held_by = 0;
      for (std::uint32_t i = 0; i < view_.measure.blocks; ++i) held_by |= holders_of(view_.words[i].owner.acquire());
      for (std::size_t i = 0; i < most_participants; ++i)
        if ((held_by >> i & 1u) == 0 && take_place(i)) return {};
    }
    return fault::of(failure::unavailable, "all ", most_participants, " places of pool '", files_.topic,
                     "' are taken: stop a participant, or make another pool");
  }
  bool take_place(std::size_t i) {
    if (!try_lock(users_.fd(), byte_lock(i))) return false;
    index_ = i;
    return true;
  }

  pool_view view_;
  topic_files files_;
  std::uint32_t bit_ = 0;
  std::size_t index_ = most_participants;
  mapping held_;  // how often this one holds each block
  file users_;    // its lock says that this participant lives
  duration looked_{INT64_MIN / 2};
  int owner_ = 0;
};

}  // namespace detail

}  // namespace levada::inline v0

#endif
