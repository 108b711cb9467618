// SPDX-License-Identifier: BSL-1.0
// escalate: tells an alert to one recipient after the other, until somebody acknowledges it.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// How many levels there are, how long each has time to acknowledge, and how many alerts may be open at a time.
struct ladder {
  std::uint32_t levels = 2;
  duration wait{300'000'000'000};
  std::uint32_t bound = 256;
};

/// An alert is told to a level: 0 first. Who that is, and by what words, follows from it by a map.
template <class Alert>
struct escalation {
  std::uint32_t level = 0;
  timestamp at{};  ///< when its time had come
  Alert alert{};
};

/// Takes  alerts A and acknowledgements B, as connect(alerts, acknowledgements) | escalate(&A::id, &B::id, {...}); extractors
/// give
///        the identity that they share. An alert that is over by itself is acknowledged by whoever saw that.
/// Emits  escalation{0, now, alert} at once, and with each `wait` of processing time that goes by without an acknowledgement the
/// next
///        level. When the last level has not acknowledged in time either, the alert is put aside, and closed. An alert whose
///        identity is open is a repetition: it only replaces what the next level will be told.
/// Holds  `bound` alerts and alarms.
/// Fails  an alert that finds no room is told to level 0 and not followed up: that is counted as dropped. So is an
/// acknowledgement of
///        nothing that is open.
/// Costs  a look at all open alerts for each alert and acknowledgement: both are rare.
template <fixed_string Name, class IdOfAlert, class IdOfAnswer, class Alert, class Answer>
struct escalate_operator {
  static constexpr std::string_view kind = "escalate";
  static constexpr std::string_view name = Name.view();
  static constexpr bool assigns_slots = true;  // none at all: the keys of its inputs end here
  using aside_type = payload_type<Alert>;
  using id_type = picked_type<IdOfAlert, Alert>;
  [[no_unique_address]] IdOfAlert id_of_alert;
  [[no_unique_address]] IdOfAnswer id_of_answer;
  ladder rungs;
  struct open_alert {
    id_type id{};
    escalation<aside_type> told{};
  };
  slots<open_alert> state{};
  timers alarms{};  // set for those that are open

  template <class>
  using output = escalation<aside_type>;

  template <std::size_t Input, class E>
  void take(const E& e, auto out) {
    if constexpr (Input == 0)
      tell_first(levada::payload(e), out);
    else
      close(levada::pick(id_of_answer, levada::payload(e)), out);
  }
  void on(const start&, auto out) {
    state.resize(rungs.bound);
    alarms.resize(rungs.bound);
    out.raise(start{});
  }
  void on(const retire&, auto) {}
  void on(const tick& t, auto out) {
    while (alarms.size() > 0 && alarms.due() <= t.now) {  // by their own times: it does not matter how far the clock has jumped
      const timestamp due = alarms.due();
      const std::uint32_t i = alarms.pop(due);
      escalation<aside_type>& told = state[i].told;
      if (++told.level < rungs.levels) {
        told.at = due;
        alarms.set(i, detail::later(due, rungs.wait));
        const escalation<aside_type> next = told;
        out(next);
      } else {
        const aside_type unanswered = told.alert;
        out.aside(unanswered);
      }
    }
    out.raise(t);
  }
  [[nodiscard]] timestamp due() const { return alarms.due(); }
  void persist(auto& archive) { archive(state, alarms); }

  /// How many are open.
  [[nodiscard]] std::uint32_t pending() const { return alarms.size(); }

 private:
  /// Where an identity is open, or timers::none.
  [[nodiscard]] std::uint32_t find(const id_type& id) const {
    for (std::uint32_t i = 0; i < state.size(); ++i)
      if (alarms.is_set(i) && state[i].id == id) return i;
    return timers::none;
  }
  void tell_first(const aside_type& alert, auto out) {
    const id_type id = levada::pick(id_of_alert, alert);
    if (const std::uint32_t known = find(id); known != timers::none) {
      state[known].told.alert = alert;
      return;
    }
    std::uint32_t free = 0;
    while (free < state.size() && alarms.is_set(free)) ++free;
    const escalation<aside_type> first{0, out.now(), alert};
    if (free < state.size()) {
      state[free] = {id, first};
      alarms.set(free, detail::later(out.now(), rungs.wait));
    } else {
      out.drop();
    }
    out(first);
  }
  void close(const id_type& id, auto out) {
    if (const std::uint32_t i = find(id); i != timers::none)
      alarms.clear(i);
    else
      out.drop();
  }
};

template <fixed_string Name, class IdOfAlert, class IdOfAnswer>
struct escalate_description {
  [[no_unique_address]] IdOfAlert id_of_alert;
  [[no_unique_address]] IdOfAnswer id_of_answer;
  ladder rungs;

  template <class>
  struct two_streams {
    static constexpr bool are = false;
  };
  template <class A, class B>
  struct two_streams<inputs<A, B>> {
    static constexpr bool are = true;
    using alert = A;
    using answer = B;
    static consteval bool share_an_id() {
      if constexpr (picks_from<IdOfAlert, A> && picks_from<IdOfAnswer, B>)
        return std::same_as<picked_type<IdOfAlert, A>, picked_type<IdOfAnswer, B>> &&
               std::equality_comparable<picked_type<IdOfAlert, A>>;
      else
        return false;
    }
  };

  template <class In>
  static consteval bool fits() {
    constexpr bool two = two_streams<In>::are;
    static_assert(two, "escalate: it takes two streams: connect(alerts, acknowledgements) | escalate(...)");
    if constexpr (two) {
      constexpr bool shared = two_streams<In>::share_an_id();
      static_assert(shared,
                    "escalate: the identities must be members of the alert and of the acknowledgement, or functions of "
                    "them, and of one type that can be compared by ==");
      return shared;
    }
    return two;
  }
  template <class In>
  constexpr auto bind() && {
    return escalate_operator<Name, IdOfAlert, IdOfAnswer, typename two_streams<In>::alert, typename two_streams<In>::answer>{
        std::move(id_of_alert), std::move(id_of_answer), rungs};
  }
};

template <fixed_string Name = "", class IdOfAlert, class IdOfAnswer>
constexpr auto escalate(IdOfAlert id_of_alert, IdOfAnswer id_of_answer, ladder rungs = {}) {
  LEVADA_CHECK(rungs.levels > 0, rungs.levels);
  LEVADA_CHECK(rungs.wait.ns > 0, rungs.wait.ns);
  LEVADA_CHECK(rungs.bound > 0, rungs.bound);
  return link{escalate_description<Name, IdOfAlert, IdOfAnswer>{std::move(id_of_alert), std::move(id_of_answer), rungs}};
}

}  // namespace levada::inline v0
