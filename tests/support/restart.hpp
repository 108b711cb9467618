// SPDX-License-Identifier: BSL-1.0
// restart: a flow that is stopped between two events and goes on as another one; and an operator that raises watermarks from what
// passes.
#pragma once

#include "archive.hpp"

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace support {

/// make(output) gives a flow that writes to a vector. What is written when each event comes at its own time and the flow, whose
/// operator of that name is carried over, is stopped and another one goes on: before the first event, between two, or behind the
/// last. Keys must be dense, so that their slots are the same.
template <levada::fixed_string Name, class Out, class E, class Make>
std::vector<Out> outcome_of_two(const std::vector<E>& events, std::size_t stop, Make&& make) {
  std::vector<Out> output;
  auto first = make(output), second = make(output);
  if (!first.open() || !second.open()) return {};
  const auto feed = [](auto& flow, const E& e) {
    flow.advance(e.time);
    flow.push(e);
  };
  for (std::size_t i = 0; i < stop; ++i) feed(first, events[i]);
  if (stop > 0) second.advance(events[stop - 1].time);
  carry_over(first.template at<Name>(), second.template at<Name>());
  for (std::size_t i = stop; i < events.size(); ++i) feed(second, events[i]);
  second.finish();
  return output;
}

/// Passes events on, and after every n-th says that nothing older than the newest time minus `bound` is expected.
template <class Time>
struct watermarks_operator {
  static constexpr std::string_view kind = "watermarks";
  static constexpr std::string_view name = "watermarks";
  Time time;
  std::uint32_t each;
  levada::duration bound;
  std::uint32_t seen = 0;
  levada::timestamp newest = levada::long_ago;

  template <class E>
  using output = E;
  template <class>
  static consteval bool fits() {
    return true;
  }
  void operator()(const auto& e, auto out) {
    const levada::timestamp t = levada::pick(time, e);
    if (t > newest) newest = t;
    out(e);
    if (++seen % each == 0) out.raise(levada::watermark{newest - bound});
  }
};
template <class Time>
auto watermarks(Time time, std::uint32_t each, levada::duration bound = {}) {
  return levada::link{watermarks_operator<Time>{time, each, bound}};
}

}  // namespace support
