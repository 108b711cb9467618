// SPDX-License-Identifier: BSL-1.0
// subscriber: one reader of a topic, with a position of its own. As a rule it reads events in place, and the producer waits for
// it: nothing is overwritten before it is released, as long as the subscriber lives. One that may be evicted or overwritten
// (overflow_policy) copies instead, and looks afterwards whether what it has copied was still there.
#pragma once

#include <levada/bus/detail/consumer.hpp>
#include <levada/bus/detail/copier.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// What comes next: events in a row, or one signal, or neither.
template <class T>
struct turn {
  std::span<const T> events{};
  const lane_record* signal = nullptr;  ///< valid until the next read
  std::uint64_t lost = 0;               ///< events that were overwritten before these could be read

  [[nodiscard]] explicit operator bool() const { return !events.empty() || signal != nullptr; }
};

/// Takes  nothing; what the topic's publisher commits comes to it.
/// Emits  turns: events up to the next record of the lane, or one signal.
/// Holds  the mapping of the ring, read-only, its own cursor, and 4 descriptors. Where events cannot be read in place (the
///        publisher's have more members than T knows, or they may be overwritten) a buffer of 256 events and 64 KiB at most.
/// Fails  at open in words; later in status(), if it was evicted. Otherwise it counts: lost() events, rescued() waits.
/// Costs  a turn: two branches while events are at hand, two loads when not. The cursor is stored every eighth of the ring
///        and when the ring is drained.
template <wire_event Topic>
class subscriber {
  using ring_type = detail::ring_of<Topic>;
  using T = typename ring_type::event_type;
  using slot_type = typename ring_type::slot_type;

 public:
  using event_type = T;

  /// Makes the topic if it is not there: whoever comes first, nothing is missed. Fails with failure::unavailable if the name
  /// is in use, with failure::data if the events of the topic do not begin with the members of T.
  static result<subscriber> open(const topic<Topic>& where, const subscriber_options& options = {}) {
    auto files = where.files();
    if (!files) return files.error();
    auto lock = detail::segment::open_or_make(*files, where.options(), ring_type::description(), ring_type::kind, where.place());
    if (!lock) return lock.error();
    auto s = detail::segment::open(*files, detail::side::subscriber);
    if (!s) return s.error();
    auto made = build(*s, options, true);
    if (made) made->own_ = std::move(*s);
    return made;
  }
  /// Over a segment made by segment::open_both, which must outlive the subscriber.
  static result<subscriber> over(const detail::segment& s, const subscriber_options& options = {}) {
    auto lock = detail::lock_topic(s.files(), false);
    return lock ? build(s, options, false) : result<subscriber>(lock.error());
  }

  /// What comes next. Events stay readable until they are released, or, where they are copied, until the next read.
  [[nodiscard]] LEVADA_INLINE turn<T> read() {
    if (copier_) [[unlikely]]
      return read_copy();
    if (const auto* signal = core_.next_signal()) [[unlikely]]
      return {{}, signal};
    return {{&ring_type::event_in(slots_[core_.position() & mask_]), static_cast<std::size_t>(core_.available())}, nullptr};
  }
  /// The first n events of the last turn are done with.
  LEVADA_INLINE void release(std::size_t n) { core_.release(n); }

  /// The record that holds at the next event: when its producer's span began, and which producer.
  [[nodiscard]] const lane_record& covering() const { return core_.covering(); }
  [[nodiscard]] timestamp time() const { return covering().time; }
  [[nodiscard]] std::uint32_t epoch() const { return covering().epoch; }
  /// Its place among many (see many.hpp), or 0.
  [[nodiscard]] std::uint32_t producer() const { return covering().producer(); }
  /// The sequence of the next event.
  [[nodiscard]] std::uint64_t position() const { return core_.position(); }
  /// Events committed and not released yet.
  [[nodiscard]] std::uint64_t unread() const { return core_.unread(); }
  /// Events that were overwritten: while no subscriber of this name ran, behind the sequence it was to begin after, or, with
  /// overflow_policy::overwrite, before it came to read them. And the same of the lane.
  [[nodiscard]] std::uint64_t lost() const { return core_.lost(); }
  [[nodiscard]] std::uint64_t lost_records() const { return core_.lost_records(); }
  /// A fault if the publisher did not wait any longer (overflow_policy::evict): nothing more is read. Open it anew to go on.
  [[nodiscard]] result<> status() const { return core_.status(); }

