// SPDX-License-Identifier: BSL-1.0
// publisher: the one producer of a topic. It writes events in place, in shared memory, and says when they are whole.
//
// The order of publication: payload, lane record, lane_head, head. A record for sequence s becomes visible while
// head == s. A subscriber loads head first and lane_head second, so it knows every record before the events that it
// sees. A producer may die between any two instructions: what it had not published is invisible, and its successor
// goes on from both heads without repair.
#pragma once

#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/detail/room.hpp>
#include <levada/bus/detail/sleep.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/reclaim.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
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
#include <levada/wire/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

namespace detail {

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

}  // namespace detail

/// Takes  events, written by the caller into claimed slots.
/// Emits  them to every subscriber of the topic, in order, with the lane's records between them.
/// Holds  the mapping of the ring, 34 descriptors, and the topic's producer lock: it is the only one.
/// Fails  at open only, in words. When the ring is full a claim is empty: whoever produces decides whether to wait or drop.
/// Costs  when nobody sleeps: one store, one load and two predictable branches a commit.
template <wire_event Topic>
class publisher {
  using ring_type = detail::ring_of<Topic>;

 public:
  using event_type = typename ring_type::event_type;
  using slot_type = typename ring_type::slot_type;  ///< what a claim is of: the event, unless the ring says otherwise

  /// Makes the topic if it is not there. Fails with failure::unavailable if it has a publisher, and with failure::data if its
  /// events have another description.
  static result<publisher> open(const topic<Topic>& where) {
    auto files = where.files();
    if (!files) return files.error();
    auto lock = detail::segment::open_or_make(*files, where.options(), ring_type::description(), ring_type::kind, where.place());
    if (!lock) return lock.error();
    auto s = detail::segment::open(*files, detail::side::publisher);
    if (!s) return s.error();
    auto p = build(*s);
    if (p) p->own_ = std::move(*s);
    return p;
  }
  /// The same, by a standby: while there is another publisher it sleeps, for so long at most.
  /// Costs  nothing meanwhile. It succeeds one that was killed at once, and one that left within 5 ms.
  static result<publisher> open(const topic<Topic>& where, duration patience) {
    for (const auto end = wall_clock{}.steady() + patience;;) {
      auto p = open(where);
      if (p || p.error().kind != failure::unavailable) return p;
      auto s = detail::segment::open(*where.files(), detail::side::subscriber);
      if (s && !detail::wait_for_place(*s, end)) return p;
    }
  }
  /// Over a segment made by segment::open_both, which must outlive the publisher.
  static result<publisher> over(const detail::segment& s) {
    auto lock = detail::lock_topic(s.files(), false);
    return lock ? build(s) : result<publisher>(lock.error());
  }

  /// Up to n free slots in a row, to be written in place and in order; empty if there is none. At most an eighth of the
  /// capacity, whatever n is. A claim that is not committed is forgotten.
  [[nodiscard]] LEVADA_INLINE std::span<slot_type> claim(std::size_t n) {
    auto granted = core_.granted(n);
    return {slots_ + (core_.position() & mask_), static_cast<std::size_t>(granted)};
  }
  /// Accepts the first n claimed events at time `now`: from here on they survive this process.
  LEVADA_INLINE void commit(std::size_t n, timestamp now) { core_.commit(n, now); }

  /// Copies events into the ring and accepts them, as far as there is room. Emits how many of them.
  std::size_t append(std::span<const event_type> events, timestamp now, store_policy how = store_policy::cached) {
    std::size_t done = 0;
    while (done < events.size()) {
      const auto room = claim(events.size() - done);
      if (room.empty()) break;
      detail::fill(room, events.subspan(done, room.size()), how);
      commit(room.size(), now);
      done += room.size();
    }
    return done;
  }

  /// Puts a signal behind the events committed so far. False if the lane is full; after a claim one signal always fits.
  [[nodiscard]] bool signal(lane_kind kind, std::uint64_t value, timestamp now) { return core_.signal(kind, value, now); }

