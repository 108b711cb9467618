// SPDX-License-Identifier: BSL-1.0
// timer: a source that makes an event every period, and says how late it was.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0 {

struct timer_event {
  timestamp time{};          ///< wall clock
  duration late{};           ///< how long after its due time, by the steady clock
  std::uint64_t missed = 0;  ///< periods that passed meanwhile without an event of their own
};

/// Emits  one timer_event every period of the steady clock, the first one period after the first poll. It never drifts, and
///        never bunches up: periods that were slept through are counted in the next event.
/// Holds  nothing.
/// Costs  one wake-up of the runner a period.
class timer {
 public:
  using event_type = timer_event;

  explicit constexpr timer(duration period) : period_(period) { LEVADA_CHECK(period.ns > 0, period.ns); }

  [[nodiscard]] polled poll(auto out, std::size_t) {
    const duration now = out.steady();
    if (next_.ns == 0) next_ = now + period_;
    if (now < next_) return polled::nothing;
    const timer_event e{out.wall(), now - next_, static_cast<std::uint64_t>((now - next_) / period_)};
    next_ = next_ + period_ * static_cast<std::int64_t>(e.missed + 1);
    ++made_;
    out.advance(e.time);
    out(std::span<const timer_event>(&e, 1));
    return polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return made_; }
  [[nodiscard]] duration wake_at() const { return next_; }

 private:
  duration period_;
  duration next_{};
  std::uint64_t made_ = 0;
};

}  // namespace levada::inline v0
