// SPDX-License-Identifier: BSL-1.0
// detect: a detector in a stream: every event gets its score, and whether it is an alarm.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/signal.hpp>
#include <levada/model/detector.hpp>
#include <levada/state/slots.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

template <class E>
struct judged {
  E event;
  float score;  ///< 0 ... 1
  bool alarm;   ///< score >= alarm_score
};

/// Takes  events E; `time` and `value` (member pointers or callables) give a timestamp and a number. Below key_by each key has a
///        detector of its own, a copy of the one that was given.
/// Emits  a judged{event, score, alarm} for each event; a filter on `alarm` leaves the alarms.
/// Holds  the bytes of a detector a key; they survive a restart. A retired key's detector begins anew.
/// Fails  never. An event whose value is no number passes with score 0.
/// Costs  what the detector costs.
template <fixed_string Name, class Time, class Value, detector Detector>
struct detect_operator {
  static constexpr std::string_view kind = "detect";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  [[no_unique_address]] Time time;
  [[no_unique_address]] Value value;
  Detector fresh;
  slots<Detector> state{};

  template <class E>
  using output = relayed_type<E, judged<payload_type<E>>>;
  template <class E>
  static consteval bool fits() {
    constexpr bool measures = picks_number_from<Value, E>;
    static_assert(measures,
                  "detect: the value must be a number in the event type that arrives here, or a function callable as "
                  "number(const Event&)");
    if constexpr (measures) {
      constexpr bool tells = detail::tells_time<Time, E>();
      static_assert(tells,
                    "detect: the time must be a levada::timestamp in the event type that arrives here, or a function callable "
                    "as timestamp(const Event&)");
      return tells;
    }
    return measures;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const auto v = static_cast<double>(levada::pick(value, levada::payload(e)));
    const float score = state[levada::slot_of(e)].score(detail::time_of(time, e, out), v);
    const judged<payload_type<E>> verdict{levada::payload(e), score, score >= alarm_score};
    out(levada::relay(e, verdict));
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

/// detect<"presses">(&reading::time, &reading::value, novelty{})
template <fixed_string Name = "", class Time, class Value, detector Detector>
constexpr auto detect(Time time, Value value, const Detector& detector) {
  return link{detect_operator<Name, Time, Value, Detector>{std::move(time), std::move(value), detector}};
}

}  // namespace levada::inline v0
