// SPDX-License-Identifier: BSL-1.0
// join_side: the events that a join holds of one stream, in the order in which they came, each with the number of the one of its
// key that came before it. Room is given back at the old end only, so a link to an event that is gone is known by its number, and
// nobody mends lists.
#pragma once

#include <levada/core/config.hpp>
#include <levada/state/slots.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace levada::inline v0::detail {

/// Numbers count from 1 and never come again; 0 is nobody. `Mark` is what is remembered of an event beside it.
template <class E, class Mark>
struct join_side {
  struct node {
    E event{};
    std::uint64_t before = 0;  // the number of its key's last event but this one
    [[no_unique_address]] Mark mark{};
  };
  struct numbers {
    std::uint64_t first = 1;  // held: those from the first
    std::uint64_t end = 1;    // to the one before the end
  };
  slots<node> nodes{};
  numbers held{};

  void start(std::uint32_t bound) {
    LEVADA_CHECK(bound > 0 && bound <= 1u << 30, bound);
    nodes.resize(std::bit_ceil(bound));
    held = {};
  }
  struct in_span {
    typename slots<node>::in_span nodes;
    numbers* held;
    std::uint64_t mask;

    [[nodiscard]] LEVADA_INLINE const node& look(std::uint64_t number) const { return nodes.look(number & mask); }
    [[nodiscard]] LEVADA_INLINE node& operator[](std::uint64_t number) const { return nodes[number & mask]; }
  };
  [[nodiscard]] LEVADA_INLINE in_span enter() { return {nodes.enter(), &held, nodes.size() - 1}; }
};

}  // namespace levada::inline v0::detail
