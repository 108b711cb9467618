// SPDX-License-Identifier: BSL-1.0
// deadband: the events whose value has moved far enough, and now and then one that says it has not.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// How far a value may be from the one that passed last: in its own unit, or in hundredths of that one. An event passes whatever
/// its value is when `heartbeat` has gone by since; zero: never.
struct absolute {
  double width;
  duration heartbeat{};
};
struct percent {
  double width;
  duration heartbeat{};
};

/// Takes  events E; the extractor (member pointer or callable) gives a number. The heartbeat goes by processing time, or by the
/// time
///        that a second extractor tells. Below key_by each key has a band of its own.
/// Emits  the first event, and those whose value is further from that of the last one emitted than the band is wide. What becomes
///        NaN, or is none any more, passes.
/// Holds  24 bytes a key; a retired key's next event passes.
/// Fails  never by itself. A heartbeat needs an event: see alert_when_silent for those that stay away.
/// Costs  a subtraction and a compare.
template <fixed_string Name, class Value, class Band, class Time>
struct deadband_operator {
  static constexpr std::string_view kind = "deadband";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  [[no_unique_address]] Value value;
  Band band;
  [[no_unique_address]] Time time;
  struct cell {
    double passed = 0;
    timestamp at{};
    bool known = false;
  };
  slots<cell> state{};

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    constexpr bool measures = picks_number_from<Value, E>;
    static_assert(measures,
                  "deadband: the value must be a number in the event type that arrives here, or a function callable "
                  "as number(const Event&)");
    if constexpr (measures) {
      constexpr bool tells = detail::tells_time<Time, E>();
      static_assert(tells,
                    "deadband: the time must be a levada::timestamp in the event type that arrives here, or a function "
                    "callable as timestamp(const Event&)");
      return tells;
    }
    return measures;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const auto now = static_cast<double>(levada::pick(value, levada::payload(e)));
    cell& c = state[levada::slot_of(e)];
    if (c.known && is_inside(now, c.passed) && !(band.heartbeat.ns > 0 && is_due(c.at, detail::time_of(time, e, out))))
      return out.reject();
    c = {now, detail::time_of(time, e, out), true};
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
  void persist(auto& archive) { archive(state); }

 private:
  [[nodiscard]] bool is_inside(double now, double passed) const {
    const double room = std::same_as<Band, percent> ? std::fabs(passed) * band.width / 100 : band.width;
    return (std::fabs(now - passed) <= room && passed - passed == 0) || now == passed || (now != now && passed != passed);
  }
  [[nodiscard]] bool is_due(timestamp passed, timestamp now) const {
    return now >= passed && detail::distance(passed, now) >= static_cast<std::uint64_t>(band.heartbeat.ns);
  }
};

/// deadband(&reading::celsius, absolute{0.5}), deadband(&reading::celsius, percent{2, 1_min}, &reading::time).
template <fixed_string Name = "", class Value, class Band, class Time = processing_time>
  requires(std::same_as<Band, absolute> || std::same_as<Band, percent>)
constexpr auto deadband(Value value, Band band, Time time = {}) {
  LEVADA_CHECK(band.width >= 0, band.width);
  LEVADA_CHECK(band.heartbeat.ns >= 0, band.heartbeat.ns);
  return link{deadband_operator<Name, Value, Band, Time>{std::move(value), band, std::move(time)}};
}

}  // namespace levada::inline v0
