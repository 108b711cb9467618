// SPDX-License-Identifier: BSL-1.0
// held_event: an event that an operator keeps for a while, with its key and slot if it has them: keyed<> only refers to them.
#pragma once

#include <levada/core/event_clock.hpp>
#include <levada/core/keyed.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

template <class E>
struct held_event {
  kept_event<E> kept{};
  std::uint32_t slot = 0;

  void hold(const E& e) {
    kept = kept_event<E>::of(e);
    slot = levada::slot_of(e);
  }
  [[nodiscard]] decltype(auto) view() const { return kept.around(slot, kept.event); }
};

}  // namespace levada::inline v0::detail
