// SPDX-License-Identifier: BSL-1.0
// producer: what a publisher does whatever its events are: its place, its room, the lane, waking, and waiting for room.
//
// The order of publication: payload, lane record, lane_head, head. A record for sequence s becomes visible while
// head == s. A subscriber loads head first and lane_head second, so it knows every record before the events that it
// sees. A producer may die between any two instructions: what it had not published is invisible, and its successor
// goes on from both heads without repair.
#pragma once

#include <levada/bus/detail/room.hpp>
#include <levada/bus/detail/sleep.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/reclaim.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/cache.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/process.hpp>
#include <levada/os/thread.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace levada::inline v0::detail {

/// What does not depend on the type of the events.
class producer {
 public:
  producer() = default;

  /// Takes the place of the producer. The caller holds the topic's lock.
  static result<producer> open(const segment& s) {
    producer p;
    p.ring_ = s.view();
    auto& control = *p.ring_.control;
    const auto& files = s.files();
    auto place = files.open_producer();
    if (!place) return about(files, place.error());
    if (!try_lock(place->fd()))
      return fault::of(failure::unavailable, "topic '", files.topic, "' already has a publisher (pid ",
                       control.producer_pid.relaxed(), "): stop it first, or use another topic");
    p.place_ = std::move(*place);
    if (auto ready = p.open_bells(files); !ready) return ready.error();

    p.position_ = control.head.relaxed();  // all of these: written by predecessors, ordered by the lock
    p.lane_position_ = control.lane_head.relaxed();
    auto ahead = control.reserve.relaxed() - p.position_;
    auto lane_ahead = control.lane_reserve.relaxed() - p.lane_position_;
    if (ahead > p.ring_.measure.capacity || lane_ahead > p.ring_.measure.lane_capacity)
      return about(files, fault::of(failure::data, "its counters are damaged: stop its users and remove it"));
    if (p.lane_position_ != p.ring_.measure.first_sequence) p.last_time_ = p.ring_.record(p.lane_position_ - 1).time;
    p.room_ = room(p.ring_, p.position_, p.lane_position_);
    p.find_end();
    p.caller_ = caller(p.ring_.doors);
    p.epoch_ = control.epoch.relaxed() + 1;
    control.epoch.release(p.epoch_);  // pairs with nothing: it travels in the records
    control.producer_pid.relaxed(static_cast<std::uint32_t>(process_id()));
    control.wake.release(static_cast<std::uint32_t>(p.caller_.mode()));  // pairs with the acquire in consumer::park
    [[maybe_unused]] auto old = p.caller_.take(~std::uint32_t{0});
    for (const auto& b : p.bells_) b.ring();  // a predecessor may have published and died before it rang
    return p;
  }

