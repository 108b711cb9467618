// SPDX-License-Identifier: BSL-1.0
// pool_user: who borrows blocks of a pool and holds what others have lent; pool_reader: who only holds. A loan is as good as the
// generation of its block: while anybody holds the block nobody can borrow it, and a loan that comes too late is refused.
// This header needs Boost.Lockfree (CMake: levada::lockfree), and is empty where that is not installed.
#pragma once

#include <levada/connect/detail/participant.hpp>

#if __has_include(<boost/lockfree/stack.hpp>)

#include <levada/bus/loan.hpp>
#include <levada/connect/detail/pool_segment.hpp>
#include <levada/connect/pool.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

namespace levada::inline v0 {

class lender;

namespace detail {

/// A participant and what it needs; what it has given out points to it, so it does not move with its owner.
class pool_client {
 public:
  pool_client(pool_client&&) noexcept = default;
  pool_client& operator=(pool_client&&) noexcept = default;  // they swap
  ~pool_client() {
    if (!at_) return;
    core().leave();
    core().~participant();
  }

  static result<pool_client> open(const pool& which, access how, std::uint64_t lends_for = 0) {
    auto files = which.files();
    if (!files) return files.error();
    auto lock = pool_segment::open_or_make(*files, which.options());
    if (!lock) return lock.error();
    auto s = pool_segment::open(*files, how);
    if (!s) return s.error();
    auto made = join(*s, lends_for);
    if (made) made->own_ = std::move(*s);
    return made;
  }
  static result<pool_client> over(const pool_segment& s, std::uint64_t lends_for = 0) {
    auto lock = lock_topic(s.files(), false);
    return lock ? join(s, lends_for) : result<pool_client>(lock.error());
  }

  [[nodiscard]] participant& core() const { return *std::launder(reinterpret_cast<participant*>(at_.base())); }

 private:
  explicit pool_client(mapping&& at) : at_(std::move(at)) { ::new (static_cast<void*>(at_.base())) participant; }

  static result<pool_client> join(const pool_segment& s, std::uint64_t lends_for) {
    auto memory = mapping::memory(sizeof(participant));
    if (!memory) return memory.error();
    pool_client c(std::move(*memory));
    if (auto joined = c.core().join(s, lends_for); !joined) return joined.error();
    return c;
  }

  pool_segment own_;
  mapping at_;
};

/// One hold on one block; it ends with this object.
class grip {
 public:
  grip() = default;
  grip(participant& by, const loan& what) : by_(&by), what_(what) { ++by.grips; }
  grip(grip&& other) noexcept : by_(std::exchange(other.by_, nullptr)), what_(other.what_) {}
  grip& operator=(grip&& other) noexcept {
    grip taken(std::move(other));  // what was held here is let go of with it
    std::swap(by_, taken.by_);
    std::swap(what_, taken.what_);
    return *this;
  }
  ~grip() {
    if (by_ == nullptr) return;
    by_->let_go(what_.block);
    --by_->grips;
  }

  [[nodiscard]] explicit operator bool() const { return by_ != nullptr; }
  [[nodiscard]] bool is_of(const participant& p) const { return by_ == &p; }
  [[nodiscard]] const loan& what() const { return what_; }
  [[nodiscard]] std::byte* data() const { return by_->block(what_.block); }
  [[nodiscard]] std::size_t most() const { return static_cast<std::size_t>(by_->view().measure.block_bytes); }
  void measure(std::size_t length) {
    LEVADA_CHECK(*this && length <= most(), length);
    what_.length = static_cast<std::uint32_t>(length);
  }
  /// Somebody else ends the hold.
  loan give_away() {
    --std::exchange(by_, nullptr)->grips;
    return what_;
  }

 private:
  participant* by_ = nullptr;
  loan what_;
};

}  // namespace detail

/// Holds  a block that was free: it is this participant's alone to write, until it is shared or lent. One that is neither goes
/// back.
class borrowed_block {
 public:
  /// The whole block, aligned to a page, with whatever it had before.
  [[nodiscard]] std::span<std::byte> bytes() const { return {grip_.data(), grip_.most()}; }

