// SPDX-License-Identifier: BSL-1.0
// changes: the events with which a value changes.
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

/// Takes  events E; the extractor (member pointer or callable) gives a value that can be compared by ==. Below key_by each key
/// has
///        a value of its own.
/// Emits  the first event, and those whose value differs from that of the event before. Two NaN do not differ.
/// Holds  a value a key; a retired key's next event passes.
/// Fails  never by itself.
/// Costs  a compare and a store.
template <fixed_string Name, class Value, class In>
struct changes_operator {
  static constexpr std::string_view kind = "changes";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  using value_type = picked_type<Value, In>;
  [[no_unique_address]] Value value;
  struct cell {
    bool known = false;
    value_type before{};
  };
  slots<cell> state{};

  template <class>
  using output = In;

  struct in_span {
    [[no_unique_address]] for_a_span<Value, const payload_type<In>&> value;
    typename slots<cell>::in_span cells;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      const value_type& now = levada::pick(value, levada::payload(e));
      cell& c = cells[levada::slot_of(e)];
      const bool same = c.known && (now == c.before || (now != now && c.before != c.before));
      c = {true, now};
      if (same)
        out.reject();
      else
        out(e);
    }
  };
  [[nodiscard]] in_span enter() { return {value, state.enter()}; }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state); }
};

template <fixed_string Name, class Value>
struct changes_description {
  [[no_unique_address]] Value value;

  template <class E>
  static consteval bool fits() {
    constexpr bool picks = picks_from<Value, E>;
    static_assert(picks,
                  "changes: the value must be a member of the event type that arrives here, or a function callable as "
                  "Value(const Event&)");
    if constexpr (picks) {
      using V = picked_type<Value, E>;
      constexpr bool comparable = std::semiregular<V> && std::equality_comparable<V>;
      static_assert(comparable, "changes: the value must be one that can be copied and compared by ==");
      return comparable;
    }
    return picks;
  }
  template <class E>
  constexpr auto bind() && {
    return changes_operator<Name, Value, E>{std::move(value)};
  }
};

template <fixed_string Name = "", class Value>
constexpr auto changes(Value value) {
  return link{changes_description<Name, Value>{std::move(value)}};
}

}  // namespace levada::inline v0
