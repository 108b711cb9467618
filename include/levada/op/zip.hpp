// SPDX-License-Identifier: BSL-1.0
// zip: pairs of two streams that belong together by their time: the image of the left camera and that of the right one.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/joining.hpp>
#include <levada/op/detail/timeline.hpp>
#include <levada/op/join.hpp>
#include <levada/op/key_by.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// The key of a stream without keys: all events have the same.
struct one_key {
  constexpr std::uint8_t operator()(const auto&) const { return 0; }
};

template <fixed_string Name, class LeftKey, class RightKey, class LeftAt, class RightAt, class Combine, class Inputs>
struct zip_operator {
  static constexpr std::string_view kind = "zip";
  static constexpr std::string_view name = Name.view();
  static constexpr bool has_keys = !std::is_same_v<LeftKey, one_key>;
  static constexpr bool assigns_slots = has_keys;
  using left_type = typename two_streams<Inputs>::left;
  using right_type = typename two_streams<Inputs>::right;
  using key_type = picked_type<LeftKey, left_type>;
  using result_type = combined_type<join_kind::inner, Combine, left_type, right_type>;
  template <class R>
  using emitted = std::conditional_t<has_keys, keyed<key_type, R>, R>;
  template <class>
  using output = emitted<result_type>;
  using aside_type = emitted<unjoined<left_type, right_type>>;

  pack<LeftKey, RightKey> key_of;
  pack<LeftAt, RightAt> times;
  duration tolerance;
  [[no_unique_address]] Combine combine;
  aged_keys<key_type> known;
  std::uint32_t bound;
  pack<timeline<left_type>, timeline<right_type>> waiting{};
  timers alarms{};  // at the time of the earliest event that waits of a key
  timestamp clock = long_ago;

  template <std::size_t I, class E>
  void take(const E& arriving, auto out) {
    const auto& e = levada::payload(arriving);
    const timestamp t = levada::pick(get<I>(times).time, e);
    const key_type k = levada::pick(get<I>(key_of), e);
    if (t < clock) [[unlikely]] {
      if constexpr (element<I, pack<LeftAt, RightAt>>::policy == late::aside)
        return put_aside<I>(known.table.find(k), e, out);
      else
        return out.drop();
    }
    const std::uint32_t slot = known.table.intern(k, known.age_of(t));
    if (slot == aged_keys<key_type>::none || !get<I>(waiting).insert(slot, e, t)) [[unlikely]]
      return out.drop();
    if (!alarms.is_set(slot) || t < alarms.at(slot)) alarms.set(slot, t);
  }
  void on(const start&, auto out) {
    const std::uint32_t slots_here = known.start();
    get<0>(waiting).start(slots_here, bound);
    get<1>(waiting).start(slots_here, bound);
    alarms.resize(slots_here);
    clock = long_ago;
    out.raise(start{has_keys ? slots_here : 1});
  }
  void on(const watermark& w, auto out) {
    if (w.time > clock) clock = w.time;
    // A partner is at most one tolerance away, and an event that is nearer to that one at most another.
    const timestamp settled = detail::later(clock, -(tolerance * 2));
    if (settled != long_ago) settle(settled - duration{1}, out);
    out.raise(watermark{settled});  // also when it is said again: the stream resumes
    known.retire(clock, [&](std::uint32_t slot) { out.raise(retire{slot}); });
  }
  void on(const end_of_stream& s, auto out) {
    settle(never, out);
    out.raise(s);
  }
  /// The slots of the streams above say nothing here.
  void on(const retire&, auto) {}

  void persist(auto& archive) {
    archive(known.table, alarms, clock);
    get<0>(waiting).persist(archive);
    get<1>(waiting).persist(archive);
  }

