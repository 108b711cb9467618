// SPDX-License-Identifier: BSL-1.0
// subtract: the aggregate of a queue whose elements can be taken back without a trace: integers, counts, groups.
#pragma once

#include <levada/core/config.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

/// What two_stacks does, with the same ring and an M that has M::retract(all, oldest) as well. Floating point has no place here:
/// what was rounded when a large value came stays when it goes.
/// Costs  a push: one append; a pop: one retract; all(): nothing.
template <class M>
class subtract {
 public:
  using value = typename M::value;

  [[nodiscard]] std::uint32_t size() const { return end_ - front_; }
  [[nodiscard]] std::uint32_t oldest() const { return front_; }

  LEVADA_INLINE void push(const value& v, auto ring) {
    ring[end_] = v;
    if (end_ == front_) [[unlikely]]
      all_ = v;
    else
      M::append(all_, v, 1);
    ++end_;
  }
  LEVADA_INLINE void pop(auto ring) {
    M::retract(all_, ring.look(front_));
    ++front_;
  }
  [[nodiscard]] LEVADA_INLINE value all(auto) const { return all_; }

 private:
  std::uint32_t front_ = 0;
  std::uint32_t end_ = 0;
  value all_{};
};

}  // namespace levada::inline v0::detail
