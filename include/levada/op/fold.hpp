// SPDX-License-Identifier: BSL-1.0
// fold: gathers a stream into one value (one a key, below key_by) and emits it when the stream ends.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What fold emits below key_by.
template <class Key, class State>
struct folded {
  Key key;
  State value;
};

/// A step as void(State&, bool live, const Event&) takes a masked stream without a branch.
template <class Step, class State, class Event>
concept takes_mask = requires(Step& f, State& s, bool live, const Event& e) { f(s, live, e); };

namespace detail {
template <class Step, class State, class Event>
LEVADA_INLINE void fold_in(Step& step, State& state, const Event& e) {
  if constexpr (takes_mask<Step, State, Event>)
    step(state, true, e);
  else
    step(state, e);
}
}  // namespace detail

/// Takes  events E, in order; step(State&, const Event&) is called once for each. After select, a step (State&, bool live,
///        const Event&) keeps the stream free of branches: it is called for dead events too, and must not let them count; see
///        kept().
/// Emits  at the end of the stream the state; below key_by one folded{key, value} for each key that had an event, in the
///        order of their slots.
/// Holds  one state a key. A retired key's state is emitted before it is forgotten.
/// Fails  never by itself.
/// Costs  the step.
template <fixed_string Name, class State, class Step, class In>
struct fold_operator {
  static constexpr std::string_view kind = "fold";
  static constexpr std::string_view name = Name.view();
  State initial;
  [[no_unique_address]] Step step;
  State state = initial;

  template <class>
  using output = State;

  LEVADA_INLINE void operator()(const In& e, auto) { detail::fold_in(step, state, e); }
  LEVADA_INLINE void masked(bool live, const In& e, auto)
    requires takes_mask<Step, State, In>
  {
    step(state, live, e);
  }
  void on(const end_of_stream& s, auto out) {
    out(state);
    out.raise(s);
  }
};

template <fixed_string Name, class State, class Step, class Key, class Event>
struct fold_operator<Name, State, Step, keyed<Key, Event>> {
  static constexpr std::string_view kind = "fold";
  static constexpr std::string_view name = Name.view();
  State initial;
  [[no_unique_address]] Step step;
  struct cell {
    bool used = false;
    Key key{};
    State value{};
  };
  slots<cell> state{};

  struct in_span {
    [[no_unique_address]] for_a_span<Step, State&, const Event&> step;
    typename slots<cell>::in_span cells;
    const State* initial;

    LEVADA_INLINE void operator()(const keyed<Key, Event>& e, auto) { detail::fold_in(step, value_of(true, e), e.event); }
    LEVADA_INLINE void masked(bool live, const keyed<Key, Event>& e, auto)
      requires takes_mask<Step, State, Event>
    {
      step(value_of(live, e), live, e.event);
    }
    LEVADA_INLINE State& value_of(bool live, const keyed<Key, Event>& e) {
      cell& c = cells[e.slot];
      if (live && !c.used) [[unlikely]]
        c = {true, e.key, *initial};
      return c.value;
    }
  };
  [[nodiscard]] in_span enter() { return {step, state.enter(), &initial}; }

  template <class>
  using output = keyed<Key, folded<Key, State>>;

  LEVADA_INLINE void operator()(const keyed<Key, Event>& e, auto out) { enter()(e, out); }
  LEVADA_INLINE void masked(bool live, const keyed<Key, Event>& e, auto out)
    requires takes_mask<Step, State, Event>
  {
    enter().masked(live, e, out);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    emit(r.slot, out);
    out.raise(r);
  }
  void on(const end_of_stream& s, auto out) {
    for (std::uint32_t slot = 0; slot < state.size(); ++slot) emit(slot, out);
    out.raise(s);
  }

 private:
  void emit(std::uint32_t slot, auto out) {
    cell& c = state[slot];
    if (!c.used) return;
    c.used = false;
    const folded<Key, State> result{c.key, c.value};
    out(keyed<Key, folded<Key, State>>{slot, result.key, result});
  }
};

template <fixed_string Name, class State, class Step>
struct fold_description {
  State initial;
  [[no_unique_address]] Step step;

  template <class E>
  static consteval bool fits() {
    constexpr bool ok =
        takes_mask<Step, State, payload_type<E>> || requires(Step& f, State& s, const payload_type<E>& e) { f(s, e); };
    static_assert(ok,
                  "fold: the step must be callable as void(State&, const Event&), or as void(State&, bool live, const Event&), "
                  "with the event type that arrives here");
    return ok;
  }
  template <class E>
  constexpr auto bind() && {
    return fold_operator<Name, State, Step, E>{std::move(initial), std::move(step)};
  }
};

template <fixed_string Name = "", std::semiregular State, class Step>
constexpr auto fold(State initial, Step step) {
  return link{fold_description<Name, State, Step>{std::move(initial), std::move(step)}};
}

}  // namespace levada::inline v0
