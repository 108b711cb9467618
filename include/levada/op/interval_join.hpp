// SPDX-License-Identifier: BSL-1.0
// interval_join: pairs of two streams whose times are close: the click within ten minutes after the page, the reading within a
// second around the command.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/joining.hpp>
#include <levada/op/detail/pair_join.hpp>
#include <levada/op/join.hpp>
#include <levada/op/key_by.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// How far the right event may be behind the left one, both ends among it: between{-1_s, +1_s}.
struct between {
  duration first{};
  duration last{};
};

namespace detail {
struct interval_rule {
  static constexpr std::string_view kind = "interval_join";
  between offset;

  template <std::size_t I>
  [[nodiscard]] LEVADA_INLINE constexpr partner_times partners(timestamp t) const {
    return I == 0 ? partner_times{detail::later(t, offset.first), detail::later(t, offset.last)}
                  : partner_times{detail::later(t, -offset.last), detail::later(t, -offset.first)};
  }
  /// What came before the watermark may have gone, so a late event would meet some of its partners and not others.
  [[nodiscard]] LEVADA_INLINE static constexpr bool is_late(timestamp t, const partner_times&, timestamp clock) {
    return t < clock;
  }
  [[nodiscard]] constexpr timestamp held_back(timestamp clock) const { return detail::later(clock, -reach()); }
  [[nodiscard]] constexpr duration reach() const {
    const duration behind = offset.last, before = -offset.first, zero{};
    const duration most = behind < before ? before : behind;
    return most < zero ? zero : most;
  }
  static constexpr bool run_out(timestamp, timestamp) { return false; }
};
}  // namespace detail

/// Takes  events of two streams; `on` says their keys, `at` their times (and whether a late one is dropped or put aside).
/// Emits  combine(left, right), or joined{left, right}, for each pair of a key with the right time minus the left time in the
///        interval: at once, when the second of them comes; if it meets several, the newest first. Watermarks go on later by the
///        length of the interval, so that the time of either event is not late below.
/// Holds  of each stream the events that may still meet one, at most so many as `buffers` says, from the start on; and `bound`
///        keys. A key whose events the watermark has left behind by `idle` is forgotten, and retired below.
/// Fails  an event before the watermark is late. One that finds no room, or whose key finds none, is dropped and counted. Room is
///        given back in the order of arrival: a time far in the future keeps what came behind it; clamp such times first.
/// Costs  a lookup, and a look at each event of the key that is held of the other stream.
template <fixed_string Name, class LeftKey, class RightKey, class LeftAt, class RightAt, class Combine>
struct interval_join_description {
  join_keys<LeftKey, RightKey> key_of;
  pack<LeftAt, RightAt> times;
  between offset;
  [[no_unique_address]] Combine combine;
  keys options;
  buffers room;

  template <class In>
  static consteval bool fits() {
    if constexpr (detail::are_two<In>()) {
      using A = typename detail::two_streams<In>::left;
      using B = typename detail::two_streams<In>::right;
      if constexpr (detail::keys_meet<LeftKey, RightKey, A, B>())
        if constexpr (detail::tell_times<LeftAt, RightAt, A, B>())
          if constexpr (detail::are_holdable<A, B>()) return detail::combines<join_kind::inner, Combine, A, B>();
    }
    return false;
  }
  template <class In>
  constexpr auto bind() && {
    const detail::interval_rule rule{offset};
    return detail::pair_join<Name, detail::interval_rule, join_kind::inner, LeftKey, RightKey, LeftAt, RightAt, Combine, In>{
        std::move(key_of.of), std::move(times), std::move(combine), rule, {options, rule.reach()}, room};
  }
};

template <fixed_string Name = "", class L, class R, class LT, late LP, class RT, late RP, class Combine>
  requires(!std::same_as<Combine, keys>)
constexpr auto interval_join(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, between offset,
                             Combine combine, keys options = {}, buffers room = {}) {
  LEVADA_CHECK(offset.first <= offset.last, offset.first.ns);
  LEVADA_CHECK(left.allowed == duration{} && right.allowed == duration{}, left.allowed.ns);
  return link{interval_join_description<Name, L, R, time_of_event<LT, LP>, time_of_event<RT, RP>, Combine>{
      std::move(on), {{std::move(left)}, {std::move(right)}}, offset, std::move(combine), options, room}};
}
template <fixed_string Name = "", class L, class R, class LT, late LP, class RT, late RP>
constexpr auto interval_join(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, between offset,
                             keys options = {}, buffers room = {}) {
  return interval_join<Name>(std::move(on), std::move(left), std::move(right), offset, detail::side_by_side{}, options, room);
}

}  // namespace levada::inline v0
