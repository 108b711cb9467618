// SPDX-License-Identifier: BSL-1.0
// line: a ring for latency. An event and the word that says it is whole share a cache line, so a subscriber that waits
// polls one line, and one line travels for an event. Name a topic<line<T>> instead of a topic<T>; all else is the same.
//
// The order of publication: payload, lane record, lane_head, head, the slot's word. Head says what is accepted, as in
// every ring; nobody polls it here, so that its store costs no traffic. A producer may die between head and the word:
// then a slot never says what head says. A subscriber looks at head before it parks and now and then while it polls,
// and a successor repairs the words below head.
#pragma once

#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/wire/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0 {

/// Takes  at most 56 bytes an event; a slot has 64.
/// Costs  a cache line an event: for many small events at a time a stream ring carries several times more. A turn has one event.
///        To open it touches all of its memory.
///        A signal without an event behind it may be seen some polls later when the ring is full.
template <wire_event T>
struct line {};

/// A claimed slot of a line ring: assign an event, or write its members in place.
template <class T>
struct alignas(detail::line_slot_bytes) line_slot {
  T event;

  line_slot& operator=(const T& e) {
    event = e;
    return *this;
  }

 private:
  [[maybe_unused]] std::byte rest_[detail::line_slot_bytes - sizeof(T)];  // the last 8 bytes are the word
};

namespace detail {

/// A slot as both sides' words see it. Twice the number of events up to this one, plus one bit; so no word of another slot, of
/// an earlier lap or of fresh memory is taken for it, wherever counting begins.
struct line_word {
  std::byte event[most_line_event_size];
  word<std::uint64_t> said;

  enum : std::uint64_t {
    only_records = 1,  ///< records stand before the event, which is not there yet
    event_alone = 2,
    event_behind_records = 3,
  };
  static line_word& at(const ring_view& r, std::uint64_t sequence) {
    return reinterpret_cast<line_word*>(r.data)[sequence & (r.measure.capacity - 1)];
  }
  static std::uint64_t base(const ring_view& r, std::uint64_t sequence) { return (sequence - r.measure.first_sequence) * 2; }
};
static_assert(sizeof(line_word) == line_slot_bytes && offsetof(line_word, said) == most_line_event_size);

/// Asks the system for every page now. When both sides come to a new page at once, one of them sleeps in the kernel: that was
/// milliseconds, on a busy machine, where an event takes less than one microsecond.
inline void touch_pages(const ring_view& r) {
  const auto slots_a_page = r.measure.page / line_slot_bytes;
  for (std::uint64_t i = 0; i < 2 * r.measure.capacity; i += slots_a_page)  // the data is mapped twice in a row
      [[maybe_unused]]
    auto said = reinterpret_cast<line_word*>(r.data)[i].said.relaxed();
}

class line_producer : public producer {
 public:
  line_producer() = default;
  static result<line_producer> open(const segment& s) {
    auto p = producer::open(s);
    if (!p) return p.error();
    line_producer made(std::move(*p));
    touch_pages(made.ring());
    made.repair();
    return made;
  }

  LEVADA_INLINE void commit(std::size_t n, timestamp now) {
    const auto first = position();
    producer::commit(n, now, [this, first, n] {
      auto what = lane_position() == told_ ? line_word::event_alone : line_word::event_behind_records;
      told_ = lane_position();
      for (std::uint64_t i = 0; i < n; ++i, what = line_word::event_alone) tell(first + i, what);
    });
  }
  bool signal(lane_kind kind, std::uint64_t value, timestamp now) {
    if (!producer::signal(kind, value, now)) return false;
    tell_records();
    return true;
  }
  void tell_time(timestamp now) {
    producer::tell_time(now);
    tell_records();
  }

 private:
  explicit line_producer(producer&& p) : producer(std::move(p)) {}

