// SPDX-License-Identifier: BSL-1.0
// match: how a pattern matches, and what it has found: the events that made it, step by step, and when it began and ended.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/op/row.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

/// What a match makes of the other partial matches of its key, and of the event that completed it.
enum class skip : std::uint8_t {
  past_last,  ///< they are given up, and that event begins none: matches do not overlap
  to_next,    ///< they go on, and it may begin one: a match for each event that begins one
  none        ///< as to_next; and a last step that may repeat goes on: a match for each further event
};
/// Who goes when a partial match finds no room.
enum class when_full : std::uint8_t { drop_newest, drop_oldest };
/// What becomes of a partial match whose time is over.
enum class timed_out : std::uint8_t { forget, aside };

/// How a pattern matches: pattern<"name", matching{.partials = 4, .after_match = skip::to_next}>(...).
struct matching {
  std::uint32_t partials = 1;  ///< at a time, a key
  skip after_match = skip::past_last;
  when_full full = when_full::drop_newest;
  timed_out expired = timed_out::forget;
};

namespace detail {
/// A step as a match remembers it: so many events find room; one that repeats is a span.
template <fixed_string Name, std::uint32_t Room, bool Repeats>
struct step_in_match {
  static constexpr auto name = Name;
  static constexpr std::uint32_t room = Room;
  static constexpr bool repeats = Repeats;
};
}  // namespace detail

/// Holds  what the pattern keeps of each event (the event itself, if it says nothing else), in the order of the steps. Below
/// key_by
///        a match has a member `key`.
/// A predicate is given the match as it is so far: a step that has not come yet has a count of 0, and values like Kept{}.
template <class Key, class Kept, class... Steps>
struct match : detail::row_key<Key> {
  timestamp start{};  ///< of its first event
  timestamp end{};    ///< of its last one; where it ends with an absence, when that was certain
  std::uint32_t counts[sizeof...(Steps)]{};
  std::uint32_t latest = 0;
  Kept kept[(Steps::room + ...)]{};

  /// What was kept of a step: a reference, or for a step that repeats a span in the order in which its events came. Of a step
  /// that may repeat without end that is the first ones and, in the last place, the latest.
  template <fixed_string Name>
  [[nodiscard]] constexpr decltype(auto) get() const {
    constexpr std::size_t at = index<Name>();
    static_assert(at < sizeof...(Steps), "match: this pattern has no step of that name");
    if constexpr (at < sizeof...(Steps)) {
      const Kept* const first = kept + place_of(at, 0);
      if constexpr (repeating[at])
        return std::span<const Kept>(first, counts[at] < rooms[at] ? counts[at] : rooms[at]);
      else
        return static_cast<const Kept&>(*first);
    } else {
      return static_cast<const Kept&>(kept[0]);  // so that the sentence stays the only error
    }
  }
  /// How many events the step took.
  template <fixed_string Name>
  [[nodiscard]] constexpr std::uint32_t count() const {
    constexpr std::size_t at = index<Name>();
    static_assert(at < sizeof...(Steps), "match: this pattern has no step of that name");
    return counts[at < sizeof...(Steps) ? at : 0];
  }
  /// What was kept of the latest event that the match took.
  [[nodiscard]] constexpr const Kept& last() const { return kept[latest]; }

  /// Takes one more event of a step, at time t.
  LEVADA_INLINE constexpr void take(std::size_t step, const Kept& one, timestamp t) {
    latest = place_of(step, counts[step]++);
    kept[latest] = one;
    end = t;
  }

 private:
  static constexpr std::uint32_t rooms[sizeof...(Steps)] = {Steps::room...};
  static constexpr bool repeating[sizeof...(Steps)] = {Steps::repeats...};

  template <fixed_string Name>
  static consteval std::size_t index() {
    std::size_t found = sizeof...(Steps), i = 0;
    ((found = found == sizeof...(Steps) && Steps::name == Name ? i : found, ++i), ...);
    return found;
  }
  /// Where event `n` of a step lies: those that find no room, in its last place.
  LEVADA_INLINE static constexpr std::uint32_t place_of(std::size_t step, std::uint32_t n) {
    std::uint32_t before = 0;
    for (std::size_t i = 0; i < step; ++i) before += rooms[i];
    return before + (n < rooms[step] ? n : rooms[step] - 1);
  }
};

}  // namespace levada::inline v0
