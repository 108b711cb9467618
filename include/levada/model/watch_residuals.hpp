// SPDX-License-Identifier: BSL-1.0
// watch_residuals: says when what a model is wrong by has changed: the relation that it has learned may hold no longer.
//   watch_residuals<"load">([](const forecast& f) { return f.measured - f.predicted; }, adwin({.range = 50}))
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/keyed.hpp>
#include <levada/core/signal.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Learns values one by one, and says by add() whether something has changed with this one: by a bool, or by an enumeration whose
/// zero means that nothing has. adwin, cusum and page_hinkley are such.
template <class D>
concept change_detector = std::is_trivially_copyable_v<D> && std::default_initializable<D> && requires(D& d, double value) {
  requires std::is_enum_v<decltype(d.add(value))> || std::same_as<decltype(d.add(value)), bool>;
};

template <class E, class Change = bool>
struct residual_change {
  E event;        ///< with which it was noticed
  double value;   ///< its residual
  Change change;  ///< what the detector says
};

/// Takes  events E; the extractor (member pointer or callable) gives what the model was wrong by: a number. Below key_by each key
///        has a detector of its own, a copy of the one that was given.
/// Emits  a residual_change{event, value, change} where the detector says that something has changed.
/// Holds  a detector a key; they survive a restart. A retired key's detector begins anew.
/// Fails  never; what is not finite is for the detector to pass over.
/// Costs  what the detector costs.
template <fixed_string Name, class Value, change_detector Detector>
struct watch_residuals_operator {
  static constexpr std::string_view kind = "watch_residuals";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Value value;
  Detector fresh;
  slots<Detector> state{};
  using change = decltype(fresh.add(0.0));

  template <class E>
  using output = relayed_type<E, residual_change<payload_type<E>, change>>;
  template <class E>
  static consteval bool fits() {
    constexpr bool measures = picks_number_from<Value, E>;
    static_assert(measures,
                  "watch_residuals: the residual must be a number in the event type that arrives here, or a function callable as "
                  "number(const Event&)");
    return measures;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const auto v = static_cast<double>(levada::pick(value, levada::payload(e)));
    const change found = state[levada::slot_of(e)].add(v);
    if (found == change{}) [[likely]]
      return;
    const residual_change<payload_type<E>, change> noticed{levada::payload(e), v, found};
    out(levada::relay(e, noticed));
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    for (Detector& one : state) one = fresh;
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state[r.slot] = fresh;
    out.raise(r);
  }
  void persist(auto& archive) { archive(state); }
};

template <fixed_string Name = "", class Value, change_detector Detector>
constexpr auto watch_residuals(Value value, Detector detector) {
  return link{watch_residuals_operator<Name, Value, Detector>{std::move(value), std::move(detector)}};
}

}  // namespace levada::inline v0