 private:
  /// Decides all events up to `last`, in the order of their times.
  void settle(timestamp last, auto out) {
    for (std::uint32_t slot = alarms.pop(last); slot != timers::none; slot = alarms.pop(last)) {
      if (first_time<0>(slot) <= first_time<1>(slot) && has<0>(slot))
        settle_first<0>(slot, out);
      else
        settle_first<1>(slot, out);
      const timestamp l = first_time<0>(slot), r = first_time<1>(slot);
      if (has<0>(slot) || has<1>(slot)) alarms.set(slot, l < r ? l : r);
    }
  }
  /// Decides the earliest event of a key, which is of input I: with the first of the other stream, unless that is too far away,
  /// or nearer to the event that follows.
  template <std::size_t I>
  void settle_first(std::uint32_t slot, auto out) {
    auto& own = get<I>(waiting);
    auto& other = get<1 - I>(waiting);
    const auto& first = own.look(own.first(slot));
    bool meets = has<1 - I>(slot);
    if (meets) {
      const timestamp partner = first_time<1 - I>(slot);
      const std::uint64_t away = apart(first.time, partner);
      meets = away <= static_cast<std::uint64_t>(tolerance.ns) &&
              (first.later == own.none || apart(own.look(first.later).time, partner) >= away);
    }
    own.take_first(slot);
    if (!meets) return put_aside<I>(slot, first.event, out);
    const auto& partner = other.look(other.first(slot));
    other.take_first(slot);
    if constexpr (I == 0)
      emit(slot, first.event, partner.event, out);
    else
      emit(slot, partner.event, first.event, out);
  }
  void emit(std::uint32_t slot, const left_type& left, const right_type& right, auto out) {
    const auto& result = combine(left, right);
    if constexpr (has_keys)
      out(emitted<result_type>{slot, levada::pick(get<0>(key_of), left), result});
    else
      out(static_cast<const result_type&>(result));
  }
  template <std::size_t I, class E>
  void put_aside(std::uint32_t slot, const E& e, auto out) {
    const auto one = detail::alone<I, left_type, right_type>(e);
    if constexpr (has_keys)
      out.aside(aside_type{slot, levada::pick(get<I>(key_of), e), one});
    else
      out.aside(one);
  }
  template <std::size_t I>
  [[nodiscard]] bool has(std::uint32_t slot) const {
    return get<I>(waiting).first(slot) != 0;
  }
  template <std::size_t I>
  [[nodiscard]] timestamp first_time(std::uint32_t slot) const {
    return has<I>(slot) ? get<I>(waiting).look(get<I>(waiting).first(slot)).time : never;
  }
};

}  // namespace detail

/// Takes  events of two streams, in any order; `at` says their times (and whether a late one is dropped or put aside), `on` their
///        keys, if only events of one key belong together.
/// Emits  combine(left, right), or joined{left, right}, of events that are at most `tolerance` apart, each event once, in the
/// order
///        of time: the earliest event meets the first of the other stream that has not met anybody, unless its own stream's next
///        one is nearer to that. Emitted when the watermark is two tolerances beyond, because then nobody nearer can come; at the
///        end of the stream all is. Watermarks go on later by as much. What met nobody goes aside.
/// Holds  `bound` events of each stream, and their keys; from the start on. A key whose events the watermark has left behind by
///        `idle` is forgotten, and retired below.
/// Fails  an event before the watermark is late. What met nobody and has no branch aside(...) is dropped and counted, and so is
/// one
///        that finds no room, or whose key finds none.
/// Costs  a lookup, and a step for each event of its key that is later and came earlier; an alarm (state/timers.hpp).
template <fixed_string Name, class LeftKey, class RightKey, class LeftAt, class RightAt, class Combine>
struct zip_description {
  join_keys<LeftKey, RightKey> key_of;
  pack<LeftAt, RightAt> times;
  duration tolerance;
  [[no_unique_address]] Combine combine;
  keys options;
  std::uint32_t bound;

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
    return detail::zip_operator<Name, LeftKey, RightKey, LeftAt, RightAt, Combine, In>{
        std::move(key_of.of), std::move(times), tolerance, std::move(combine), {options, tolerance * 2}, bound};
  }
};

/// By key.
template <fixed_string Name = "", class L, class R, class LT, late LP, class RT, late RP, class Combine>
  requires(!std::same_as<Combine, keys>)
constexpr auto zip(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, duration tolerance,
                   Combine combine, keys options = {}, std::uint32_t bound = 65'536) {
  LEVADA_CHECK(tolerance.ns >= 0, tolerance.ns);
  LEVADA_CHECK(left.allowed == duration{} && right.allowed == duration{}, left.allowed.ns);
  return link{zip_description<Name, L, R, time_of_event<LT, LP>, time_of_event<RT, RP>, Combine>{
      std::move(on), {{std::move(left)}, {std::move(right)}}, tolerance, std::move(combine), options, bound}};
}
template <fixed_string Name = "", class L, class R, class LT, late LP, class RT, late RP>
constexpr auto zip(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, duration tolerance,
                   keys options = {}, std::uint32_t bound = 65'536) {
  return zip<Name>(std::move(on), std::move(left), std::move(right), tolerance, detail::side_by_side{}, options, bound);
}
/// Without keys.
template <fixed_string Name = "", class LT, late LP, class RT, late RP, class Combine>
  requires(!std::integral<Combine>)
constexpr auto zip(time_of_event<LT, LP> left, time_of_event<RT, RP> right, duration tolerance, Combine combine,
                   std::uint32_t bound = 65'536) {
  return zip<Name>(levada::on(detail::one_key{}, detail::one_key{}), std::move(left), std::move(right), tolerance,
                   std::move(combine), {.bound = 1}, bound);
}
template <fixed_string Name = "", class LT, late LP, class RT, late RP>
constexpr auto zip(time_of_event<LT, LP> left, time_of_event<RT, RP> right, duration tolerance, std::uint32_t bound = 65'536) {
  return zip<Name>(std::move(left), std::move(right), tolerance, detail::side_by_side{}, bound);
}

}  // namespace levada::inline v0
