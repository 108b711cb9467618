// SPDX-License-Identifier: BSL-1.0
// subscriber: one reader of a topic, with a position of its own. It reads events in place, and the producer waits for
// it: nothing is overwritten before it is released, as long as the subscriber lives.
#pragma once

#include <levada/bus/detail/join.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/detail/sleep.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/reclaim.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/process.hpp>
#include <levada/wire/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// How a subscriber joins.
struct subscriber_options {
  text<64> name{};                     ///< one with a name goes on where its namesake stopped; at most 47 characters
  start_at from = start_at::earliest;  ///< for those who have no position yet
  reclaim_policy reclaim = reclaim_policy::none;
};

/// What comes next: events in a row, or one signal, or neither.
template <class T>
struct turn {
  std::span<const T> events{};
  const lane_record* signal = nullptr;  ///< valid until the next read

  [[nodiscard]] explicit operator bool() const { return !events.empty() || signal != nullptr; }
};

namespace detail {

/// What does not depend on the type of the events.
class consumer {
 public:
  consumer() = default;
  consumer(consumer&&) noexcept = default;
  consumer& operator=(consumer&& other) noexcept {  // a defaulted one would leave two owners of one cursor
    if (this != &other) {
      this->~consumer();
      ::new (static_cast<void*>(this)) consumer(std::move(other));
    }
    return *this;
  }
  ~consumer() { leave(); }

  /// The caller holds the topic's lock.
  static result<consumer> open(const segment& s, const subscriber_options& options, bool own_cursor_page);

  [[nodiscard]] LEVADA_INLINE std::uint64_t available() {
    if (position_ == head_) refresh();
    auto stop = head_ < next_ ? head_ : next_;
    if (stop <= position_) [[unlikely]]
      return 0;
    auto n = stop - position_;
    return n < slice_ ? n : slice_;
  }
  /// Is it a record's turn? Records of time are taken on the way.
  [[nodiscard]] LEVADA_INLINE const lane_record* next_signal() {
    if (position_ == head_) refresh();
    return due_signal();
  }
  [[nodiscard]] LEVADA_INLINE const lane_record* due_signal() {
    while (next_ <= position_) [[unlikely]] {  // and not ==: a record that came too late must not stop the stream
      covering_ = ring_.record(lane_position_++);
      look();
      if (covering_.kind() != lane_kind::commit) return &covering_;
    }
    return nullptr;
  }
  LEVADA_INLINE void release(std::size_t n) {
    LEVADA_CHECK(n <= head_ - position_, n);
    if (reclaimer_.flushes()) [[unlikely]]
      flush(n);
    position_ += n;
    if (position_ - published_ >= slice_ || position_ == head_) publish();
  }

  [[nodiscard]] bool ready() const {
    return ring_.control->head.acquire() != position_ ||          // pairs with the release in producer::commit
           ring_.control->lane_head.acquire() != lane_position_;  // pairs with the release in producer::append
  }
  [[nodiscard]] bool park() {
    publish();
    auto mode = static_cast<wake_mode>(ring_.control->wake.acquire());  // pairs with the release in producer::open
    return sleeper_.park(mode == wake_mode::by_exchange, [this] { return ready(); });
  }
  void unpark(bool timed_out) {
    if (timed_out && sleeper_.is_missed([this] { return ready(); })) sleeper_.count_rescue();
    sleeper_.unpark();
  }
  bool wait(duration timeout);

  [[nodiscard]] const ring_view& ring() const { return ring_; }
  [[nodiscard]] LEVADA_INLINE std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t unread() const { return ring_.control->head.acquire() - position_; }
  [[nodiscard]] const lane_record& covering() const { return covering_; }
  [[nodiscard]] const joined& start() const { return start_; }
  [[nodiscard]] const sleeper& waiting() const { return sleeper_; }
  [[nodiscard]] bool producer_alive() const { return is_locked(producer_.fd()); }
  void leave();

