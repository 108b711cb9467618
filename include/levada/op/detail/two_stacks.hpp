// SPDX-License-Identifier: BSL-1.0
// two_stacks: the aggregate of a queue, for three combinations an element: Two-Stacks Lite (Tangwongsan, Hirzel, Schneider:
// In-order sliding-window aggregation in worst-case constant time, VLDB Journal 30, 2021) on a ring.
#pragma once

#include <levada/core/config.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

/// M says how values are combined: M::value, and M::append(older, newer, n), which makes `older` the aggregate of both, `newer`
/// being of n elements. A ring has a place for each element: ring[i] to write, ring.look(i) to read, i modulo a power of two that
/// is not less than the number of elements. The queue itself is a few words, and trivially copyable; an empty queue has no
/// aggregate. Costs  a push: one append; all(): one. A pop: nothing, but when the older stack is empty the newer one is turned:
/// one append for
///        each of its elements, at once.
template <class M>
class two_stacks {
 public:
  using value = typename M::value;

  [[nodiscard]] std::uint32_t size() const { return end_ - front_; }
  /// Where the oldest element has its place.
  [[nodiscard]] std::uint32_t oldest() const { return front_; }

  LEVADA_INLINE void push(const value& v, auto ring) {
    ring[end_] = v;
    if (end_ == back_) [[unlikely]]
      newer_ = v;
    else
      M::append(newer_, v, 1);
    ++end_;
  }
  LEVADA_INLINE void pop(auto ring) {
    if (front_ == back_) [[unlikely]] {
      turn(ring, back_, end_);
      back_ = end_;
      newer_ = {};  // of nothing; and no register is kept for it over the call
    }
    ++front_;
  }
  [[nodiscard]] LEVADA_INLINE value all(auto ring) const {
    if (front_ == back_) [[unlikely]]
      return newer_;
    value whole = ring.look(front_);
    if (back_ != end_) [[likely]]
      M::append(whole, newer_, end_ - back_);
    return whole;
  }

 private:
  /// Each place of the newer stack gets the aggregate from it to the end.
  [[gnu::noinline]] static void turn(auto ring, std::uint32_t back, std::uint32_t end) {
    value all = ring.look(end - 1);
    for (std::uint32_t i = end - 1; i != back; --i) {
      value& place = ring[i - 1];
      value v = place;
      M::append(v, all, end - i);
      place = all = v;
    }
  }

  std::uint32_t front_ = 0;
  std::uint32_t back_ = 0;  // places before it hold the aggregate from there to here; those from here on the elements
  std::uint32_t end_ = 0;
  value newer_{};  // from back to end
};

}  // namespace levada::inline v0::detail
