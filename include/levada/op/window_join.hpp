// SPDX-License-Identifier: BSL-1.0
// window_join: pairs of two streams that fall into one window of event time: what was ordered and what was delivered in one day.
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
#include <levada/op/window.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {
template <duration Size>
struct window_rule {
  static constexpr std::string_view kind = "window_join";

  /// From the first nanosecond of the window to its last.
  template <std::size_t>
  [[nodiscard]] LEVADA_INLINE static constexpr partner_times partners(timestamp t) {
    const std::int64_t rest = t.ns % Size.ns, into = rest < 0 ? rest + Size.ns : rest;
    return {detail::later(t, duration{-into}), detail::later(t, duration{Size.ns - 1 - into})};
  }
  /// While its window is open an event meets all its partners.
  [[nodiscard]] LEVADA_INLINE static constexpr bool is_late(timestamp, const partner_times& window, timestamp clock) {
    return window.last < clock;
  }
  [[nodiscard]] static constexpr timestamp held_back(timestamp clock) { return partners<0>(clock).first; }
  [[nodiscard]] static constexpr bool run_out(timestamp before, timestamp now) { return partners<0>(before).last < now; }
};
}  // namespace detail

/// Takes  events of two streams; `on` says their keys, `at` their times (and whether a late one is dropped or put aside). Windows
///        are aligned to 1970.
/// Emits  combine(left, right), or joined{left, right}, for each pair of a key in one window: at once, when the second of them
///        comes; if it meets several, the newest first. With join_kind::left the left events that met nobody follow when the
///        watermark passes the window's end, in the order in which they came; with join_kind::outer the right ones after them. At
///        the end of the stream all windows end. Watermarks go on as the beginning of the window that they are in.
/// Holds  of each stream the events of open windows, at most so many as `buffers` says, from the start on; and `bound` keys. A
/// key
///        whose events the watermark has left behind by `idle`, and by a window, is forgotten, and retired below.
/// Fails  an event is late when its window has ended. One that finds no room, or whose key finds none, is dropped and counted.
///        Room is given back in the order of arrival: a time far in the future keeps what came behind it; clamp such times first.
/// Costs  a lookup, and a look at each event of the key that is held of the other stream. With left and outer, at the end of a
///        window, a look at all that is held.
template <fixed_string Name, auto Shape, join_kind Kind, class LeftKey, class RightKey, class LeftAt, class RightAt,
          class Combine>
struct window_join_description {
  join_keys<LeftKey, RightKey> key_of;
  pack<LeftAt, RightAt> times;
  [[no_unique_address]] Combine combine;
  keys options;
  buffers room;

  template <class In>
  static consteval bool fits() {
    constexpr bool tumbles =
        std::is_same_v<std::remove_const_t<decltype(Shape)>, tumbling<duration>> && detail::panes<Shape> == 1;
    static_assert(tumbles, "window_join: its windows are lengths of time that follow each other, as tumbling{10_s}");
    if constexpr (tumbles) {
      if constexpr (detail::are_two<In>()) {
        using A = typename detail::two_streams<In>::left;
        using B = typename detail::two_streams<In>::right;
        if constexpr (detail::keys_meet<LeftKey, RightKey, A, B>())
          if constexpr (detail::tell_times<LeftAt, RightAt, A, B>())
            if constexpr (detail::are_holdable<A, B>()) return detail::combines<Kind, Combine, A, B>();
      }
    }
    return false;
  }
  template <class In>
  constexpr auto bind() && {
    using rule = detail::window_rule<Shape.size>;
    return detail::pair_join<Name, rule, Kind, LeftKey, RightKey, LeftAt, RightAt, Combine, In>{
        std::move(key_of.of), std::move(times), std::move(combine), rule{}, {options, Shape.size}, room};
  }
};

template <fixed_string Name, auto Shape, join_kind Kind = join_kind::inner, class L, class R, class LT, late LP, class RT,
          late RP, class Combine>
  requires(!std::same_as<Combine, keys>)
constexpr auto window_join(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, Combine combine,
                           keys options = {}, buffers room = {}) {
  LEVADA_CHECK(left.allowed == duration{} && right.allowed == duration{}, left.allowed.ns);
  return link{window_join_description<Name, Shape, Kind, L, R, time_of_event<LT, LP>, time_of_event<RT, RP>, Combine>{
      std::move(on), {{std::move(left)}, {std::move(right)}}, std::move(combine), options, room}};
}
template <fixed_string Name, auto Shape, join_kind Kind = join_kind::inner, class L, class R, class LT, late LP, class RT,
          late RP>
constexpr auto window_join(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, keys options = {},
                           buffers room = {}) {
  return window_join<Name, Shape, Kind>(std::move(on), std::move(left), std::move(right), detail::side_by_side{}, options, room);
}

}  // namespace levada::inline v0
