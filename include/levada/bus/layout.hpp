// SPDX-License-Identifier: BSL-1.0
// layout: what lies in the files of a topic, byte for byte: plain little-endian words, no pointers, one writer each.
//
//   ring      header pages | control page | lane | data       written by the producer, read-only for subscribers
//   doors     one page                                        who sleeps; written by all
//   cursor.N  one page each                                   how far subscriber N has read; written by it alone
//   bell.N, bell.producer                                     FIFOs that end a sleep
//   producer, lock                                            empty: their locks say who produces, and who opens or removes
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/wire/descriptor.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

inline constexpr std::size_t most_subscribers = 16;
inline constexpr std::size_t most_producers = 16;  ///< of a topic<many<T>>

/// What a record of the lane says. Signals are all but commit; `swap` and `flush` never cross a process.
enum class lane_kind : std::uint8_t {
  commit = 0,     ///< only a new time, or a new producer or epoch
  watermark = 1,  ///< value: event time in nanoseconds
  barrier = 2,    ///< value: number of the checkpoint
  idle = 3,       ///< the input is silent and holds back nobody's time
  end = 4,        ///< no event follows
};

/// One record of the lane. It holds from its sequence on, until the next one.
struct lane_record {
  std::uint64_t sequence = 0;  ///< of the first event behind it
  timestamp time = long_ago;   ///< of the producer's span; never runs backward in a lane
  std::uint64_t value = 0;
  std::uint32_t epoch = 0;  ///< grows with every producer that takes over; 0: not known
  std::uint32_t who = 0;    ///< producer << 8 | kind. The producer is its place among many; 0 where there is one

  [[nodiscard]] lane_kind kind() const { return static_cast<lane_kind>(who & 0xFFu); }
  [[nodiscard]] std::uint32_t producer() const { return who >> 8; }
};
static_assert(sizeof(lane_record) == 32 && std::is_trivially_copyable_v<lane_record>);

/// What happens when the ring is full and a subscriber has not read.
enum class overflow_policy : std::uint32_t {
  block,     ///< the producer waits. It reads in place; only death removes it
  evict,     ///< the producer waits, but not for one that stands still for longer than its lease: that one is told, and reads no
             ///< more
  overwrite  ///< nobody waits: what was overwritten is reported as lost, to the event
};

namespace detail {

static_assert(std::endian::native == std::endian::little, "bus: a topic's files are little-endian");

inline constexpr std::uint64_t ring_magic = 0x676E'6972'616C'766C;  // "lvlaring"
inline constexpr std::uint32_t layout_version = 2;

enum class ring_kind : std::uint32_t {
  stream = 1,  ///< events, packed
  line = 2,    ///< an event and the word that says it is whole, in one cache line: see line.hpp
  frames = 3,  ///< words of 8 bytes: a header and what it measures: see frames.hpp
};

/// How sentences call a kind, and how a program asks for it.
constexpr std::string_view name_of(ring_kind k) {
  return k == ring_kind::stream ? "a stream ring" : k == ring_kind::line ? "a line ring" : "a ring of frames";
}
constexpr std::string_view topic_argument_of(ring_kind k) {
  return k == ring_kind::stream ? "T" : k == ring_kind::line ? "line<T>" : "frames<>";
}

inline constexpr std::uint64_t line_slot_bytes = 64;
inline constexpr std::uint64_t most_line_event_size = line_slot_bytes - sizeof(std::uint64_t);
inline constexpr std::uint64_t frame_word_bytes = 8;
/// With its header.
constexpr std::uint64_t words_of_frame(std::uint64_t length) { return 1 + (length + frame_word_bytes - 1) / frame_word_bytes; }

/// Where a ring stands among those of a topic of many producers: see many.hpp.
struct producer_place {
  std::uint32_t number = 0;
  std::uint32_t of = 0;  ///< how many there are; 0: an ordinary topic

