// SPDX-License-Identifier: BSL-1.0
// lender: stands beside a publisher, and puts payloads of any size into its events by reference: it borrows blocks of a pool, and
// keeps what it has lent until every subscriber that the publisher waits for has released the event. Those have held by then what
// they want to keep, so they never find a stale loan.
//
// A lender may die as well. What it has lent is marked with the sequence of its event, and its bits stay with its place, which
// bears the name of its topic: the next lender of the topic takes them up, frees those whose events were never committed, and
// goes on. Where none comes, the loans are given up at last, when somebody finds every block held. This header needs
// Boost.Lockfree (CMake: levada::lockfree), and is empty where that is not installed.
#pragma once

#include <levada/connect/pool_user.hpp>

#if __has_include(<boost/lockfree/stack.hpp>)

#include <levada/bus/loan.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/topic.hpp>
#include <levada/connect/detail/participant.hpp>
#include <levada/connect/detail/pool_segment.hpp>
#include <levada/connect/pool.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0 {

struct lender_options {
  std::uint32_t keep =
      4;  ///< loans that stay although all have passed them, for those who come late or are not waited for; a wish
};

/// Takes  payloads, written by the caller into borrowed blocks.
/// Emits  loans of them, for events of one topic.
/// Holds  one of the pool's 32 places, its memory, a descriptor, and what it has lent. Its end is like its death: what is
///        not read yet stays for those who read it, and for the next lender of the topic.
/// Fails  at open in words; with failure::unavailable if the publisher's place has a lender. Where every block is held a
///        borrowing is refused in words, and counted: whoever produces decides whether to wait or drop.
/// Costs  to borrow: four exchanges and a load for each subscriber while blocks are free. To lend: two stores.
class lender {
 public:
  /// The publisher is the topic's.
  template <class Topic>
  static result<lender> open(const pool& from, const topic<Topic>& events, const publisher<Topic>& to,
                             const lender_options& options = {}) {
    return made(detail::pool_client::open(from, access::read_write, identity_of(events, to)), to.sequence(), options);
  }
  /// Over a segment made by pool_segment::open_both, which must outlive it.
  template <class Topic>
  static result<lender> over(const detail::pool_segment& from, const topic<Topic>& events, const publisher<Topic>& to,
                             const lender_options& options = {}) {
    return made(detail::pool_client::over(from, identity_of(events, to)), to.sequence(), options);
  }

  /// A free block, to be written. Lets go of what is done with; where no block is free, also of what it would keep, and looks
  /// whether those are alive who have not read.
  template <class Publisher>
  result<borrowed_block> borrow(Publisher& to) {
    auto& core = client_.core();
    loan l;
    collect(to);
    bool found = core.borrow(l);
    if (!found && size_ != 0)
      for (const auto until = to.released(oldest().sequence); !found && is_done(until); found = core.borrow(l)) let_go();
    if (found || core.borrow_of_the_dead(l)) return borrowed_block(detail::grip(core, l));
    return pool_user::exhausted(core);
  }
  /// Its first `length` bytes go with the event of this sequence, which is committed next or not at all: publisher.sequence() for
  /// the first slot of a claim. Emits what to write into the event.
  loan lend(borrowed_block&& written, std::size_t length, std::uint64_t sequence) {
    LEVADA_CHECK(written.grip_.is_of(client_.core()), length);
    written.grip_.measure(length);
    const auto l = written.grip_.give_away();
    client_.core().set_lent(l.block, sequence);
    append({sequence, l.block});
    return l;
  }
  /// Lets go of what all subscribers have released; borrow() does so as well. For one that pauses while others need blocks.
  template <class Publisher>
  void collect(const Publisher& to) {
    if (size_ <= keep_) return;
    for (const auto until = to.released(); size_ > keep_ && is_done(until);) let_go();
  }

  /// How many loans are not let go of.
  [[nodiscard]] std::size_t lent() const { return size_; }
  /// As pool_reader::recover.
  result<std::uint64_t> recover() { return client_.core().recover(); }
  [[nodiscard]] const pool_counts& counts() const { return client_.core().counts; }

 private:
  struct entry {
    std::uint64_t sequence;
    std::uint32_t block;
  };

  /// Each of many producers counts its own events, and so their loans are not each other's.
  template <class Topic>
  static std::uint64_t identity_of(const topic<Topic>& events, const publisher<Topic>& to) {
    return detail::identity_of(compose<128>(events.name(), '/', to.producer()).view());
  }

  explicit lender(detail::pool_client&& c, const lender_options& options) : client_(std::move(c)), keep_(options.keep) {}

  static result<lender> made(result<detail::pool_client> c, std::uint64_t next, const lender_options& options) {
    if (!c) return c.error();
    lender l(std::move(*c), options);
    auto& core = l.client_.core();
    l.most_ = core.view().measure.blocks;
    auto memory = mapping::memory(l.most_ * sizeof(entry));
    if (!memory) return memory.error();
    l.lent_ = std::move(*memory);
    core.take_up([&](std::uint32_t block, std::uint64_t sequence) {
      if (sequence < next)
        l.insert({sequence, block});
      else
        core.end_lent(block);  // its event was never committed, and another one will have its sequence
    });
    return l;
  }

  [[nodiscard]] entry& at(std::size_t i) const { return reinterpret_cast<entry*>(lent_.base())[(first_ + i) % most_]; }
  [[nodiscard]] const entry& oldest() const { return at(0); }
  [[nodiscard]] bool is_done(std::uint64_t until) const { return size_ != 0 && oldest().sequence < until; }
  void append(const entry& e) {
    LEVADA_CHECK(size_ < most_ && (size_ == 0 || at(size_ - 1).sequence <= e.sequence), e.sequence);
    at(size_++) = e;
  }
  /// Among those that were taken up, in the order of their events.
  void insert(const entry& e) {
    auto i = size_++;
    for (; i > 0 && at(i - 1).sequence > e.sequence; --i) at(i) = at(i - 1);
    at(i) = e;
  }
  void let_go() {
    client_.core().end_lent(oldest().block);
    first_ = (first_ + 1) % most_;
    --size_;
  }

  detail::pool_client client_;
  mapping lent_;  // what was lent, in the order of the events
  std::size_t most_ = 0;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t keep_;
};

}  // namespace levada::inline v0

#endif