 private:
  friend class pool_user;
  friend class lender;
  explicit borrowed_block(detail::grip&& g) : grip_(std::move(g)) {}
  detail::grip grip_;
};

/// Holds  a block that can be read, and that nobody writes, for as long as this object lives. It must not outlive the reader or
///        user that it came from; that one may move.
class held_block {
 public:
  [[nodiscard]] std::span<const std::byte> bytes() const { return {grip_.data(), grip_.what().length}; }
  /// What others can hold it by, while this object lives.
  [[nodiscard]] const loan& lent() const { return grip_.what(); }

 private:
  friend class pool_user;
  friend class pool_reader;
  explicit held_block(detail::grip&& g) : grip_(std::move(g)) {}
  detail::grip grip_;
};

/// Takes  loans, out of events.
/// Holds  one of the pool's 32 places, its memory, which it can read and not write, and a descriptor. One thread uses it; another
///        one opens its own.
/// Fails  at open in words. A loan that is stale is refused in words, and counted.
/// Costs  to hold and to let go: an exchange each.
class pool_reader {
 public:
  /// Makes the pool if it is not there: whoever comes first. Fails with failure::unavailable if all places are taken, with
  /// failure::no_space if there is no room, with failure::data if its files are damaged.
  static result<pool_reader> open(const pool& which) { return made(detail::pool_client::open(which, access::read)); }
  /// Over a segment made by pool_segment::open_both, which must outlive it.
  static result<pool_reader> over(const detail::pool_segment& s) { return made(detail::pool_client::over(s)); }

  /// Hold a loan before its event is released: until then whoever has lent it keeps it. Afterwards it may be kept as long as you
  /// like; the block is missing in the pool meanwhile.
  result<held_block> hold(const loan& l) {
    auto& core = client_.core();
    if (core.hold(l)) return held_block(detail::grip(core, l));
    return fault::of(failure::unavailable, "a loan of block ", l.block, " of pool '", core.files().topic,
                     "' came too late, or is none: the block has been let go of by all (hold it before its event is released)");
  }

  /// Takes back what the dead held, and makes the free list anew. Needed by nobody who can wait: it happens whenever somebody
  /// opens the pool or finds no free block. Emits how many blocks were freed.
  result<std::uint64_t> recover() { return client_.core().recover(); }
  [[nodiscard]] const pool_counts& counts() const { return client_.core().counts; }

 private:
  explicit pool_reader(detail::pool_client&& c) : client_(std::move(c)) {}
  static result<pool_reader> made(result<detail::pool_client> c) {
    return c ? pool_reader(std::move(*c)) : result<pool_reader>(c.error());
  }
  friend class pool_user;
  detail::pool_client client_;
};

/// Takes  and gives loans by hand. Beside a publisher a lender does that.
/// Holds  what a pool_reader holds; but it can write.
/// Fails  as a pool_reader. Where every block is held a borrowing is refused in words, and counted.
/// Costs  to borrow: three exchanges while blocks are free; no lock and no system call.
class pool_user : public pool_reader {
 public:
  static result<pool_user> open(const pool& which) { return made(detail::pool_client::open(which, access::read_write)); }
  static result<pool_user> over(const detail::pool_segment& s) { return made(detail::pool_client::over(s)); }

  /// A free block, to be written.
  result<borrowed_block> borrow() {
    auto& core = client_.core();
    loan l;
    if (core.borrow(l) || core.borrow_of_the_dead(l)) return borrowed_block(detail::grip(core, l));
    return exhausted(core);
  }
  /// Its first `length` bytes are what others may read from now on; nobody writes it any more.
  held_block share(borrowed_block&& written, std::size_t length) {
    LEVADA_CHECK(written.grip_.is_of(client_.core()), length);
    written.grip_.measure(length);
    return held_block(std::move(written.grip_));
  }

 private:
  friend class lender;
  explicit pool_user(detail::pool_client&& c) : pool_reader(std::move(c)) {}
  static result<pool_user> made(result<detail::pool_client> c) {
    return c ? pool_user(std::move(*c)) : result<pool_user>(c.error());
  }
  static fault exhausted(const detail::participant& core) {
    return fault::of(failure::unavailable, "all ", core.view().measure.blocks, " blocks of pool '", core.files().topic,
                     "' are held: let go of some, or make it larger");
  }
};

}  // namespace levada::inline v0

#endif