  /// Is there something to read, or a status() to look at?
  [[nodiscard]] bool ready() const { return core_.ready(); }
  /// Before a wait on wake_fd(): true promises that it becomes readable when there is something to read; false: there is
  /// already. A wait should not last longer than patience(), as a belt; tell unpark when it did.
  [[nodiscard]] bool park() { return core_.park(); }
  void unpark(bool timed_out = false) { core_.unpark(timed_out); }
  /// Park in two steps: whoever parks at several doors pays one barrier_everywhere() between them, and says whether it went well.
  void lie_down() { core_.lie_down(); }
  [[nodiscard]] bool stays(bool fenced) { return core_.stays(fenced); }
  [[nodiscard]] int wake_fd() const { return core_.waiting().own_bell().fd(); }
  [[nodiscard]] duration patience() const { return core_.waiting().patience(); }
  /// Park, wait, unpark. True if there is something to read.
  [[nodiscard]] bool wait(duration timeout) { return core_.wait(timeout); }
  /// Waits that ended by patience though there was something: 0 unless a ring was lost.
  [[nodiscard]] std::uint64_t rescued() const { return core_.waiting().rescued(); }

  /// Nothing is read any more: the publisher waits for it no longer. Its destruction does it as well.
  void leave() { core_.leave(); }

  /// Costs  a system call.
  [[nodiscard]] bool producer_alive() const { return core_.producer_alive(); }
  /// Of the last producer; 0 if there was none.
  [[nodiscard]] int producer_pid() const { return static_cast<int>(core_.ring().control->producer_pid.relaxed()); }

 private:
  using consumer_type = typename ring_type::consumer_type;

  explicit subscriber(consumer_type&& core)
      : core_(std::move(core)),
        slots_(reinterpret_cast<const slot_type*>(core_.ring().data)),
        mask_(core_.ring().measure.capacity - 1) {}

 protected:
  /// Is it a topic of such events?
  static result<> reads(const detail::segment& s) {
    if (auto agreed = s.is_of(ring_type::kind, "subscriber"); !agreed) return agreed;
    if (auto agreed = readable_by(s.descriptor(), ring_type::description()); !agreed)
      return fault::of(agreed.error().kind, "topic '", s.files().topic,
                       "' has other events than this subscriber reads: ", agreed.error().sentence);
    return {};
  }
  /// The caller keeps the topic from being removed meanwhile.
  static result<subscriber> build(const detail::segment& s, const subscriber_options& options, bool own_cursor_page) {
    if (auto agreed = reads(s); !agreed) return agreed.error();
    if constexpr (ring_type::kind == detail::ring_kind::frames)
      if (detail::start_of::asks_for_sequence(options.from))
        return fault::of(failure::usage, "topic '", s.files().topic,
                         "' has frames, which do not begin at every sequence: begin at ", "the earliest, the latest or a time");
    auto core = consumer_type::open(s, options, own_cursor_page);
    if (!core) return core.error();
    subscriber made{std::move(*core)};
    constexpr bool stride_differs =
        ring_type::kind == detail::ring_kind::stream;  // a slot of a line ring holds its event in front
    if (made.core_.validates() || (stride_differs && made.core_.ring().measure.stride != sizeof(T)))
      if (auto ready = made.copier_.open(made.core_); !ready) return ready.error();
    return made;
  }

 private:
  LEVADA_COLD turn<T> read_copy() {
    const auto next = copier_.read(core_);
    if (const auto stride = core_.ring().measure.stride; stride != sizeof(T))  // members that T does not know are cut off
      for (std::size_t i = 1; i < next.size; ++i) std::memmove(next.events + i * sizeof(T), next.events + i * stride, sizeof(T));
    return {{reinterpret_cast<const T*>(next.events), next.size}, next.signal, next.lost};
  }

  detail::segment own_;

 protected:
  consumer_type core_;
  const slot_type* slots_;
  std::uint64_t mask_;

 private:
  detail::copier copier_;  // where it is needed
};

}  // namespace levada::inline v0
