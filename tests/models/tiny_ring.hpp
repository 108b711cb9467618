// SPDX-License-Identifier: BSL-1.0
// tiny_ring: the shared memory of a topic, as small as the bus can work with: eight events and thirty-two records. Publishers and
// subscribers stand over it by way of a real topic, whose files have the locks and names.
#pragma once

#include "machine.hpp"

#include <levada/bus/detail/consumer.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>

#include "../support/scratch_bus.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace models {

namespace lv = levada;
namespace bus = levada::detail;

/// Opens what is private in a segment: it is to show our memory.
template <auto Member>
struct opens {
  friend bus::ring_view& view_of(bus::segment& s) { return s.*Member; }
};
bus::ring_view& view_of(bus::segment& s);
template struct opens<&bus::segment::view_>;

template <class T>
T opened(lv::result<T> made) {
  if (!made) std::fprintf(stderr, "model: %s\n", made.error().sentence.c_str()), std::exit(1);
  return *std::move(made);
}

inline void require_set_up(bool holds) {
  if (!holds) std::fputs("model: it cannot be set up\n", stderr), std::exit(1);
}

template <class Topic>
class tiny_ring {
 public:
  static constexpr std::uint64_t capacity = 8, lane_capacity = 32;
  using slot = typename bus::ring_of<Topic>::slot_type;

  explicit tiny_ring(const char* name = "t", lv::duration grain = lv::duration{}, std::uint64_t first = 0) : first_(first) {
    segment_ = opened(bus::segment::open_both(lv::topic<Topic>(scratch_.bus(), name)));
    auto& v = view_of(segment_);
    v.measure.page = sizeof(bus::cursor_page);
    v.measure.capacity = capacity;
    v.measure.lane_capacity = lane_capacity;
    v.measure.first_sequence = first;
    v.measure.grain = grain;
    v.control = &memory.control;
    v.lane = memory.lane;
    v.data = memory.data;
    v.doors = &memory.doors;
    v.cursors = reinterpret_cast<std::byte*>(memory.cursors);
    for (int i = 0; i < static_cast<int>(lv::most_subscribers); ++i) v.cursor_files[i] = i;
    for (auto* counter : {&memory.control.head, &memory.control.lane_head, &memory.control.reserve, &memory.control.lane_reserve})
      counter->relaxed(first);
  }
  tiny_ring(const tiny_ring&) = delete;
  tiny_ring& operator=(const tiny_ring&) = delete;

  /// So many subscribers and so many records of the lane, the first of them at `from`. After publishers and subscribers were
  /// opened, and what was to happen before has happened: the threads share it from here on.
  void share(unsigned subscribers, std::uint64_t records, std::uint64_t from = 0) {
    using machine::share;
    machine::keep(memory);
    auto& c = memory.control;
    for (auto* w : {&c.head, &c.lane_head, &c.reserve, &c.lane_reserve}) share(*w);
    share(c.wake), share(c.epoch), share(c.producer_pid);
    share(memory.doors.sleepers), share(memory.doors.gate);
    for (unsigned i = 0; i < subscribers; ++i) {
      auto& cursor = memory.cursors[i];
      share(cursor.position), share(cursor.lane), share(cursor.lease);
      for (auto* w : {&cursor.incarnation, &cursor.state, &cursor.policy}) share(*w);
      share(c.evicted[i]);
    }
    for (std::uint64_t i = 0; i < records; ++i)
      machine::share_data(&memory.lane[(first_ + from + i) % lane_capacity], sizeof(lv::lane_record));
    for (std::uint64_t i = 0; i < capacity; ++i) {
      std::byte* at = memory.data + i * sizeof(slot);
      if constexpr (bus::ring_of<Topic>::kind == bus::ring_kind::line) {
        machine::share_data(at, sizeof(typename bus::ring_of<Topic>::event_type));
        machine::share(reinterpret_cast<bus::line_word*>(at)->said);
      } else {
        machine::share_data(at, sizeof(slot));
      }
    }
  }

  lv::publisher<Topic> publisher() { return opened(lv::publisher<Topic>::over(segment_)); }
  lv::subscriber<Topic> subscriber(const lv::subscriber_options& how = {}) {
    return opened(lv::subscriber<Topic>::over(segment_, how));
  }

  [[nodiscard]] const bus::ring_view& view() const { return segment_.view(); }

  struct shared_memory {
    bus::ring_control control;
    bus::doors_page doors;
    bus::cursor_page cursors[lv::most_subscribers];
    lv::lane_record lane[lane_capacity];
    alignas(64) std::byte data[2 * capacity * sizeof(slot)];
  } memory{};

 private:
  scratch_bus scratch_;
  std::uint64_t first_;
  bus::segment segment_;
};

/// One event of this value, at this time. False: the ring is full.
template <class Topic, class T>
bool publish(lv::publisher<Topic>& p, const T& value, lv::timestamp now = {}) {
  const auto room = p.claim(1);
  if (room.empty()) return false;
  room[0] = value;
  p.commit(1, now);
  return true;
}

}  // namespace models
