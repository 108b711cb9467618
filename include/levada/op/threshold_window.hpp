// SPDX-License-Identifier: BSL-1.0
// threshold_window: results over the events in a row for which a condition holds.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/run_window.hpp>
#include <levada/op/row.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {
struct threshold_kind {
  static constexpr std::string_view kind = "threshold_window";
  template <class>
  using value_type = bool;
  template <class Row, class>
  using row_type = Row;
  static constexpr bool has_window(bool holds) { return holds; }
};
}  // namespace detail

/// Takes  events E, below key_by or not, in the order in which they come: nothing is sorted, so put drop_late before it where
///        times may step back. The condition is a bool member or a callable as bool(const Event&).
/// Emits  a row a window. It opens with the first event of a key for which the condition holds, at the row's `start`, and closes
///        with the first for which it does not, at its `end`; that one is not in it. Times are those of at(&E::time), if that
///        follows the condition, else of processing. What has fewer events than minimum::events, or is shorter than
///        minimum::time, is passed over. Open windows are emitted up to their last event when the stream ends, and when their
///        key is retired.
/// Holds  one window a key.
/// Fails  never by itself.
/// Costs  the condition; while it holds, a window's sums.
template <fixed_string Name, minimum Least, class Condition, class Clock, class... Aggregations>
struct threshold_window_description {
  [[no_unique_address]] Condition condition;
  Clock clock;
  pack<Aggregations...> aggregations;

  template <class E>
  static consteval bool fits() {
    constexpr bool judges = predicate_member_or_function<E>();
    static_assert(judges,
                  "threshold_window: the condition must be a bool member of the event type that arrives here, or a function "
                  "callable as bool(const Event&)");
    return judges && detail::runs_fit<payload_type<E>, Clock, Aggregations...>();
  }
  template <class E>
  constexpr auto bind() && {
    return detail::run_window<Name, detail::threshold_kind, Least, Condition, Clock, E, Aggregations...>{
        std::move(condition), std::move(clock), std::move(aggregations)};
  }

 private:
  template <class E>
  static consteval bool predicate_member_or_function() {
    if constexpr (picks_from<Condition, E>)
      return std::is_convertible_v<picked_type<Condition, E>, bool>;
    else
      return false;
  }
};

template <fixed_string Name, minimum Least = minimum{}, class Condition, class Time, late Policy, class... Aggregations>
constexpr auto threshold_window(Condition condition, time_of_event<Time, Policy> at, Aggregations... aggregations) {
  LEVADA_CHECK(at.allowed == duration{}, at.allowed.ns);
  static_assert(
      sizeof...(Aggregations) > 0,
      "threshold_window: say what to compute, as in threshold_window<...>(condition, at(&E::time), aggregate<max>(&E::value))");
  return link{threshold_window_description<Name, Least, Condition, time_of_event<Time, Policy>, Aggregations...>{
      std::move(condition), std::move(at), {{std::move(aggregations)}...}}};
}
template <fixed_string Name, minimum Least = minimum{}, class Condition, class... Aggregations>
constexpr auto threshold_window(Condition condition, Aggregations... aggregations) {
  static_assert(sizeof...(Aggregations) > 0,
                "threshold_window: say what to compute, as in threshold_window<...>(condition, aggregate<max>(&E::value))");
  return link{threshold_window_description<Name, Least, Condition, detail::at_processing, Aggregations...>{
      std::move(condition), {}, {{std::move(aggregations)}...}}};
}
template <minimum Least = minimum{}, class... Arguments>
constexpr auto threshold_window(Arguments... arguments) {
  return threshold_window<"", Least>(std::move(arguments)...);
}

}  // namespace levada::inline v0
