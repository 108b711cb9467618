// SPDX-License-Identifier: BSL-1.0
// timers: one alarm for each slot, and which is due first. The same for event time, where a watermark lets them ring, and for
// processing time, where a tick does.
#pragma once

#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>

#include <cstdint>

namespace levada::inline v0 {

/// A heap of four children a node, with the place of each slot beside it. Alarms of one time ring in the order of their slots, so
/// that a replay hears them as they rang.
/// Holds  20 bytes a slot, from resize on.
/// Costs  set and clear: log4 of those that are set, at most; most often one or two steps, because a new alarm is late.
class timers {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  void resize(std::size_t slots) {
    heap_.resize(slots);
    place_.resize(slots);
    size_ = 0;
  }
  /// The slot's alarm is at `time` now, whenever it was before.
  void set(std::uint32_t slot, timestamp time) {
    std::uint32_t at = place_[slot];
    if (at == 0) {
      at = ++size_;
      put(at, {time, slot});
      return rise(at);
    }
    const bool earlier = time < look(at).time;
    heap_[at - 1].time = time;
    earlier ? rise(at) : sink(at);
  }
  void clear(std::uint32_t slot) {
    const std::uint32_t at = place_[slot];
    if (at == 0) return;
    place_[slot] = 0;
    const entry last = look(size_--);
    if (at > size_) return;
    put(at, last);
    rise(at);
    sink(place_[last.slot]);
  }
  [[nodiscard]] bool is_set(std::uint32_t slot) const { return place_[slot] != 0; }
  /// When the slot's alarm is, or never.
  [[nodiscard]] timestamp at(std::uint32_t slot) const { return place_[slot] == 0 ? never : look(place_[slot]).time; }
  /// The first of all, or never.
  [[nodiscard]] timestamp due() const { return size_ == 0 ? never : look(1).time; }
  /// Takes away the first alarm that is not after `until`, and gives its slot; `none` if there is none.
  [[nodiscard]] std::uint32_t pop(timestamp until) {
    if (size_ == 0 || look(1).time > until) return none;
    const std::uint32_t slot = look(1).slot;
    clear(slot);
    return slot;
  }
  [[nodiscard]] std::uint32_t size() const { return size_; }

  void persist(auto& archive) { archive(heap_, place_, size_); }

 private:
  struct entry {
    timestamp time{};
    std::uint32_t slot = 0;
    std::uint32_t unused = 0;

    bool operator<(const entry& other) const { return time != other.time ? time < other.time : slot < other.slot; }
  };
  // Places count from 1; those of its children are 4 * at - 2 to 4 * at + 1.
  [[nodiscard]] const entry& look(std::uint32_t at) const { return heap_[at - 1]; }
  void put(std::uint32_t at, const entry& e) {
    heap_[at - 1] = e;
    place_[e.slot] = at;
  }
  void rise(std::uint32_t at) {
    const entry e = look(at);
    for (std::uint32_t above = 0; at > 1; at = above) {
      above = (at + 2) / 4;
      if (!(e < look(above))) break;
      put(at, look(above));
    }
    put(at, e);
  }
  void sink(std::uint32_t at) {
    const entry e = look(at);
    while (true) {
      std::uint32_t first = 4 * at - 2;
      if (first > size_) break;
      for (std::uint32_t child = first + 1; child <= 4 * at + 1 && child <= size_; ++child)
        if (look(child) < look(first)) first = child;
      if (!(look(first) < e)) break;
      put(at, look(first));
      at = first;
    }
    put(at, e);
  }

  slots<entry> heap_;
  slots<std::uint32_t> place_;  // of each slot in the heap; 0: none
  std::uint32_t size_ = 0;
};

}  // namespace levada::inline v0