 protected:
  void publish() {
    // Position first: if this process dies between the two, signals come twice and none is missing.
    cursor_->position.release(position_);  // both pair with the acquires in room::scan
    cursor_->lane.release(lane_position_);
    published_ = position_;
    lane_published_ = lane_position_;
    if (reclaimer_.tries() && position_ - lap_ >= ring_.measure.capacity) [[unlikely]]
      time_lap();
    if ((caller_.sleepers() & producer_sleeps) != 0) [[unlikely]]
      ring_producer();
  }
  /// Lines that hold nothing but events up to the n-th from here. The one in which the next event begins waits for that.
  LEVADA_COLD void flush(std::size_t n) {
    const auto line = [](std::uint64_t at) { return at & ~std::uint64_t{cache_line - 1}; };
    const auto from = (position_ & (ring_.measure.capacity - 1)) * ring_.measure.stride;  // the data is mapped twice in a row
    flush_lines(ring_.data + line(from), ring_.data + line(from + n * ring_.measure.stride));
  }
  LEVADA_COLD void time_lap() {
    lap_ = position_;
    reclaimer_.lap(wall_clock{}.steady(), ring_.measure.data_bytes());
  }
  LEVADA_COLD void ring_producer() {
    if (caller_.take(producer_sleeps) != 0) producer_bell_.ring();
  }
  void refresh() {
    const auto& c = *ring_.control;
    head_ = c.head.acquire();  // first, pairs with producer::commit: then every record before head is visible ...
    if (head_ - position_ > ring_.measure.capacity) [[unlikely]]
      head_ = position_;  // nonsense is not read
    refresh_lane();
  }
  void refresh_lane() {
    lane_head_ = ring_.control->lane_head.acquire();  // ... here, pairs with producer::append. Not the other way round.
    if (lane_head_ - lane_position_ > ring_.measure.lane_capacity) [[unlikely]]
      lane_head_ = lane_position_;
    // Signals without events must free the lane too.
    auto unpublished = lane_position_ - lane_published_;
    if (unpublished >= lane_slice_ || (unpublished != 0 && lane_position_ == lane_head_)) publish();
    look();
  }
  void look() { next_ = lane_position_ != lane_head_ ? ring_.record(lane_position_).sequence : UINT64_MAX; }

  ring_view ring_;
  std::uint64_t position_ = 0;       // of the next event to release
  std::uint64_t head_ = 0;           // as last loaded
  std::uint64_t next_ = UINT64_MAX;  // sequence of the next record
  std::uint64_t slice_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t lane_position_ = 0;
  std::uint64_t lane_head_ = 0;
  std::uint64_t lane_slice_ = 0;
  std::uint64_t lane_published_ = 0;
  lane_record covering_;
  reclaimer reclaimer_;
  std::uint64_t lap_ = 0;  // where this one began
  cursor_page* cursor_ = nullptr;
  caller caller_;
  bell producer_bell_;
  sleeper sleeper_;
  joined start_;
  mapping cursor_map_;
  file producer_;
  file place_;  // its lock says that this subscriber lives; empty after a move
  int owner_ = 0;
};

inline result<consumer> consumer::open(const segment& s, const subscriber_options& options, bool own_cursor_page) {
  const auto& files = s.files();
  subscriber_name name{options.name.view()};
  if (options.name.view().size() >= sizeof name)
    return fault::of(failure::usage, "a subscriber's name has at most ", sizeof name - 1, " characters: '", options.name, "'");
  auto at = find_place(s, name);
  if (!at) return at.error();

  consumer c;
  c.ring_ = s.view();
  if (own_cursor_page) {
    auto page = mapping::of(at->lock, static_cast<std::size_t>(c.ring_.measure.page), access::read_write);
    if (!page) return about(files, page.error());
    c.cursor_map_ = std::move(*page);
    c.cursor_ = reinterpret_cast<cursor_page*>(c.cursor_map_.base());
  } else {
    c.cursor_ = &c.ring_.cursor(at->index);
  }
  auto own_bell = bell::open(files.bell(at->index).c_str());
  if (!own_bell) return about(files, own_bell.error());
  auto producer_bell = bell::open(files.producer_bell().c_str());
  if (!producer_bell) return about(files, producer_bell.error());
  auto producer = file::open(files.file("producer").c_str(), O_RDWR | O_NOFOLLOW);
  if (!producer) return about(files, producer.error());
  c.producer_bell_ = std::move(*producer_bell);
  c.producer_ = std::move(*producer);
  c.caller_ = caller(c.ring_.doors);
  c.sleeper_ = sleeper(c.ring_.doors, std::uint32_t{1} << at->index, std::move(*own_bell));
  c.sleeper_.unpark();  // what a dead predecessor left: its bit and its rings

  c.start_ = attach(c.ring_, *c.cursor_, *at, name, options.from);
  c.covering_ = c.start_.covering;
  c.position_ = c.head_ = c.published_ = c.start_.position;
  c.lane_position_ = c.lane_head_ = c.lane_published_ = c.start_.lane;
  c.lap_ = c.position_;
  c.reclaimer_ = reclaimer(options.reclaim);
  c.slice_ = c.ring_.measure.capacity / 8;
  c.lane_slice_ = c.ring_.measure.lane_capacity / 8;
  c.place_ = std::move(at->lock);
  c.owner_ = process_id();
  return c;
}

inline bool consumer::wait(duration timeout) {
  if (ready()) return true;
  wall_clock clock;
  auto end = clock.steady() + timeout;
  for (;;) {
    if (!park()) return true;
    auto left = end - clock.steady();
    if (left > duration{}) sleeper_.wait(left, [this] { return ready(); });
    sleeper_.unpark();
    if (ready()) return true;
    if (left <= duration{}) return false;
  }
}

/// A place with a name stays taken, without a lock: its position waits for the namesake. After a bare fork the place is
/// the parent's, and the child leaves it alone.
inline void consumer::leave() {
  if (!place_ || owner_ != process_id()) return;
  publish();
  if (static_cast<cursor_state>(cursor_->state.relaxed()) == cursor_state::temporary)
    cursor_->state.release(static_cast<std::uint32_t>(cursor_state::free));  // pairs with the acquires in room and find_place
  place_ = file{};
  if ((caller_.sleepers() & producer_sleeps) != 0) ring_producer();
}

}  // namespace detail

