// SPDX-License-Identifier: BSL-1.0
// drop_late: lets event time run forward only. What steps back is late: it is dropped, and counted.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E; the extractor (member pointer or callable) gives their timestamp. Below key_by each key has its own
///        time: a device with a slow clock does not make the others late.
/// Emits  those that are not older than the newest one so far minus `allowed`.
/// Holds  one timestamp a key; a retired key's is forgotten.
/// Fails  late events are dropped and counted (the operator's `dropped`). One time far in the future makes what follows
///        late until time has caught up: filter such times first.
/// Costs  one compare and one store.
template <fixed_string Name, class Time>
struct drop_late_operator {
  static constexpr std::string_view kind = "drop_late";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Time time;
  duration allowed{};
  struct newest {
    timestamp time = long_ago;
  };
  slots<newest> state{};

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    if constexpr (picks_from<Time, E>) {
      constexpr bool ok = std::same_as<picked_type<Time, E>, timestamp>;
      static_assert(ok, "drop_late: the extractor must return a levada::timestamp");
      return ok;
    } else {
      constexpr bool ok = picks_from<Time, E>;
      static_assert(ok,
                    "drop_late: the time must be a member of the event type that arrives here, or a function "
                    "callable as timestamp(const Event&)");
      return ok;
    }
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const timestamp t = levada::pick(time, levada::payload(e));
    timestamp& latest = state[levada::slot_of(e)].time;
    if (t < latest) {
      if (detail::distance(t, latest) > static_cast<std::uint64_t>(allowed.ns)) return out.drop();
    } else {
      latest = t;
    }
    out(e);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
};

template <fixed_string Name = "", class Time>
constexpr auto drop_late(Time time, duration allowed = {}) {
  LEVADA_CHECK(allowed.ns >= 0, allowed.ns);
  return link{drop_late_operator<Name, Time>{std::move(time), allowed}};
}

}  // namespace levada::inline v0