  LEVADA_INLINE void tell(std::uint64_t sequence, std::uint64_t what) {
    line_word::at(ring(), sequence).said.release(line_word::base(ring(), sequence) + what);  // pairs with line_consumer::poll
  }
  /// The next slot says so, unless somebody may still want what it says now: then they are found with the help of head.
  LEVADA_COLD void tell_records() {
    if (lane_position() != told_ && granted(1) != 0) tell(position(), line_word::only_records);
  }
  /// A commit's words are stored in order, so those that a predecessor did not come to are the last ones.
  void repair() {
    const auto& m = ring().measure;
    const auto events = position() - m.first_sequence;
    const auto most = events < m.capacity ? events : m.capacity;
    for (std::uint64_t i = 1; i <= most; ++i) {
      const auto said = line_word::at(ring(), position() - i).said.relaxed() - line_word::base(ring(), position() - i);
      if (said == line_word::event_alone || said == line_word::event_behind_records) break;
      tell(position() - i, line_word::event_behind_records);  // it may be so, and to look is harmless
    }
  }

  std::uint64_t told_ = UINT64_MAX;  // records that slots have told of. A predecessor's last one may be behind its last event
};

class line_consumer : public consumer {
 public:
  line_consumer() = default;
  static result<line_consumer> open(const segment& s, const subscriber_options& options, bool own_cursor_page) {
    auto c = consumer::open(s, options, own_cursor_page);
    if (!c) return c.error();
    touch_pages(c->ring());
    return line_consumer(std::move(*c));
  }

  [[nodiscard]] LEVADA_INLINE const lane_record* next_signal() {
    if (position_ == head_) poll();
    return due_signal();
  }
  /// After next_signal() has found none.
  [[nodiscard]] LEVADA_INLINE std::uint64_t available() const { return position_ == head_ ? 0 : 1; }

  // What these find may be known to head alone, and the next read must find it too.
  [[nodiscard]] bool park() {
    empty_polls_ = most_empty_polls;
    return consumer::park();
  }
  void lie_down() {
    empty_polls_ = most_empty_polls;
    consumer::lie_down();
  }
  [[nodiscard]] bool wait(duration timeout) {
    empty_polls_ = most_empty_polls;
    return consumer::wait(timeout);
  }

 private:
  /// Rare enough that the producer's line stays with the producer: some 10 us of polling.
  static constexpr std::uint32_t most_empty_polls = 1024;

  explicit line_consumer(consumer&& c) : consumer(std::move(c)) {}

  LEVADA_INLINE void poll() {
    const auto said = line_word::at(ring_, position_).said.acquire() -  // pairs with the release in line_producer::tell
                      line_word::base(ring_, position_);
    if (said == line_word::event_alone) {
      head_ = position_ + 1;
    } else if (said == line_word::event_behind_records || said == line_word::only_records || is_of_later_lap(said) ||
               ++empty_polls_ > most_empty_polls) {
      look_further(said);
    }
  }
  /// Only where nobody waits for this one: what stood here is gone.
  static bool is_of_later_lap(std::uint64_t said) { return said > line_word::event_behind_records && said < INT64_MAX; }
  LEVADA_COLD void look_further(std::uint64_t said) {
    if (said == line_word::event_behind_records) head_ = position_ + 1;
    if (said == line_word::event_behind_records || said == line_word::only_records) refresh_lane();
    const bool nothing = position_ == head_ && position_ < next_;
    if (is_of_later_lap(said) || (nothing && (said != line_word::only_records || ++empty_polls_ > most_empty_polls))) {
      refresh();
      empty_polls_ = 0;
    }
  }

  std::uint32_t empty_polls_ = most_empty_polls;  // the first look is at head
};

template <class T>
struct ring_of<line<T>> {
  static_assert(
      sizeof(T) <= most_line_event_size,
      "line: an event of a line ring has at most 56 bytes, so that it shares a cache line with the word that says it is "
      "whole: make it smaller, or use topic<T>");
  static constexpr ring_kind kind = ring_kind::line;
  using event_type = T;
  using slot_type = line_slot<T>;
  using producer_type = line_producer;
  using consumer_type = line_consumer;
  static const T& event_in(const line_slot<T>& slot) { return slot.event; }
  static descriptor_view description() { return describe<T>(); }
};

}  // namespace detail

}  // namespace levada::inline v0
