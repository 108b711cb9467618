// SPDX-License-Identifier: BSL-1.0
// sleep: how the two sides of a ring wait for each other without a fence where events are published.
//
// The sleeper sets its bit in `sleepers` by a read-modify-write, fences every registered process from afar, and looks
// once more whether there is something. The publisher stores its counter and then loads `sleepers`. Either that load
// comes after the sleeper's barrier and sees the bit, or the counter was stored before the barrier and the second look
// sees it: a Dekker handshake of which one side pays everything. A publisher that could not register for the barrier
// loads `sleepers` by a read-modify-write instead: two of those on one word have an order, and the later one sees what
// the earlier one's thread had stored. Whoever takes a bit away rings the bell of its owner, once; the byte stays in
// the FIFO until it is drained, so a ring between the second look and the wait is not lost. If the publisher dies
// between taking the bit and ringing, its successor rings everybody when it opens; if none comes, the sleeper's own
// patience ends the wait, and that is counted as a rescue.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/os/barrier.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/clock.hpp>

#include <cstdint>
#include <utility>

namespace levada::inline v0::detail {

/// The side that publishes.
class caller {
 public:
  caller() = default;
  explicit caller(doors_page* doors)
      : doors_(doors), registered_(register_barrier()), seen_(registered_ ? &doors->sleepers : &somebody) {}

  /// Who sleeps now, after the caller's counter was stored.
  [[nodiscard]] LEVADA_INLINE std::uint32_t sleepers() const {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);  // the compiler must not swap them; the processor is fenced by the sleeper
    const auto seen = seen_->relaxed();       // pairs with the fetch_or in sleeper::park
    if (seen == 0) [[likely]]
      return 0;
    return registered_ ? seen : doors_->sleepers.fetch_or(0);  // pairs with the fetch_or in sleeper::park
  }
  /// Takes bits away; whoever had them must be rung.
  [[nodiscard]] std::uint32_t take(std::uint32_t bits) const { return doors_->sleepers.fetch_and(~bits) & bits; }

  [[nodiscard]] wake_mode mode() const { return registered_ ? wake_mode::by_barrier : wake_mode::by_exchange; }

 private:
  /// Whoever is not registered must look by a read-modify-write, each time: it takes one branch for both.
  static inline const word<std::uint32_t> somebody{~std::uint32_t{0}};

  doors_page* doors_ = nullptr;
  bool registered_ = false;
  const word<std::uint32_t>* seen_ = nullptr;
};

/// The side that waits: one bit at the doors and one bell.
class sleeper {
 public:
  /// How long a wait lasts at most: long where a lost ring cannot happen, short where somebody cannot be fenced or trusted.
  static constexpr duration long_patience{1'000'000'000};
  static constexpr duration short_patience{5'000'000};

  sleeper() = default;
  /// `among_strangers`: somebody may take a bit away on purpose, and ring nobody. Then it looks by itself every few milliseconds.
  sleeper(doors_page* doors, std::uint32_t bit, bell own, bool among_strangers)
      : doors_(doors), bit_(bit), bell_(std::move(own)), among_strangers_(among_strangers) {}

  /// True: the bell will ring. False, and nothing is promised: something is there already. `others_exchange`: every
  /// publisher that could ring uses a read-modify-write.
  template <class Ready>
  [[nodiscard]] bool park(bool others_exchange, Ready ready) {
    lie_down();
    return stays(barrier_everywhere() || others_exchange, ready);
  }
  /// The same in two steps, with one barrier in between for all at whose doors somebody sleeps. `is_safe`: it went well, or all
  /// exchange.
  void lie_down() { doors_->sleepers.fetch_or(bit_); }  // pairs with the load in caller::sleepers
  template <class Ready>
  [[nodiscard]] bool stays(bool is_safe, Ready ready) {
    patience_ = is_safe && !among_strangers_ ? long_patience : short_patience;
    if (!ready()) return true;
    unpark();
    return false;
  }
  void unpark() {
    doors_->sleepers.fetch_and(~bit_);
    bell_.drain();
  }
  /// The wait itself, for at most `timeout`, or until `other` is readable. Call only after park said true; unpark afterwards.
  template <class Ready>
  void wait(duration timeout, Ready ready, int other = -1) {
    if (bell_.wait(timeout < patience_ ? timeout : patience_, other)) return;
    if (timeout >= patience_ && is_missed(ready)) ++rescued_;  // whoever wanted to look earlier has not been rescued
  }
  /// The time is over, there is something, and no ring has come: is one on its way from somebody who has just published?
  template <class Ready>
  [[nodiscard]] bool is_missed(Ready ready) {
    if (!ready()) return false;
    return patience_ == short_patience || !bell_.wait(duration{200'000'000});
  }
  void count_rescue() { ++rescued_; }

  [[nodiscard]] const bell& own_bell() const { return bell_; }
  [[nodiscard]] duration patience() const { return patience_; }
  [[nodiscard]] std::uint64_t rescued() const { return rescued_; }

 private:
  doors_page* doors_ = nullptr;
  std::uint32_t bit_ = 0;
  bell bell_;
  bool among_strangers_ = false;
  duration patience_ = long_patience;
  std::uint64_t rescued_ = 0;
};

}  // namespace levada::inline v0::detail