  bool operator==(const producer_place&) const = default;
};

/// Written once, before the ring gets its name; the fields and enumerators of the events follow it.
struct ring_header {
  std::uint64_t magic = ring_magic;
  std::uint32_t version = layout_version;
  std::uint32_t kind = static_cast<std::uint32_t>(ring_kind::stream);
  std::uint64_t page = 0;
  std::uint64_t header_bytes = 0;
  std::uint64_t capacity = 0;       ///< events, a power of two
  std::uint64_t lane_capacity = 0;  ///< records, a power of two
  std::uint32_t event_size = 0;
  std::uint32_t event_alignment = 0;
  std::uint32_t fields = 0;
  std::uint32_t enumerators = 0;
  std::int64_t grain = 0;  ///< nanoseconds
  std::uint64_t first_sequence = 0;
  text<40> boot{};  ///< of the machine: what an earlier boot left is not a topic any more
  producer_place place{};
  std::uint64_t reserved = 0;
};
static_assert(sizeof(ring_header) == 136 && offsetof(ring_header, capacity) == 32 && offsetof(ring_header, boot) == 80 &&
              offsetof(ring_header, place) == 120);
static_assert(std::is_trivially_copyable_v<ring_header>);

/// The events' description behind a header, wherever a copy of both lies. Not checked yet.
inline descriptor_view descriptor_behind(const std::byte* header, const ring_header& h) {
  auto* fields = header + sizeof h;
  auto* enumerators = fields + h.fields * sizeof(field);
  return {{reinterpret_cast<const field*>(fields), h.fields},
          {reinterpret_cast<const enumerator*>(enumerators), h.enumerators},
          h.event_size,
          h.event_alignment};
}
// They follow one another in the header without gaps.
static_assert(sizeof(ring_header) % alignof(enumerator) == 0 && sizeof(field) % alignof(enumerator) == 0);

/// How the producer looks for sleepers after it has published: see detail/sleep.hpp.
enum class wake_mode : std::uint32_t { unknown = 0, by_barrier = 1, by_exchange = 2 };

/// The producer's words. Lines are 128 bytes apart, because processors fetch them in pairs.
struct ring_control {
  alignas(128) word<std::uint64_t> head{};     ///< sequence of the next event: those below it are whole
  word<std::uint64_t> lane_head{};             ///< on the same line: a subscriber fetches both at once
  alignas(128) word<std::uint64_t> reserve{};  ///< the first sequence that the producer may not yet write: see detail/room.hpp
  word<std::uint64_t> lane_reserve{};
  alignas(128) word<std::uint32_t> epoch{};
  word<std::uint32_t> producer_pid{};
  word<std::uint32_t> wake{};  ///< a wake_mode
  std::uint32_t reserved_word = 0;
  word<std::uint64_t> durable{};  ///< reserved: the sequence below which a log has everything on disk
  std::uint64_t reserved[6]{};
  alignas(128) word<std::uint32_t> evicted[most_subscribers]{};  ///< incarnations that the producer waits for no longer
};
static_assert(sizeof(ring_control) == 512 && offsetof(ring_control, evicted) == 384 && offsetof(ring_control, lane_head) == 8 &&
              offsetof(ring_control, reserve) == 128 && offsetof(ring_control, epoch) == 256);

/// A page that everybody may write.
struct doors_page {
  alignas(128) word<std::uint32_t> sleepers{};  ///< bit i: subscriber i sleeps; producer_sleeps: the producer waits for room
  alignas(128) word<std::uint32_t> gate{};      ///< where a joining subscriber and the advancing producer meet
};
static_assert(sizeof(doors_page) == 256 && offsetof(doors_page, gate) == 128);
inline constexpr std::uint32_t producer_sleeps = std::uint32_t{1} << 31;
inline constexpr std::uint32_t subscriber_sleeps = (std::uint32_t{1} << most_subscribers) - 1;

enum class cursor_state : std::uint32_t { free = 0, temporary = 1, named = 2 };

/// One subscriber's words. Who holds the lock of the file owns them.
struct cursor_page {
  alignas(128) word<std::uint64_t> position{};     ///< events below it are read
  word<std::uint64_t> lane{};                      ///< records below it are read
  alignas(128) word<std::uint32_t> incarnation{};  ///< grows with every owner
  word<std::uint32_t> state{};                     ///< a cursor_state
  word<std::uint32_t> pid{};
  word<std::uint32_t> policy{};   ///< an overflow_policy
  word<std::uint64_t> name[6]{};  ///< text<48> in words, so that it can be read while it is written
  word<std::uint64_t> lease{};    ///< nanoseconds: for how long it may hold the producer without any progress
};
static_assert(sizeof(cursor_page) == 256 && offsetof(cursor_page, incarnation) == 128 && offsetof(cursor_page, name) == 144 &&
              offsetof(cursor_page, lease) == 192);

using subscriber_name = text<48>;

inline void store_name(cursor_page& c, const subscriber_name& name) {
  struct raw {
    std::uint64_t words[6];
  };
  auto bits = std::bit_cast<raw>(name);
  for (std::size_t i = 0; i < 6; ++i) c.name[i].relaxed(bits.words[i]);  // published by `incarnation`, like all of the page
}
inline subscriber_name load_name(const cursor_page& c) {
  struct raw {
    std::uint64_t words[6];
  } bits{};
  for (std::size_t i = 0; i < 6; ++i) bits.words[i] = c.name[i].relaxed();
  return std::bit_cast<subscriber_name>(bits);
}

/// The measures of a ring, copied once out of its header and checked; nothing is read from the header afterwards.
struct geometry {
  std::uint64_t page = 0;
  std::uint64_t header_bytes = 0;
  std::uint64_t capacity = 0;
  std::uint64_t lane_capacity = 0;
  std::uint64_t stride = 0;
  std::uint64_t first_sequence = 0;
  duration grain{};
  ring_kind kind = ring_kind::stream;
  producer_place place{};

