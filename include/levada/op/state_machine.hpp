// SPDX-License-Identifier: BSL-1.0
// state_machine: a table of transitions, for each key. It says when its state changes, by which event or after what time.
//   state_machine<"press", mode::idle>(at(&reading::time),
//                                      on<mode::idle, mode::running>(&reading::command, command::start),
//                                      on<mode::running, mode::idle>([](const reading& r) { return r.speed == 0; }),
//                                      after<mode::running, mode::stalled>(20_min))
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/state_machine_operator.hpp>
#include <levada/op/transition.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// From one state to another by an event that fits: a predicate, a bool member, or a value that the event is equal to.
template <auto From, auto To, class Predicate>
  requires std::is_same_v<decltype(From), decltype(To)>
constexpr auto on(Predicate predicate) {
  return detail::transition_by_event<From, To, Predicate>{std::move(predicate)};
}
/// By an event of which a member or function gives this value: on<mode::idle, mode::running>(&order::command, command::start).
template <auto From, auto To, class Value, class Wanted>
  requires std::is_same_v<decltype(From), decltype(To)>
constexpr auto on(Value value, Wanted wanted) {
  return on<From, To>(detail::has_value<Value, Wanted>{std::move(value), std::move(wanted)});
}
/// From one state to another when it has lasted for `time`.
template <auto From, auto To>
  requires std::is_same_v<decltype(From), decltype(To)>
constexpr auto after(duration time) {
  LEVADA_CHECK(time.ns > 0, time.ns);
  return detail::transition_by_time<From, To>{time};
}

/// What becomes of an event for which the state has no transition.
enum class unexpected : std::uint8_t { ignore, drop, aside };

/// Takes  events E, below key_by or not, in the order in which they come; the extractor gives their time. Without one it is
///        processing time. Of the transitions of a state the first one in the table that fits is taken.
/// Emits  a transition for each change of state, also one into the same state. A state's time is over by an event of the key that
///        is not before its end (that event then meets the new state), or by the watermark (a tick).
/// Holds  the state of each key and since when; with `after` the event that led to it, and 20 bytes for an alarm. A key's first
///        event finds it in the initial state, whose time begins then. A retired key's state is forgotten.
/// Fails  an event without a transition is ignored, dropped and counted, or put aside, as `Unexpected` says. One that is older
/// than
///        the watermark is late: dropped and counted, or put aside.
/// Costs  an event: the predicates of one state. A change: setting an alarm, if the table has an `after`.
template <fixed_string Name, auto Initial, unexpected Unexpected, class Time, class... Transitions>
struct state_machine_description {
  [[no_unique_address]] Time time;
  pack<Transitions...> transitions;

  template <class E>
  static consteval bool fits() {
    using P = payload_type<E>;
    using table = detail::transition_table<Initial, Transitions...>;
    constexpr bool one_type = table::is_of_one_type;
    static_assert(one_type, "state_machine: all states are values of the type of the initial state");
    if constexpr (one_type) {
      constexpr bool reached = table::all_are_reached();
      static_assert(reached, "state_machine: a transition leaves a state that the initial state does not lead to");
      constexpr bool one_time = table::times_are_unique();
      static_assert(one_time, "state_machine: a state has two transitions by time; only the shorter one could ever be taken");
      constexpr bool judges = (Transitions::template judges<P> && ...);
      static_assert(
          judges,
          "state_machine: on(...) needs a function callable as bool(const Event&) with the event type that arrives here, "
          "or a value to which the event, or a member of it, can be compared");
      constexpr bool stored = !table::has_times || (std::is_trivially_copyable_v<P> && std::is_default_constructible_v<P>);
      static_assert(stored, "state_machine: with after(...) the event must be trivially copyable and have a default: it is kept");
      return reached && one_time && judges && stored && detail::machine_has_time<Time, P>();
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    return detail::state_machine_operator<Name, Initial, Unexpected == unexpected::drop, Unexpected == unexpected::aside, Time, E,
                                          Transitions...>{{}, std::move(time), std::move(transitions)};
  }
};

template <fixed_string Name, auto Initial, unexpected Unexpected = unexpected::ignore, class Time, late Policy,
          detail::transition_of_machine... Transitions>
constexpr auto state_machine(time_of_event<Time, Policy> time, Transitions... transitions) {
  LEVADA_CHECK(time.allowed == duration{}, time.allowed.ns);
  return link{state_machine_description<Name, Initial, Unexpected, time_of_event<Time, Policy>, Transitions...>{
      std::move(time), {{std::move(transitions)}...}}};
}
template <fixed_string Name, auto Initial, unexpected Unexpected = unexpected::ignore,
          detail::transition_of_machine... Transitions>
constexpr auto state_machine(Transitions... transitions) {
  return link{state_machine_description<Name, Initial, Unexpected, detail::at_processing, Transitions...>{
      {}, {{std::move(transitions)}...}}};
}

}  // namespace levada::inline v0
