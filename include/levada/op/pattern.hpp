// SPDX-License-Identifier: BSL-1.0
// pattern: finds events that follow each other in a given way, for each key. Steps, repetition, what must not lie between or come
// after, and how long all may take are compiled into an automaton.
//   pattern<"card theft">(at(&payment::time), every<"test">(is_small).at_least<3>().then<"theft">(is_large).within(1_min))
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/pattern_operator.hpp>
#include <levada/op/detail/pattern_step.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Steps on their way into a pattern; `Before` and `Last` are those so far. Each member gives a longer sequence.
///
/// A predicate is called as bool(const Event&), or as bool(const Event&, const match&) with what was matched so far. A step has
/// at most `gap` from the event before it, if that is given. Times are compared as `less than`: what comes exactly at the end of
/// a gap or of the whole is too late.
template <class Before, class Last, class Guard, class Absence, class Keep>
struct sequence {
  Before before;
  [[no_unique_address]] Last last;
  [[no_unique_address]] Guard guard;  // of the step to come
  [[no_unique_address]] Absence absence;
  [[no_unique_address]] Keep kept;
  duration limit{};
  duration absence_gap{};

  /// An event that fits comes after the step before. Anything may lie between.
  template <fixed_string Name = "", class Predicate>
  constexpr auto then(Predicate predicate, duration gap = {}) && {
    return std::move(*this).template step<Name, false>(std::move(predicate), gap);
  }
  /// The very next event of the key fits; else the partial match is over.
  template <fixed_string Name = "", class Predicate>
  constexpr auto next(Predicate predicate, duration gap = {}) && {
    return std::move(*this).template step<Name, true>(std::move(predicate), gap);
  }
  /// The partial match is over when an event that fits lies between the step before and the step behind. An event that fits the
  /// step behind as well is that step, and lies not between.
  template <class Predicate>
  constexpr auto unless(Predicate predicate) && {
    if constexpr (std::is_same_v<Guard, detail::no_predicate>)
      return std::move(*this).with(std::move(predicate));
    else
      return std::move(*this).with(detail::either<Guard, Predicate>{guard, std::move(predicate)});
  }
  /// At the end: it is a match when nothing that fits came for `gap` after the last step, or until the whole time is over.
  template <class Predicate>
  constexpr auto absent(Predicate predicate, duration gap = {}) && {
    return sequence<Before, Last, Guard, Predicate, Keep>{
        std::move(before), std::move(last), std::move(guard), std::move(predicate), std::move(kept), limit, gap};
  }

  /// The step before takes N events; or N to M; or N and any number more. A step that may take another event or let the next
  /// step have it lets it have it.
  template <std::uint32_t N, std::uint32_t M = N>
  constexpr auto times() && {
    return std::move(*this).template repeated<N, M>();
  }
  template <std::uint32_t N>
  constexpr auto at_least() && {
    return std::move(*this).template repeated<N, detail::any_number>();
  }
  /// All of it takes less than `d`, from the first event to the last.
  constexpr auto within(duration d) && {
    LEVADA_CHECK(d.ns > 0, d.ns);
    limit = d;
    return std::move(*this);
  }
  /// A match keeps what this member or function gives of an event, in place of the event.
  template <class Value>
  constexpr auto keep(Value value) && {
    return sequence<Before, Last, Guard, Absence, Value>{std::move(before), std::move(last), std::move(guard), std::move(absence),
                                                         std::move(value),  limit,           absence_gap};
  }

 private:
  template <fixed_string Name, bool Strict, class Predicate>
  constexpr auto step(Predicate predicate, duration gap) && {
    LEVADA_CHECK(gap.ns >= 0, gap.ns);
    static_assert(std::is_same_v<Absence, detail::no_predicate>,
                  "pattern: absent(...) stands at the end; what must not lie between two steps is unless(...)");
    auto all = concatenate(std::move(before), pack<Last>{{std::move(last)}});
    using New = detail::pattern_step<Name, Strict, 1, 1, Predicate, Guard>;
    return sequence<decltype(all), New, detail::no_predicate, Absence, Keep>{
        std::move(all), New{std::move(predicate), std::move(guard), gap}, {}, std::move(absence), std::move(kept), limit,
        absence_gap};
  }
  template <class G>
  constexpr auto with(G g) && {
    return sequence<Before, Last, G, Absence, Keep>{std::move(before), std::move(last), std::move(g), std::move(absence),
                                                    std::move(kept),   limit,           absence_gap};
  }
  template <std::uint32_t Least, std::uint32_t Most>
  constexpr auto repeated() && {
    using New = typename Last::template repeated<Least, Most>;
    return sequence<Before, New, Guard, Absence, Keep>{
        std::move(before), New{std::move(last.predicate), std::move(last.guard), last.gap},
        std::move(guard),  std::move(absence),
        std::move(kept),   limit,
        absence_gap};
  }
};