  [[nodiscard]] std::uint64_t lane_at() const { return header_bytes + page; }
  [[nodiscard]] std::uint64_t front_bytes() const { return lane_at() + lane_capacity * sizeof(lane_record); }
  [[nodiscard]] std::uint64_t data_bytes() const { return capacity * stride; }
  [[nodiscard]] std::uint64_t file_bytes() const { return front_bytes() + data_bytes(); }
};

inline constexpr std::uint64_t most_capacity = std::uint64_t{1} << 32;
inline constexpr std::uint64_t least_capacity = 8;  // an eighth of it is an event
inline constexpr std::uint64_t most_event_size = std::uint64_t{1} << 20;
/// Sequences are compared as numbers, so they never begin anew at 0: at 10^9 events a second there are three centuries from here
/// on.
inline constexpr std::uint64_t most_first_sequence = std::uint64_t{1} << 63;
inline constexpr std::uint64_t most_header_bytes = std::uint64_t{1} << 20;

constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t to) { return (n + to - 1) / to * to; }

/// Bytes from one slot to the next.
constexpr std::uint64_t stride_of(const ring_header& h) {
  return h.kind == static_cast<std::uint32_t>(ring_kind::line) ? line_slot_bytes : h.event_size;
}
inline geometry geometry_of(const ring_header& h) {
  return {h.page,       h.header_bytes,   h.capacity,        h.lane_capacity,
          stride_of(h), h.first_sequence, duration{h.grain}, static_cast<ring_kind>(h.kind),
          h.place};
}

/// The header of a new ring: capacities grow to powers of two whose bytes are whole pages.
inline result<ring_header> plan_ring(std::uint64_t capacity, duration grain, std::uint64_t first_sequence,
                                     const descriptor_view& event, std::uint64_t page, ring_kind kind = ring_kind::stream) {
  if (capacity == 0 || capacity > most_capacity)
    return fault::of(failure::usage, "the capacity must be 1 to ", most_capacity, " events, and ", capacity, " was asked for");
  if (event.event_size > most_event_size)
    return fault::of(failure::usage, "an event of ", event.event_size, " bytes is too large: ", most_event_size, " is the most");
  if (kind == ring_kind::line && event.event_size > most_line_event_size)
    return fault::of(failure::usage, "an event of ", event.event_size,
                     " bytes does not fit into a slot of a line ring: ", most_line_event_size,
                     " is the most; a stream ring takes larger ones");
  if (first_sequence > most_first_sequence)
    return fault::of(failure::usage, "the first sequence can be at most ", most_first_sequence, " (2^63), and ", first_sequence,
                     " was asked for: counting must not come to its end");
  if (grain.ns < 0) return fault::of(failure::usage, "the grain of a topic's time cannot be negative");
  ring_header h;
  h.kind = static_cast<std::uint32_t>(kind);
  h.page = page;
  h.event_size = event.event_size;
  h.event_alignment = event.event_alignment;
  h.fields = static_cast<std::uint32_t>(event.fields.size());
  h.enumerators = static_cast<std::uint32_t>(event.enumerators.size());
  h.header_bytes = round_up(sizeof h + event.fields.size_bytes() + event.enumerators.size_bytes(), page);
  h.capacity = std::bit_ceil(capacity < least_capacity ? least_capacity : capacity);
  while (h.capacity * stride_of(h) % page != 0) h.capacity *= 2;
  const auto events_a_record = kind == ring_kind::frames ? 32u : 4u;  // a frame is some words
  h.lane_capacity = h.capacity / events_a_record < 256 ? 256 : h.capacity / events_a_record;
  while (h.lane_capacity * sizeof(lane_record) % page != 0) h.lane_capacity *= 2;
  h.grain = grain.ns;
  h.first_sequence = first_sequence;
  return h;
}

