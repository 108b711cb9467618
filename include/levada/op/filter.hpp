// SPDX-License-Identifier: BSL-1.0
// filter: passes on the events for which a predicate holds. Where the branch predictor cannot guess, take select.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>

#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E, in order; the predicate is called once for each, as bool(const Event&).
/// Emits  the same events, those for which the predicate holds.
/// Holds  nothing.
/// Fails  never by itself; a predicate that throws ends the flow.
/// Costs  one branch an event; 1 ns or less when it is predictable.
template <fixed_string Name, class Predicate>
struct filter_operator {
  static constexpr std::string_view kind = "filter";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  [[no_unique_address]] Predicate predicate;

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = predicate_on<Predicate, E>;
    static_assert(ok, "filter: the predicate must be callable as bool(const Event&) with the event type that arrives here");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    if (predicate(levada::payload(e)))
      out(e);
    else
      out.reject();
  }
};

template <fixed_string Name = "", class Predicate>
constexpr auto filter(Predicate predicate) {
  return link{filter_operator<Name, Predicate>{std::move(predicate)}};
}

}  // namespace levada::inline v0