/// Begins a sequence: every event that fits begins a partial match, if there is room.
template <fixed_string Name = "", class Predicate>
constexpr auto every(Predicate predicate) {
  using First = detail::pattern_step<Name, false, 1, 1, Predicate, detail::no_predicate>;
  return sequence<pack<>, First, detail::no_predicate, detail::no_predicate, detail::event_itself>{
      {}, First{std::move(predicate), {}, {}}, {}, {}, {}};
}

/// Takes  events E, below key_by or not, in the order in which they come; the extractor gives their time. Without one it is
///        processing time. A key's time is that of the event at hand or of the watermark, whichever is ahead.
/// Emits  a match for each that is found, by the event that completes it. One that ends with an absence comes when that is
/// certain:
///        by an event of the key that is beyond the time, or by the watermark (a tick). At the end of the stream nothing is.
///        With `timed_out::aside` partial matches whose time is over are put aside.
///        It finds the earliest event for each step, and does not go back: where that leads nowhere a later one is not tried.
/// Holds  `partials` partial matches a key, each with what it keeps of its events, from the start on. A retired key's are
/// forgotten
///        (and counted as dropped).
/// Fails  what would begin a partial match and finds no room is dropped and counted, or the oldest one is: as `when_full` says.
/// An
///        event that another partial match has taken has found room. An event older than the watermark is late: dropped and
///        counted, or put aside.
/// Costs  an event: one predicate for each partial match of its key, and that of the first step. With an absence, or
/// timed_out::aside,
///        setting an alarm when a partial match begins or goes on.
/// The automaton is that of Agrawal, Diao, Gyllstrom and Immerman (Efficient Pattern Matching over Event Streams, 2008) with the
/// strategy "skip till next match", which makes it deterministic, so a partial match is one state.
template <fixed_string Name, matching Options, class Time, class Sequence>
struct pattern_description;

template <fixed_string Name, matching Options, class Time, class... Before, class Last, class Guard, class Absence, class Keep>
struct pattern_description<Name, Options, Time, sequence<pack<Before...>, Last, Guard, Absence, Keep>> {
  [[no_unique_address]] Time time;
  sequence<pack<Before...>, Last, Guard, Absence, Keep> steps;

  template <class E>
  static consteval bool fits() {
    using P = payload_type<E>;
    constexpr bool shaped = detail::pattern_is_shaped<Options, Guard, Before..., Last>();
    if constexpr (shaped) {
      constexpr bool keeps = detail::can_keep<Keep, P>();
      static_assert(keeps,
                    "pattern: what a match keeps must be trivially copyable and have a default: the event that arrives here, or "
                    "what keep(...) gives of it");
      if constexpr (keeps) {
        using match_type = detail::match_of<E, Keep, Before..., Last>;
        constexpr bool judges = ((Before::template judges<P, match_type> && ...) && Last::template judges<P, match_type> &&
                                 detail::judges<Absence, P, match_type>);
        static_assert(judges,
                      "pattern: a predicate must be callable as bool(const Event&) or bool(const Event&, const match&) with the "
                      "event type that arrives here");
        return judges && detail::pattern_has_time<Options, Time, P>();
      }
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    const bool ends = !detail::is_predicate<Absence> || steps.limit.ns > 0 || steps.absence_gap.ns > 0;
    LEVADA_CHECK(ends, steps.absence_gap.ns);  // an absence needs an end: absent(predicate, 20_min), or within(20_min)
    return detail::pattern_operator<Name, Options, Time, E, Keep, Absence, Before..., Last>(std::move(time), std::move(steps));
  }
};

/// pattern<"name", matching{.partials = 4}>(at(&payment::time), every<"a">(...).then<"b">(...).within(5_s)).
template <fixed_string Name = "", matching Options = matching{}, class Time, late Policy, class... Parts>
constexpr auto pattern(time_of_event<Time, Policy> time, sequence<Parts...> steps) {
  LEVADA_CHECK(time.allowed == duration{}, time.allowed.ns);
  return link{
      pattern_description<Name, Options, time_of_event<Time, Policy>, sequence<Parts...>>{std::move(time), std::move(steps)}};
}
template <fixed_string Name = "", matching Options = matching{}, class... Parts>
constexpr auto pattern(sequence<Parts...> steps) {
  return link{pattern_description<Name, Options, detail::at_processing, sequence<Parts...>>{{}, std::move(steps)}};
}

}  // namespace levada::inline v0