/// Believes nothing: every number is bounded before it is used in another, in 64 bits.
inline result<geometry> check_ring(const ring_header& h, std::uint64_t file_bytes, std::uint64_t page) {
  auto bad = [](std::string_view what, std::uint64_t value) {
    return fault::of(failure::data, "its header is damaged: ", what, " is ", value);
  };
  if (h.magic != ring_magic) return fault::of(failure::data, "its ring is not a ring of levada");
  if (h.version != layout_version)
    return fault::of(failure::data, "its layout is version ", h.version, " and this program knows version ", layout_version);
  if (h.kind < static_cast<std::uint32_t>(ring_kind::stream) || h.kind > static_cast<std::uint32_t>(ring_kind::frames))
    return fault::of(failure::data, "it is a ring of kind ", h.kind, ", which this program does not know");
  if (h.page != page) return bad("the size of a page", h.page);
  if (h.capacity < least_capacity || h.capacity > most_capacity * page || !std::has_single_bit(h.capacity))
    return bad("the capacity", h.capacity);
  if (h.lane_capacity < 256 || h.lane_capacity > most_capacity * page || !std::has_single_bit(h.lane_capacity))
    return bad("the capacity of the lane", h.lane_capacity);
  const auto kind = static_cast<ring_kind>(h.kind);
  if (h.event_size == 0 || h.event_size > (kind == ring_kind::line ? most_line_event_size : most_event_size) ||
      (kind == ring_kind::frames && h.event_size != frame_word_bytes))
    return bad("the size of an event", h.event_size);
  if (!std::has_single_bit(h.event_alignment) || h.event_alignment > page || h.event_size % h.event_alignment != 0)
    return bad("the alignment of an event", h.event_alignment);
  if (h.first_sequence > most_first_sequence) return bad("the first sequence", h.first_sequence);
  if (h.grain < 0) return bad("the grain", static_cast<std::uint64_t>(h.grain));
  if (h.place.of > most_producers) return bad("the number of producers", h.place.of);
  if (h.place.number != 0 && h.place.number >= h.place.of) return bad("the place among the producers", h.place.number);
  if (h.header_bytes == 0 || h.header_bytes > most_header_bytes || h.header_bytes % page != 0)
    return bad("the size of the header", h.header_bytes);
  if (std::uint64_t{h.fields} * sizeof(field) + std::uint64_t{h.enumerators} * sizeof(enumerator) > h.header_bytes - sizeof h)
    return bad("the number of fields", h.fields);
  const auto g = geometry_of(h);
  // 2^48 events of 2^20 bytes could leave 64 bits: the file's own size bounds the factors first
  if (g.capacity > file_bytes / g.stride || g.lane_capacity > file_bytes / sizeof(lane_record) || g.file_bytes() != file_bytes ||
      g.data_bytes() % page != 0 || g.front_bytes() % page != 0)
    return fault::of(failure::data, "its header is damaged: it describes another file than this one of ", file_bytes, " bytes");
  return g;
}

}  // namespace detail

}  // namespace levada::inline v0
