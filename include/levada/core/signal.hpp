// SPDX-License-Identifier: BSL-1.0
// signal: what travels the edges of a flow between spans of events. The data path has no test for signals; an operator
// that has no on(signal, out) forwards it, at compile time.
#pragma once

#include <levada/core/time.hpp>

#include <concepts>
#include <cstdint>

namespace levada::inline v0 {

/// First of all, once: keyed operators below make room for `slots` keys. Nothing is allocated after it.
struct start {
  std::uint32_t slots = 1;
};
/// Processing time has reached `now`; the next events arrive at it. Never runs backward.
struct tick {
  timestamp now{};
};
/// Event time has reached `time`: nothing older is expected.
struct watermark {
  timestamp time{};
};
/// The stream pauses: where it meets others, their time goes on without it until its next watermark.
struct idle {};
/// A turn is over: hand on what was held back for batching.
struct flush {};
/// Everything before it belongs to checkpoint `id`.
struct barrier {
  std::uint64_t id = 0;
};
/// Checkpoint `id`, with all that came before its barrier, is on the disk: what was prepared for it may be committed.
struct durable {
  std::uint64_t id = 0;
};
/// The flow stops here, to go on another day from its last checkpoint: nothing ends.
struct suspend {};
/// The key in `slot` is gone and the slot will be given to another key: forget it.
struct retire {
  std::uint32_t slot = 0;
};
/// No event follows from the source; operators may emit what they hold.
struct end_of_stream {};

template <class S>
concept signal = std::same_as<S, start> || std::same_as<S, tick> || std::same_as<S, watermark> || std::same_as<S, idle> ||
                 std::same_as<S, flush> || std::same_as<S, barrier> || std::same_as<S, retire> || std::same_as<S, durable> ||
                 std::same_as<S, suspend> || std::same_as<S, end_of_stream> || requires { typename S::is_signal; };

}  // namespace levada::inline v0