  [[nodiscard]] LEVADA_INLINE std::uint64_t granted(std::size_t n) {
    const auto want = n < most_capacity ? n : most_capacity;  // so that the difference has a sign, wherever sequences wrap
    if (static_cast<std::int64_t>(position_ + want - end_) > 0) [[unlikely]]
      return granted_slowly(want);
    return want;  // the end is never more than a slice away
  }
  [[nodiscard]] LEVADA_INLINE bool has_room_in_lane() const { return room_.lane_limit >= lane_position_ + room::records_a_claim; }
  /// As granted, but all n or nothing.
  [[nodiscard]] LEVADA_INLINE bool grants(std::uint64_t n) { return has_room(n) || makes_room(n); }
  LEVADA_INLINE void commit(std::size_t n, timestamp now) {
    commit(n, now, [] {});
  }
  /// `tell` runs when the events are accepted, before anybody is woken.
  template <class Tell>
  LEVADA_INLINE void commit(std::size_t n, timestamp now, Tell tell) {
    LEVADA_CHECK(n <= room_.limit - position_, n);
    if (n == 0) return;
    if (now.ns >= next_record_) [[unlikely]]
      mark(now);
    position_ += n;
    ring_.control->head.release(position_);  // pairs with the acquire in consumer::refresh: the events below are whole
    tell();
    wake();
  }
  bool signal(lane_kind kind, std::uint64_t value, timestamp now) {
    LEVADA_CHECK(kind != lane_kind::commit, static_cast<int>(kind));
    if (lane_position_ + 2 > room_.lane_limit) extend();
    if (lane_position_ + 2 > room_.lane_limit) return false;  // one stays for the next commit
    append(kind, value, now);
    wake();
    return true;
  }
  /// The time has moved by the grain, or this producer is new. Where the lane is full the next commit tries again.
  LEVADA_COLD void mark(timestamp now) {
    if (lane_position_ + 1 > room_.lane_limit) extend();
    if (lane_position_ + 1 <= room_.lane_limit) append(lane_kind::commit, 0, now);
  }
  /// Time has moved, and nothing came. Where the lane is full the next commit tells.
  LEVADA_COLD void tell_time(timestamp now) {
    if (now <= last_time_) return;
    mark(now);
    wake();
  }
  bool wait_for_room(duration timeout, std::uint64_t n = 1);
  [[nodiscard]] std::uint64_t released() const { return room_.released(position_, lane_position_); }
  [[nodiscard]] std::uint64_t released(std::uint64_t wanted) {
    const auto found = room_.released(position_, lane_position_, wanted);
    if (auto evicted = room_.take_evicted(); evicted != 0) [[unlikely]]
      ring(evicted);  // they may sleep
    return found;
  }

  [[nodiscard]] const ring_view& ring() const { return ring_; }
  [[nodiscard]] LEVADA_INLINE std::uint64_t position() const { return position_; }
  [[nodiscard]] LEVADA_INLINE std::uint64_t lane_position() const { return lane_position_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t rescued() const { return sleeper_.rescued(); }
  [[nodiscard]] const room& space() const { return room_; }

 private:
  result<> open_bells(const topic_files& files) {
    auto own = files.open_producer_bell();
    if (!own) return about(files, own.error());
    sleeper_ = sleeper(ring_.doors, producer_sleeps, std::move(*own), !files.has_names());
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      auto b = files.open_bell(i);
      if (!b) return about(files, b.error());
      bells_[i] = std::move(*b);
    }
    return {};
  }

