// SPDX-License-Identifier: BSL-1.0
// daba: the aggregate of a queue, with a bounded number of combinations for each operation: DABA Lite (Tangwongsan, Hirzel,
// Schneider: In-order sliding-window aggregation in worst-case constant time, VLDB Journal 30, 2021) on a ring.
#pragma once

#include <levada/core/config.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

/// What two_stacks does, with the same M and ring. It turns the newer stack while the older one is being used up, one step with
/// each operation, so that it is turned when it is needed. Of the older part
///   [front, left)   holds from each place to back: what may be asked for
///   [left, right)   holds from each place to right: the older stack of the time when turning began
///   [right, inner)  holds elements, which were the newer stack
///   [inner, back)   holds from each place to back: those that are turned
/// and [back, end) is the newer part. left to right is as long as right to inner, and
/// size of [left, back) + 1 = size of [front, back) - size of [back, end), so left reaches right in time.
/// Costs  a push: at most three appends; a pop: two; all(): one.
template <class M>
class daba {
 public:
  using value = typename M::value;

  [[nodiscard]] std::uint32_t size() const { return end_ - front_; }
  [[nodiscard]] std::uint32_t oldest() const { return front_; }

  LEVADA_INLINE void push(const value& v, auto ring) {
    ring[end_] = v;
    if (end_ == back_) [[unlikely]]
      newer_ = v;
    else
      M::append(newer_, v, 1);
    ++end_;
    step(ring);
  }
  LEVADA_INLINE void pop(auto ring) {
    ++front_;
    step(ring);
  }
  [[nodiscard]] LEVADA_INLINE value all(auto ring) const {
    value whole = ring.look(front_);
    if (back_ != end_) [[likely]]
      M::append(whole, newer_, end_ - back_);
    return whole;
  }

 private:
  LEVADA_INLINE void step(auto ring) {
    if (front_ == back_) [[unlikely]] {  // one element at most: its place holds it
      left_ = right_ = inner_ = back_ = end_;
      return;
    }
    if (left_ == back_) [[unlikely]] {  // both parts are of one size: all of the newer is to be turned
      left_ = front_;
      right_ = back_;
      inner_ = back_ = end_;
      turning_ = newer_;
    }
    if (left_ == right_) {  // turned
      ++left_, ++right_;
      return;
    }
    M::append(ring[left_], turning_, back_ - right_);
    ++left_;
    --inner_;
    if (inner_ + 1 != back_) [[likely]]
      M::append(ring[inner_], ring.look(inner_ + 1), back_ - inner_ - 1);
  }

  std::uint32_t front_ = 0;
  std::uint32_t left_ = 0;
  std::uint32_t right_ = 0;
  std::uint32_t inner_ = 0;
  std::uint32_t back_ = 0;
  std::uint32_t end_ = 0;
  value turning_{};  // from right to back, while left has not reached right
  value newer_{};    // from back to end
};

}  // namespace levada::inline v0::detail