  /// Says that time has moved without an event; subscribers that sleep are woken.
  void tell_time(timestamp now) { core_.tell_time(now); }

  /// Sleeps until a claim would not be empty; looks for subscribers that died. False when the time is over.
  [[nodiscard]] bool wait_for_room(duration timeout) { return core_.wait_for_room(timeout); }

  /// The sequence of the next event.
  [[nodiscard]] std::uint64_t sequence() const { return core_.position(); }
  /// Grows with every producer of the topic: with a sequence it names an event for good.
  [[nodiscard]] std::uint32_t epoch() const { return core_.epoch(); }
  /// Its place among many (see many.hpp), or 0.
  [[nodiscard]] std::uint32_t producer() const { return core_.ring().measure.place.number; }
  [[nodiscard]] std::uint64_t capacity() const { return mask_ + 1; }
  /// The sequence below which every subscriber that is waited for has released all events; sequence() if there is none. What an
  /// event refers to can go when all have released it.
  /// Costs  an exchange, and a load for each subscriber.
  [[nodiscard]] std::uint64_t released() const { return core_.released(); }
  /// The same, for one who cannot go on before this event is released: subscribers that have not done so are in the way as if the
  /// ring were full, and are waited for no longer if they died or stand still for longer than their lease.
  [[nodiscard]] std::uint64_t released(std::uint64_t wanted) { return core_.released(wanted); }

  /// Waits that ended by patience though there was room: 0 unless a ring was lost. One for room looks at the dead every 5 ms, and
  /// what it finds then is not counted.
  [[nodiscard]] std::uint64_t rescued() const { return core_.rescued(); }

  /// Subscribers that stood in the way for longer than their lease (overflow_policy::evict), and were waited for no longer.
  [[nodiscard]] std::uint64_t evictions() const { return core_.space().evictions(); }

  /// How many subscribers run. Costs  a few system calls each; so do the two below.
  [[nodiscard]] std::size_t subscribers() const {
    std::size_t n = 0;
    for (std::size_t i = 0; i < most_subscribers; ++i) n += core_.space().is_alive(i) ? 1u : 0u;
    return n;
  }
  [[nodiscard]] bool subscriber_alive(std::string_view name) const {
    for (std::size_t i = 0; i < most_subscribers; ++i)
      if (core_.space().state_of(i) == detail::cursor_state::named && name_at(i).view() == name) return core_.space().is_alive(i);
    return false;
  }
  /// The name of the live subscriber that was last seen to keep a claim empty ("subscriber 3" if it has none), or nothing.
  [[nodiscard]] text<48> blocked_by() const {
    auto i = core_.space().blocker();
    if (i == most_subscribers) return {};
    return name_at(i).empty() ? compose<48>("subscriber ", i) : name_at(i);
  }

 private:
  using producer_type = typename ring_type::producer_type;

  explicit publisher(producer_type&& core)
      : core_(std::move(core)),
        slots_(reinterpret_cast<slot_type*>(core_.ring().data)),
        mask_(core_.ring().measure.capacity - 1) {}

  static result<publisher> build(const detail::segment& s) {
    if (auto agreed = s.is_of(ring_type::kind, "publisher"); !agreed) return agreed.error();
    auto same = readable_by(s.descriptor(), ring_type::description());
    if (same) same = readable_by(ring_type::description(), s.descriptor());
    if (!same)
      return fault::of(same.error().kind, "topic '", s.files().topic,
                       "' has other events than this publisher makes: ", same.error().sentence,
                       " (stop its users and remove it, or use another topic)");
    auto core = producer_type::open(s);
    if (!core) return core.error();
    return publisher{std::move(*core)};
  }
  [[nodiscard]] text<48> name_at(std::size_t i) const { return detail::load_name(core_.ring().cursor(i)); }

  detail::segment own_;

 protected:
  producer_type core_;
  slot_type* slots_;
  std::uint64_t mask_;
};

}  // namespace levada::inline v0