  LEVADA_COLD std::uint64_t granted_slowly(std::uint64_t want) {
    if (want > room_.slice()) want = room_.slice();
    if (static_cast<std::int64_t>(position_ + want - end_) > 0) extend();
    auto left = end_ - position_;
    return left < want ? left : want;
  }
  void find_end() { end_ = has_room() ? room_.limit : position_; }
  LEVADA_COLD void extend(std::uint64_t n = 1) {
    room_.extend(position_ + n - 1, lane_position_);  // who is in the way of the n-th is in the way
    if (auto evicted = room_.take_evicted(); evicted != 0) [[unlikely]]
      ring(evicted);  // they may sleep
    find_end();
  }
  /// A subscriber that runs is often about to make room, and being woken costs more than a short look (measured: 20 us).
  LEVADA_COLD bool spin_for_room(std::uint64_t n) {
    if (usable_cores() < 2) return false;
    wall_clock clock;
    for (const auto end = clock.steady() + duration{20'000}; clock.steady() < end; relax())
      if (room_.is_open(position_ + n - 1, lane_position_)) return makes_room(n);
    return false;
  }
  [[nodiscard]] LEVADA_INLINE bool has_room(std::uint64_t n = 1) const {
    return room_.limit >= position_ + n && has_room_in_lane();
  }
  LEVADA_COLD bool makes_room(std::uint64_t n) {
    extend(n);
    return has_room(n);
  }

  void append(lane_kind kind, std::uint64_t value, timestamp now) {
    if (last_time_ < now) last_time_ = now;
    const auto who = ring_.measure.place.number << 8 | static_cast<std::uint32_t>(kind);
    ring_.record(lane_position_) = {position_, last_time_, value, epoch_, who};
    ring_.control->lane_head.release(++lane_position_);  // pairs with the acquire in consumer::refresh
    find_end();
    auto grain = ring_.measure.grain.ns;
    next_record_ = last_time_.ns > INT64_MAX - grain ? INT64_MAX : last_time_.ns + grain;
  }

  LEVADA_INLINE void wake() {
    if ((caller_.sleepers() & subscriber_sleeps) != 0) [[unlikely]]
      ring_sleepers();
  }
  LEVADA_COLD void ring_sleepers() { ring(caller_.take(subscriber_sleeps)); }
  void ring(std::uint32_t subscribers) const {
    for (std::size_t i = 0; i < most_subscribers; ++i)
      if ((subscribers >> i & 1u) != 0) bells_[i].ring();
  }

  ring_view ring_;
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;  // events below it may be claimed. Not behind `position_` while the lane has no room
  std::uint64_t lane_position_ = 0;
  std::int64_t next_record_ = INT64_MIN;  // a new producer's first commit always writes one
  timestamp last_time_ = long_ago;
  room room_;
  caller caller_;
  std::uint32_t epoch_ = 0;
  sleeper sleeper_;
  bell bells_[most_subscribers];
  file place_;
};

inline bool producer::wait_for_room(duration timeout, std::uint64_t n) {
  auto room_now = [this, n] { return grants(n); };
  if (room_now() || spin_for_room(n)) return true;
  for (std::size_t i = 0; i < most_subscribers; ++i)  // one may rest, to let events gather: there is no room for more of them
    if (room_.state_of(i) != cursor_state::free) bells_[i].ring();
  wall_clock clock;
  auto end = clock.steady() + timeout;
  for (int ended = 0;;) {
    room_.look_at_once();
    if (!sleeper_.park(false, room_now)) return true;
    auto left = end - clock.steady();
    if (left > duration{}) {
      // Whoever is in the way may die. Its process says so at once, and its lock is believed; a process that has ended and whose
      // lock is held has left a child, and is not asked again.
      const int pid = room_.blocker_pid();
      const file watched = watch_process(pid != ended ? pid : 0);
      sleeper_.wait(
          left < room_.next_look() ? left : room_.next_look(),
          [this, n] { return room_.is_open(position_ + n - 1, lane_position_); }, watched.fd());
      if (wait_for_end(watched, duration{})) ended = pid;
    }
    room_.look_at_once();
    sleeper_.unpark();
    if (room_now()) return true;
    if (left <= duration{}) return false;
  }
}

/// Copies events into slots.
template <class Slot, class E>
LEVADA_INLINE void fill(std::span<Slot> slots, std::span<const E> events, store_policy how) {
  if constexpr (sizeof(Slot) == sizeof(E)) {
    auto* to = reinterpret_cast<std::byte*>(slots.data());
    if constexpr (sizeof(E) % 16 == 0)
      if (how == store_policy::streaming) {
        stream_copy(to, reinterpret_cast<const std::byte*>(events.data()), events.size_bytes());
        return stream_fence();  // before head says that they are whole
      }
    std::memcpy(to, events.data(), events.size_bytes());
  } else {
    for (std::size_t i = 0; i < events.size(); ++i) slots[i] = events[i];
  }
}

/// Until nobody is the publisher, or it is `end`. Its process says so at once when it dies, and its lock is believed.
inline bool wait_for_place(const segment& s, duration end) {
  constexpr duration look_every{5'000'000};  // at one that leaves and lives on
  const wall_clock clock;
  auto place = file::open(s.files().file("producer").c_str(), O_RDWR | O_NOFOLLOW);
  for (int ended = 0; place && is_locked(place->fd());) {
    const auto left = end - clock.steady();
    if (left <= duration{}) return false;
    const int pid = static_cast<int>(s.view().control->producer_pid.relaxed());
    const file watched = watch_process(pid != ended ? pid : 0);
    if (wait_for_end(watched, left < look_every ? left : look_every)) ended = pid;
  }
  return true;
}

}  // namespace levada::inline v0::detail
