// SPDX-License-Identifier: BSL-1.0
// held_event: an event that an operator keeps for a while, with its key and slot if it has them: keyed<> only refers to them.
#pragma once

#include <levada/core/keyed.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

template <class E>
struct held_event {
  E event{};

  void hold(const E& e) { event = e; }
  [[nodiscard]] const E& view() const { return event; }
};

template <class Key, class E>
struct held_event<keyed<Key, E>> {
  E event{};
  Key key{};
  std::uint32_t slot = 0;

  void hold(const keyed<Key, E>& e) {
    event = e.event;
    key = e.key;
    slot = e.slot;
  }
  [[nodiscard]] keyed<Key, E> view() const { return {slot, key, event}; }
};

}  // namespace levada::inline v0::detail
