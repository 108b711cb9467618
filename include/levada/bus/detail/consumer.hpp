// SPDX-License-Identifier: BSL-1.0
// consumer: what a subscriber does whatever its events are: its cursor, its place among signals, its sleep. Where the producer
// does not wait for it, it copies what it reads, and asks afterwards whether that was still there.
#pragma once

#include <levada/bus/detail/join.hpp>
#include <levada/bus/detail/pace.hpp>
#include <levada/bus/detail/sleep.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/reclaim.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/barrier.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/cache.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace levada::inline v0 {

/// How a subscriber joins.
struct subscriber_options {
  text<64> name{};                     ///< one with a name goes on where its namesake stopped; at most 47 characters
  start_at from = start_at::earliest;  ///< for those who have no position yet
  overflow_policy overflow = overflow_policy::block;
  duration lease{5'000'000};  ///< of overflow_policy::evict: for how long it may keep the publisher waiting without a step
  reclaim_policy reclaim = reclaim_policy::none;
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

  /// How many events are at hand, after next_signal() has found none.
  [[nodiscard]] LEVADA_INLINE std::uint64_t available() const {
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
    while (next_ <= position_) [[unlikely]] {   // and not ==: a record that came too late must not stop the stream
      if (lane_position_ == lane_head_) break;  // at the last sequence there is, no record looks like one that is due
      covering_ = validates_ ? upcoming_ : ring_.record(lane_position_);
      ++lane_position_;
      look();
      if (covering_.kind() != lane_kind::commit) return &covering_;
    }
    return nullptr;
  }
  LEVADA_INLINE void release(std::size_t n) {
    LEVADA_CHECK(n <= head_ - position_, n);
    if (pace_.flushes()) [[unlikely]]
      flush(n);
    position_ += n;
    if (position_ - published_ >= slice_ || position_ == head_) publish();
  }

  /// Less than that would not be a whole event. What the publisher may be writing over is not whole either, and found out later.
  [[nodiscard]] LEVADA_RACES std::uint64_t least_to_copy() const {
    if (ring_.measure.kind != ring_kind::frames) return 1;
    const auto* header = ring_.data + (position_ & (ring_.measure.capacity - 1)) * frame_word_bytes;
    const auto length = __atomic_load_n(reinterpret_cast<const std::uint64_t*>(header), __ATOMIC_RELAXED) & UINT32_MAX;
    return words_of_frame(length);
  }
  /// Must what is read be asked for again after it was copied?
  [[nodiscard]] bool validates() const { return validates_; }
  /// Copies n events, as bytes, to `room`, which has two words more than they need. Emits where the first one begins, or nullptr:
  /// some were overwritten meanwhile, and those that are gone are passed over and counted.
  LEVADA_COLD std::byte* copy(std::size_t n, std::byte* room) {
    const auto from = (position_ & (ring_.measure.capacity - 1)) * ring_.measure.stride;
    const auto shift = from % sizeof(std::uint64_t);
    const auto bytes = round_up(shift + n * ring_.measure.stride, sizeof(std::uint64_t));
    copy_words(ring_.data + (from - shift), room, static_cast<std::size_t>(bytes));
    if (!validates_) return room + shift;
    if (const auto low = oldest_event(ring_); is_ahead(low)) {
      // Twice in a row: whoever copies at the very edge may be overtaken for ever.
      skip_to(std::exchange(overtaken_, true) ? low + (ring_.control->head.acquire() - low) / 2 : low);  // pairs with commit
      return nullptr;
    }
    overtaken_ = false;
    return room + shift;
  }
  [[nodiscard]] bool is_evicted() const {
    return validates_ &&
           ring_.control->evicted[index_].acquire() == incarnation_;  // pairs with the release in room::look_for_gone
  }

  [[nodiscard]] result<> status() const {
    if (!is_evicted()) return {};
    return fault::of(failure::unavailable, "a subscriber was evicted at sequence ", position_, ": it kept the publisher waiting ",
                     "for longer than its lease without reading (give it a longer one, a larger ring, or less to do)");
  }

  [[nodiscard]] bool ready() const {
    return ring_.control->head.acquire() != position_ ||            // pairs with the release in producer::commit
           ring_.control->lane_head.acquire() != lane_position_ ||  // pairs with the release in producer::append
           is_evicted();
  }
  [[nodiscard]] bool park() {
    lie_down();
    return stays(barrier_everywhere());
  }
  void lie_down() {
    pace_.hurry();
    publish();
    sleeper_.lie_down();
  }
  [[nodiscard]] bool stays(bool fenced) {
    auto mode = static_cast<wake_mode>(ring_.control->wake.acquire());  // pairs with the release in producer::open
    return sleeper_.stays(fenced || mode == wake_mode::by_exchange, [this] { return ready(); });
  }
  void unpark(bool timed_out) {
    if (timed_out && sleeper_.is_missed([this] { return ready(); })) sleeper_.count_rescue();
    sleeper_.unpark();
  }
  bool wait(duration timeout);

