// SPDX-License-Identifier: BSL-1.0
// timeline: events in lists, one a key, each in the order of their times. The events lie in one pool, so that a key takes of it
// what it needs.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

/// Holds  `bound` events, all keys together.
/// Costs  insert: a step for each event of the key that is later; none where events come in order.
template <class E>
class timeline {
 public:
  static constexpr std::uint32_t none = 0;
  struct node {
    E event{};
    timestamp time{};
    std::uint32_t earlier = none;
    std::uint32_t later = none;  // of those that are free, the next one
  };

  void start(std::uint32_t keys, std::uint32_t bound) {
    LEVADA_CHECK(bound > 0 && bound < UINT32_MAX, bound);
    nodes_.resize(std::size_t{bound} + 1);
    lists_.resize(keys);
    for (std::uint32_t i = 1; i < bound; ++i) nodes_[i].later = i + 1;
    free_ = 1;
  }
  /// Behind those of the same time. False if there is no room.
  bool insert(std::uint32_t slot, const E& e, timestamp t) {
    if (free_ == none) return false;
    const std::uint32_t at = free_;
    free_ = nodes_[at].later;
    list& own = lists_[slot];
    std::uint32_t before = own.last, after = none;
    while (before != none && look(before).time > t) after = before, before = look(before).earlier;
    nodes_[at] = {e, t, before, after};
    (before == none ? own.first : nodes_[before].later) = at;
    (after == none ? own.last : nodes_[after].earlier) = at;
    return true;
  }
  /// The earliest of a key, or none.
  [[nodiscard]] std::uint32_t first(std::uint32_t slot) const { return lists_[slot].first; }
  [[nodiscard]] const node& look(std::uint32_t at) const { return nodes_[at]; }
  /// What look() said of it stays there until the next insert.
  void take_first(std::uint32_t slot) {
    list& own = lists_[slot];
    const std::uint32_t at = own.first, next = look(at).later;
    own.first = next;
    (next == none ? own.last : nodes_[next].earlier) = none;
    nodes_[at].later = free_;
    free_ = at;
  }

  void persist(auto& archive) { archive(nodes_, lists_, free_); }

 private:
  struct list {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };
  slots<node> nodes_{};
  slots<list> lists_{};
  std::uint32_t free_ = none;
};

}  // namespace levada::inline v0::detail