/// Takes  nothing; what the topic's publisher commits comes to it.
/// Emits  turns: events up to the next record of the lane, or one signal.
/// Holds  the mapping of the ring, read-only, its own cursor, and 4 descriptors. Where the publisher's events have more
///        members than T knows, a buffer of 256 events, because those cannot be read in place.
/// Fails  at open only, in words. Afterwards it counts: lost() events, rescued() waits.
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
    auto lock = detail::segment::open_or_make(*files, where.options(), ring_type::description(), ring_type::kind);
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

  /// What comes next. Events stay readable until they are released.
  [[nodiscard]] LEVADA_INLINE turn<T> read() {
    if (const auto* signal = core_.next_signal()) [[unlikely]]
      return {{}, signal};
    auto n = static_cast<std::size_t>(core_.available());
    if (!copies_) [[likely]]
      return {{&ring_type::event_in(slots_[core_.position() & mask_]), n}, nullptr};
    return {copied(n), nullptr};
  }
  /// The first n events of the last turn are done with.
  LEVADA_INLINE void release(std::size_t n) { core_.release(n); }

  /// The record that holds at the next event: when its producer's span began, and which producer.
  [[nodiscard]] timestamp time() const { return core_.covering().time; }
  [[nodiscard]] std::uint32_t epoch() const { return core_.covering().epoch; }
  /// The sequence of the next event.
  [[nodiscard]] std::uint64_t position() const { return core_.position(); }
  /// Events committed and not released yet.
  [[nodiscard]] std::uint64_t unread() const { return core_.unread(); }
  /// Events that were overwritten while no subscriber of this name ran.
  [[nodiscard]] std::uint64_t lost() const { return core_.start().lost; }
  [[nodiscard]] std::uint64_t lost_records() const { return core_.start().lost_records; }

  /// Before a wait on wake_fd(): true promises that it becomes readable when there is something to read; false: there is
  /// already. A wait should not last longer than patience(), as a belt; tell unpark when it did.
  [[nodiscard]] bool park() { return core_.park(); }
  void unpark(bool timed_out = false) { core_.unpark(timed_out); }
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
  static constexpr std::size_t most_copied = 256;

  using consumer_type = typename ring_type::consumer_type;

  explicit subscriber(consumer_type&& core)
      : core_(std::move(core)),
        slots_(reinterpret_cast<const slot_type*>(core_.ring().data)),
        mask_(core_.ring().measure.capacity - 1),
        copies_(core_.ring().measure.stride != sizeof(slot_type)) {}

  static result<subscriber> build(const detail::segment& s, const subscriber_options& options, bool own_cursor_page) {
    if (auto agreed = s.is_of(ring_type::kind, "subscriber"); !agreed) return agreed.error();
    if (auto agreed = readable_by(s.descriptor(), ring_type::description()); !agreed)
      return fault::of(agreed.error().kind, "topic '", s.files().topic,
                       "' has other events than this subscriber reads: ", agreed.error().sentence);
    auto core = consumer_type::open(s, options, own_cursor_page);
    if (!core) return core.error();
    subscriber made{std::move(*core)};
    if (made.copies_) {
      auto buffer = mapping::memory(most_copied * sizeof(T));
      if (!buffer) return buffer.error();
      made.buffer_ = std::move(*buffer);
    }
    return made;
  }

  LEVADA_COLD std::span<const T> copied(std::size_t n) {
    if (n > most_copied) n = most_copied;
    const auto& ring = core_.ring();
    const auto* from = ring.data + (core_.position() & mask_) * ring.measure.stride;
    for (std::size_t i = 0; i < n; ++i) std::memcpy(buffer_.base() + i * sizeof(T), from + i * ring.measure.stride, sizeof(T));
    return {reinterpret_cast<const T*>(buffer_.base()), n};
  }

  detail::segment own_;

 protected:
  consumer_type core_;
  const slot_type* slots_;
  std::uint64_t mask_;

 private:
  bool copies_;
  mapping buffer_;
};

}  // namespace levada::inline v0
