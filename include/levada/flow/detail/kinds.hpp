// SPDX-License-Identifier: BSL-1.0
// kinds: what the engine looks for in operators.
#pragma once

#include <levada/core/concepts.hpp>

namespace levada::inline v0::detail {

/// As types, so that a graph can make a list of each kind once, and a long flow is not walked node by node at compile time.
struct which_bring_events {
  template <class Op>
  static constexpr bool holds = source<Op>;
};
struct which_end_last {
  template <class Op>
  static constexpr bool holds = source<Op> && ends_last<Op>;
};
struct which_bring_time {
  template <class Op>
  static constexpr bool holds = requires { requires Op::brings_time; };
};
struct which_open {
  template <class Op>
  static constexpr bool holds = openable<Op>;
};
struct which_report {
  template <class Op>
  static constexpr bool holds = reports_status<Op>;
};
struct which_wait_for_time {
  template <class Op>
  static constexpr bool holds = timed<Op>;
};

}  // namespace levada::inline v0::detail
