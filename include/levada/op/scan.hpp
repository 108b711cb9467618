// SPDX-License-Identifier: BSL-1.0
// scan: map with a memory. The step sees its state (one a key, below key_by) and an event, and answers at once.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E, in order; step(State&, const Event&) is called once for each and returns a value.
/// Emits  its results.
/// Holds  one state a key; a retired key's state is forgotten.
/// Fails  never by itself.
/// Costs  the step.
template <fixed_string Name, class State, class Step, class In>
struct scan_operator {
  static constexpr std::string_view kind = "scan";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  State initial;
  [[no_unique_address]] Step step;
  slots<State> state{};

  using result_type =
      std::remove_cvref_t<decltype(std::declval<Step&>()(std::declval<State&>(), std::declval<const payload_type<In>&>()))>;
  template <class>
  using output = relayed_type<In, result_type>;

  struct in_span {
    [[no_unique_address]] for_a_span<Step, State&, const payload_type<In>&> step;
    typename slots<State>::in_span states;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      const auto& result = step(states[levada::slot_of(e)], levada::payload(e));
      out(levada::relay(e, result));
    }
  };
  [[nodiscard]] in_span enter() { return {step, state.enter()}; }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    for (State& one : state) one = initial;
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state[r.slot] = initial;
    out.raise(r);
  }
};

template <fixed_string Name, class State, class Step>
struct scan_description {
  State initial;
  [[no_unique_address]] Step step;

  template <class E>
  static consteval bool fits() {
    constexpr bool ok =
        requires(Step& f, State& s, const payload_type<E>& e) { requires event<std::remove_cvref_t<decltype(f(s, e))>>; };
    static_assert(ok,
                  "scan: the step must be callable as Result(State&, const Event&) with the event type that "
                  "arrives here, and return a value");
    return ok;
  }
  template <class E>
  constexpr auto bind() && {
    return scan_operator<Name, State, Step, E>{std::move(initial), std::move(step)};
  }
};

template <fixed_string Name = "", std::semiregular State, class Step>
constexpr auto scan(State initial, Step step) {
  return link{scan_description<Name, State, Step>{std::move(initial), std::move(step)}};
}

}  // namespace levada::inline v0