  [[nodiscard]] const ring_view& ring() const { return ring_; }
  [[nodiscard]] LEVADA_INLINE std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t lane_position() const { return lane_position_; }
  [[nodiscard]] std::uint64_t unread() const { return ring_.control->head.acquire() - position_; }
  [[nodiscard]] const lane_record& covering() const { return covering_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] std::uint64_t lost_records() const { return lost_records_; }
  [[nodiscard]] const sleeper& waiting() const { return sleeper_; }
  [[nodiscard]] bool producer_alive() const { return is_locked(producer_.fd()); }
  void leave();

 protected:
  void publish() {
    if (!place_) [[unlikely]]
      return;  // it has left: the cursor may be somebody else's
    // Position first: if this process dies between the two, signals come twice and none is missing.
    cursor_->position.release(position_);  // both pair with the acquires in room::scan
    cursor_->lane.release(lane_position_);
    published_ = position_;
    lane_published_ = lane_position_;
    pace_.read_up_to(position_, ring_.measure.capacity);
    if ((caller_.sleepers() & producer_sleeps) != 0) [[unlikely]]
      ring_producer();
  }
  /// Lines that hold nothing but events up to the n-th from here. The one in which the next event begins waits for that.
  LEVADA_COLD void flush(std::size_t n) {
    const auto line = [](std::uint64_t at) { return at & ~std::uint64_t{cache_line - 1}; };
    const auto from = (position_ & (ring_.measure.capacity - 1)) * ring_.measure.stride;  // the data is mapped twice in a row
    flush_lines(ring_.data + line(from), ring_.data + line(from + n * ring_.measure.stride));
  }
  LEVADA_COLD void ring_producer() {
    if (caller_.take(producer_sleeps) != 0) producer_bell_.ring();
  }
  void refresh() {
    if (pace_.leaves_head_alone()) [[unlikely]]
      return;
    const auto& c = *ring_.control;
    if (is_evicted()) [[unlikely]] {
      head_ = position_;
      lane_head_ = lane_position_;
      next_ = UINT64_MAX;
      return;
    }
    head_ = c.head.acquire();  // first, pairs with producer::commit: then every record before head is visible ...
    if (validates_) [[unlikely]]
      skip_to(oldest_event(ring_));  // the producer may be a ring ahead: what it has given up is lost
    if (head_ - position_ > ring_.measure.capacity) [[unlikely]]
      head_ = position_;  // nonsense is not read
    if (pace_.lets_gather((head_ - position_) * ring_.measure.stride)) [[unlikely]]
      head_ = position_;
    refresh_lane();
  }
  void refresh_lane() {
    lane_head_ = ring_.control->lane_head.acquire();  // ... here, pairs with producer::append. Not the other way round.
    if (!validates_ && lane_head_ - lane_position_ > ring_.measure.lane_capacity) [[unlikely]]
      lane_head_ = lane_position_;
    // Signals without events must free the lane too.
    auto unpublished = lane_position_ - lane_published_;
    if (unpublished >= lane_slice_ || (unpublished != 0 && lane_position_ == lane_head_)) publish();
    look();
  }
  void look() {
    if (validates_) [[unlikely]]
      return look_at_copy();
    next_ = lane_position_ != lane_head_ ? ring_.record(lane_position_).sequence : UINT64_MAX;
  }

  // What follows is for those whom nobody waits for.

