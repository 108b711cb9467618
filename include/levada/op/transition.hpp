// SPDX-License-Identifier: BSL-1.0
// transition: what a state machine emits: a change of state, when and by what.
#pragma once

#include <levada/core/time.hpp>
#include <levada/op/row.hpp>

namespace levada::inline v0 {

/// By an event: `time` is that of the event. By time: `time` is the end of the state, and `event` the one that led to it (for the
/// initial state, the key's first one). Below key_by a transition has a member `key`.
template <class Key, class State, class Event>
struct transition : detail::row_key<Key> {
  State from{};
  State to{};
  timestamp time{};
  bool by_time = false;
  Event event{};
};

}  // namespace levada::inline v0
