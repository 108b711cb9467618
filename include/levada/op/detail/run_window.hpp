// SPDX-License-Identifier: BSL-1.0
// run_window: windows of a key's events in a row that have one value in common; the operator behind threshold_window and
// state_window.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/gathered.hpp>
#include <levada/state/slots.hpp>

#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

/// Windows with fewer events, or between whose first event and end less time lies, are not emitted.
struct minimum {
  std::uint64_t events = 1;
  duration time{};
};

namespace detail {

/// Kind says what the common value is, which values have windows, and what row they make.
template <fixed_string Name, class Kind, minimum Least, class Value, class Clock, class In, class... Aggregations>
struct run_window {
  static constexpr std::string_view kind = Kind::kind;
  static constexpr std::string_view name = Name.view();
  using types = pane_types<In, Aggregations...>;
  using event_type = typename types::event_type;
  using value_type = typename Kind::template value_type<picked_type<Value, event_type>>;
  using row_type = typename Kind::template row_type<typename types::row_type, value_type>;
  [[no_unique_address]] Value value;
  Clock clock;
  pack<Aggregations...> aggregations;

  struct run : row_key<typename types::key_type>, gathered<In, Aggregations...> {
    timestamp first{}, last{};
    value_type value{};
  };
  slots<run> state{};

  template <class>
  using output = relayed_type<In, row_type>;

  struct in_span {
    [[no_unique_address]] for_a_span<Value, const event_type&> value;
    [[no_unique_address]] clock_in_span<Clock, event_type> clock;
    typename types::extractors values;
    typename slots<run>::in_span runs;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      const value_type now = static_cast<value_type>(levada::pick(value, levada::payload(e)));
      run& own = runs[levada::slot_of(e)];
      const bool goes_on = own.events > 0 && own.value == now;
      if (!goes_on && own.events == 0 && !Kind::has_window(now)) return;
      const timestamp t = clock.of(levada::payload(e), out);
      if (!goes_on) [[unlikely]] {
        close(own, levada::slot_of(e), t, out);
        if (!Kind::has_window(now)) return;
        if constexpr (is_keyed<In>) own.key = e.key;
        own.first = t;
        own.value = now;
      }
      own.last = t;
      own.add(values, levada::payload(e));
    }
  };
  [[nodiscard]] in_span enter() {
    return {value, clock_in_span<Clock, event_type>(clock), types::enter(aggregations), state.enter()};
  }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const end_of_stream& s, auto out) {
    for (std::uint32_t slot = 0; slot < state.size(); ++slot) close(state[slot], slot, state[slot].last, out);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    close(state[r.slot], r.slot, state[r.slot].last, out);
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state); }

 private:
  LEVADA_INLINE static void close(run& own, std::uint32_t slot, timestamp end, auto out) {
    const bool counts =
        own.events > 0 && own.events >= Least.events &&
        (Least.time.ns <= 0 || (end >= own.first && distance(own.first, end) >= static_cast<std::uint64_t>(Least.time.ns)));
    if (counts) {
      row_type result;
      own.finish(result, own.first, end);
      if constexpr (is_keyed<In>) result.key = own.key;
      if constexpr (requires { result.state; }) result.state = own.value;
      own.events = 0;
      send_row<In>(slot, result, out);
    }
    own.events = 0;
  }
};

/// What both ask of events E.
template <class E, class Clock, class... Aggregations>
consteval bool runs_fit() {
  constexpr bool times = Clock::template tells<E>();
  static_assert(times,
                "window: the time must be a levada::timestamp in the event type that arrives here, or a function callable as "
                "timestamp(const Event&)");
  constexpr bool plain = Clock::policy == late::drop;
  static_assert(plain, "window: events are taken in the order in which they come, so none is late: give at(...) no policy");
  return aggregations_fit<E, Aggregations...>() && times && plain;
}

}  // namespace detail

}  // namespace levada::inline v0