  [[nodiscard]] bool is_ahead(std::uint64_t sequence) const { return sequence - position_ - 1 < INT64_MAX; }
  void skip_to(std::uint64_t sequence) {
    if (!is_ahead(sequence)) return;
    if (ring_.measure.kind == ring_kind::frames) sequence = frame_from(sequence);
    lost_ += sequence - position_;
    position_ = sequence;
    if (head_ - position_ > ring_.measure.capacity) head_ = position_;
  }
  /// Frames do not begin at every sequence, but where records of the lane stand, and at the head. The records may be overwritten
  /// while they are looked at, like everything here.
  LEVADA_COLD std::uint64_t frame_from(std::uint64_t sequence) const {
    const auto head = ring_.control->head.acquire();            // pairs with producer::commit: between two frames, always
    const auto lane_head = ring_.control->lane_head.acquire();  // pairs with producer::append
    const auto behind = [sequence](std::uint64_t s) { return s - sequence < INT64_MAX; };
    auto at = oldest_record(ring_);
    for (std::uint64_t n = 0; n < ring_.measure.lane_capacity && at != lane_head; ++n, ++at) {
      lane_record r;
      copy_words(reinterpret_cast<const std::byte*>(&ring_.record(at)), reinterpret_cast<std::byte*>(&r), sizeof r);
      if (const auto low = oldest_record(ring_); low != at && low - at < INT64_MAX) {
        at = low - 1;
      } else if (behind(r.sequence)) {
        return head - r.sequence < INT64_MAX ? r.sequence : head;
      }
    }
    return head;
  }
  /// The next record, as a copy that was whole when it was made. Records that are gone are counted.
  LEVADA_COLD void look_at_copy() {
    next_ = UINT64_MAX;
    if (lane_head_ - lane_position_ > INT64_MAX) lane_head_ = lane_position_;
    while (lane_position_ != lane_head_) {
      copy_words(reinterpret_cast<const std::byte*>(&ring_.record(lane_position_)), reinterpret_cast<std::byte*>(&upcoming_),
                 sizeof upcoming_);
      const auto low = oldest_record(ring_);
      const auto behind = low - lane_position_;
      if (behind == 0 || behind > INT64_MAX) {
        if (lane_head_ - lane_position_ <= ring_.measure.lane_capacity)
          next_ = upcoming_.sequence;
        else
          lane_head_ = lane_position_;  // nonsense is not read: more than there can be, and none of it overwritten
        return;
      }
      lost_records_ += behind;
      lane_position_ = low;
      if (lane_head_ - lane_position_ > ring_.measure.lane_capacity) lane_head_ = lane_position_;
    }
  }
  /// Each word is acquired, so that `reserve` is asked after all of them: pairs with the release in room::advance, which comes
  /// before the producer writes over them. The producer writes plainly; what was torn is thrown away.
  LEVADA_RACES static void copy_words(const std::byte* from, std::byte* to, std::size_t bytes) {
    auto* words = reinterpret_cast<const std::uint64_t*>(from);
    for (std::size_t i = 0; i < bytes / sizeof *words; ++i) {
      const auto w = __atomic_load_n(words + i, __ATOMIC_ACQUIRE);
      std::memcpy(to + i * sizeof w, &w, sizeof w);
    }
  }

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
  lane_record upcoming_;  // a copy of the next one, where it has to be one
  bool validates_ = false;
  bool overtaken_ = false;  // the last copy was
  std::uint32_t incarnation_ = 0;
  std::size_t index_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_records_ = 0;
  pace pace_;
  cursor_page* cursor_ = nullptr;
  caller caller_;
  bell producer_bell_;
  sleeper sleeper_;
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
  auto own_bell = files.open_bell(at->index);
  if (!own_bell) return about(files, own_bell.error());
  auto producer_bell = files.open_producer_bell();
  if (!producer_bell) return about(files, producer_bell.error());
  auto producer = files.open_producer();
  if (!producer) return about(files, producer.error());
  c.producer_bell_ = std::move(*producer_bell);
  c.producer_ = std::move(*producer);
  c.caller_ = caller(c.ring_.doors);
  c.sleeper_ = sleeper(c.ring_.doors, std::uint32_t{1} << at->index, std::move(*own_bell), !files.has_names());
  c.sleeper_.unpark();  // what a dead predecessor left: its bit and its rings

  const auto start = attach(c.ring_, *c.cursor_, *at, name, options.from, {options.overflow, options.lease});
  c.validates_ = options.overflow != overflow_policy::block;
  c.index_ = at->index;
  c.incarnation_ = c.cursor_->incarnation.relaxed();
  c.lost_ = start.lost;
  c.lost_records_ = start.lost_records;
  c.covering_ = start.covering;
  c.position_ = c.head_ = c.published_ = start.position;
  if (c.validates_ && !at->resumed && c.ring_.measure.kind == ring_kind::frames)
    c.position_ = c.head_ = c.frame_from(c.position_);  // the record that attach found may have been overwritten under its eyes
  c.lane_position_ = c.lane_head_ = c.lane_published_ = start.lane;
  c.pace_ = pace(options.reclaim, c.ring_.measure.data_bytes(), c.position_);
  c.slice_ = c.ring_.measure.capacity / 8;
  c.lane_slice_ = c.ring_.measure.lane_capacity / 8;
  c.place_ = std::move(at->lock);
  c.owner_ = process_id();
  return c;
}

inline bool consumer::wait(duration timeout) {
  pace_.hurry();
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
  unlock(place_.fd());                                                       // its page is mapped, and would keep the lock
  place_ = file{};
  if ((caller_.sleepers() & producer_sleeps) != 0) ring_producer();
}

}  // namespace detail

}  // namespace levada::inline v0
