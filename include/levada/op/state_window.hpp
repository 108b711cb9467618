// SPDX-License-Identifier: BSL-1.0
// state_window: results over the events in a row that have the same value: a machine's phase, a driver at the wheel.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/run_window.hpp>
#include <levada/op/row.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What a state_window emits: a row, and the value that its events had in common.
template <class Row, class State>
struct row_of_state : Row {
  State state{};
};

namespace detail {
struct state_kind {
  static constexpr std::string_view kind = "state_window";
  template <class Value>
  using value_type = Value;
  template <class Row, class State>
  using row_type = row_of_state<Row, State>;
  static constexpr bool has_window(const auto&) { return true; }
};
}  // namespace detail

/// Takes  events E, below key_by or not, in the order in which they come: nothing is sorted, so put drop_late before it where
///        times may step back. The state is a member or what a callable returns: trivially copyable, with ==.
/// Emits  a row a window, with the value as its member `state`. A window closes with the first event of its key that has another
///        value, and that opens the next: one's `end` is the other's `start`. Times are those of at(&E::time), if that
///        follows the state, else of processing. What has fewer events than minimum::events, or is shorter than
///        minimum::time, is passed over. Open windows are emitted up to their last event when the stream ends, and when
///        their key is retired.
/// Holds  one window a key.
/// Fails  never by itself.
/// Costs  a comparison and a window's sums.
template <fixed_string Name, minimum Least, class Value, class Clock, class... Aggregations>
struct state_window_description {
  [[no_unique_address]] Value value;
  Clock clock;
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    constexpr bool picks = picks_from<Value, E>;
    static_assert(picks,
                  "state_window: the state must be a member of the event type that arrives here, or a function callable with it");
    if constexpr (picks) {
      using V = picked_type<Value, E>;
      constexpr bool compares = std::is_trivially_copyable_v<V> && std::default_initializable<V> && std::equality_comparable<V>;
      static_assert(compares, "state_window: the state must be trivially copyable, with a default value and ==");
      return compares && detail::runs_fit<payload_type<E>, Clock, Aggregations...>();
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    return detail::run_window<Name, detail::state_kind, Least, Value, Clock, E, Aggregations...>{
        std::move(value), std::move(clock), std::move(aggregations)};
  }
};

template <fixed_string Name, minimum Least = minimum{}, class Value, class Time, late Policy, class... Aggregations>
constexpr auto state_window(Value value, time_of_event<Time, Policy> at, Aggregations... aggregations) {
  LEVADA_CHECK(at.allowed == duration{}, at.allowed.ns);
  static_assert(sizeof...(Aggregations) > 0,
                "state_window: say what to compute, as in state_window<...>(&E::phase, at(&E::time), aggregate<max>(&E::value))");
  return link{state_window_description<Name, Least, Value, time_of_event<Time, Policy>, Aggregations...>{
      std::move(value), std::move(at), {{std::move(aggregations)}...}}};
}
template <fixed_string Name, minimum Least = minimum{}, class Value, class... Aggregations>
constexpr auto state_window(Value value, Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0,
                "state_window: say what to compute, as in state_window<...>(&E::phase, aggregate<max>(&E::value))");
  return link{state_window_description<Name, Least, Value, detail::at_processing, Aggregations...>{
      std::move(value), {}, {{std::move(aggregations)}...}}};
}
template <minimum Least = minimum{}, class... Arguments>
constexpr auto state_window(Arguments... arguments) {
  return state_window<"", Least>(std::move(arguments)...);
}

}  // namespace levada::inline v0
