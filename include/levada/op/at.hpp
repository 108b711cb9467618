// SPDX-License-Identifier: BSL-1.0
// at: where an event says its time, and what becomes of one that is late.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/time.hpp>

#include <cstdint>
#include <utility>

namespace levada::inline v0 {

/// What becomes of an event whose time has passed: the watermark is beyond what it would have belonged to.
enum class late : std::uint8_t {
  drop,   ///< it is dropped, and counted
  aside,  ///< it goes to the branch behind aside(...)
  update  ///< what was emitted is emitted anew, up to a lateness; beyond it the event is dropped, and counted
};

/// An extractor (member pointer or callable) of an event's timestamp, and the policy for those that are late.
template <class Time, late Policy>
struct time_of_event {
  static constexpr late policy = Policy;
  [[no_unique_address]] Time time;
  /// How far behind the watermark an event is not late. Taken by window, session_window, global_window and the ageing of keys;
  /// all other operators refuse one, by LEVADA_CHECK when the flow is made.
  duration allowed{};

  /// What an operator asks before it takes an extractor for events E.
  template <class E>
  static consteval bool tells() {
    return detail::tells_time<Time, E>();
  }
};

namespace detail {
/// Stands where at(...) could stand, and no event is late.
using at_processing = time_of_event<processing_time, late::drop>;
}  // namespace detail

/// at(&reading::time); at<late::aside>(&reading::time); at<late::update>(&reading::time, 5_s).
template <late Policy = late::drop, class Time>
constexpr auto at(Time time, duration allowed = {}) {
  static_assert(
      is_event_time<Time> && !requires { Time::policy; }, "at: give the member or the function itself, as in at(&reading::time)");
  LEVADA_CHECK(allowed.ns >= 0, allowed.ns);
  return time_of_event<Time, Policy>{std::move(time), allowed};
}

}  // namespace levada::inline v0
