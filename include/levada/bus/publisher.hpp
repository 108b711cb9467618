// SPDX-License-Identifier: BSL-1.0
// publisher: the one producer of a topic. It writes events in place, in shared memory, and says when they are whole.
// The order of publication, and what it is good for: detail/producer.hpp.
#pragma once

#include <levada/bus/detail/producer.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/reclaim.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/wire/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

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
