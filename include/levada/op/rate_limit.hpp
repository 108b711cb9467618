// SPDX-License-Identifier: BSL-1.0
// rate_limit: so many events a period, and bursts of so many at once. What is too much goes aside.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// limit{100, 1_s} lets a hundred events through in a second, all at once if they come so; limit{100, 1_s, 10} no more than ten
/// at once, and then one every 10 ms.
struct limit {
  std::uint32_t events;
  duration period;
  std::uint32_t burst = events;
};

/// Takes  events E, in processing time, or in the time that an extractor tells. Below key_by each key has a limit of its own.
/// Emits  those within the limit. The others it puts aside.
/// Holds  16 bytes a key; a retired key begins anew.
/// Fails  never by itself: without a branch aside(...) what is too much is dropped and counted. In event time a step back in time
///        counts as none.
/// Costs  a multiplication and two compares.
/// How    the bucket that leaks (ITU-T I.371, which also has it as GCRA): an event pours in `period`, and `events` leak out each
///        nanosecond, so that whole numbers say it exactly. The same as a bucket of `burst` tokens.
template <fixed_string Name, class Time, class In>
struct rate_limit_operator {
  static constexpr std::string_view kind = "rate_limit";
  static constexpr std::string_view name = Name.view();
  using aside_type = In;
  limit to;
  [[no_unique_address]] Time time;
  struct bucket {
    timestamp seen = long_ago;
    std::int64_t level = 0;
  };
  slots<bucket> state{};

  template <class>
  using output = In;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const timestamp now = detail::time_of(time, e, out);
    bucket& b = state[levada::slot_of(e)];
    if (now > b.seen) {
      std::uint64_t leaked = 0;
      const bool all = __builtin_mul_overflow(detail::distance(b.seen, now), std::uint64_t{to.events}, &leaked) ||
                       leaked >= static_cast<std::uint64_t>(b.level);
      b.level = all ? 0 : b.level - static_cast<std::int64_t>(leaked);
      b.seen = now;
    }
    if (b.level > (std::int64_t{to.burst} - 1) * to.period.ns) return out.aside(e);
    b.level += to.period.ns;
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
};

template <fixed_string Name, class Time>
struct rate_limit_description {
  limit to;
  [[no_unique_address]] Time time;

  template <class E>
  static consteval bool fits() {
    constexpr bool ok = detail::tells_time<Time, E>();
    static_assert(ok,
                  "rate_limit: the time must be a levada::timestamp in the event type that arrives here, or a function "
                  "callable as timestamp(const Event&)");
    return ok;
  }
  template <class E>
  constexpr auto bind() && {
    return rate_limit_operator<Name, Time, E>{to, std::move(time)};
  }
};

template <fixed_string Name = "", class Time = processing_time>
constexpr auto rate_limit(limit to, Time time = {}) {
  LEVADA_CHECK(to.events > 0, to.events);
  LEVADA_CHECK(to.period.ns > 0, to.period.ns);
  LEVADA_CHECK(to.burst > 0 && to.burst <= INT64_MAX / to.period.ns, to.burst);
  return link{rate_limit_description<Name, Time>{to, std::move(time)}};
}

}  // namespace levada::inline v0
