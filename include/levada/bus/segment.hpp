// SPDX-License-Identifier: BSL-1.0
// segment: the mappings of one topic in one process, checked before they are believed. A publisher and a subscriber
// usually own one each; both can stand over the same one, as a boundary between two stages of a flow does.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/detail/schema.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/result.hpp>
#include <levada/os/file.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/wire/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// What the publisher of a sealed topic has granted the subscriber at a place, and has seen of it. It lies in the publisher's own
/// memory: what stands in a cursor is the subscriber's word.
struct grant {
  std::uint32_t incarnation = 0;  ///< 0: nobody
  overflow_policy overflow = overflow_policy::block;
  duration lease{};
  std::uint64_t position = 0, lane = 0;  ///< the furthest that it was seen: a cursor never moves back
};

/// Where things are, and how large: addresses that stay when their owner moves.
struct ring_view {
  geometry measure{};
  ring_control* control = nullptr;
  lane_record* lane = nullptr;
  std::byte* data = nullptr;  ///< shown twice in a row
  doors_page* doors = nullptr;
  std::byte* cursors = nullptr;
  grant* grants = nullptr;               ///< of a sealed topic's publisher; else cursors are believed
  int cursor_files[most_subscribers]{};  ///< whose locks the producer asks for; by descriptor, because names can go

  [[nodiscard]] cursor_page& cursor(std::size_t i) const { return *reinterpret_cast<cursor_page*>(cursors + i * measure.page); }
  [[nodiscard]] LEVADA_INLINE lane_record& record(std::uint64_t at) const { return lane[at & (measure.lane_capacity - 1)]; }
};

/// Who a mapping is for: it decides what is writable.
enum class side : std::uint8_t { publisher, subscriber, both };

class segment {
 public:
  segment() = default;

  /// The caller holds the topic's lock, and the topic is there.
  static result<segment> open(const topic_files& files, side who) {
    segment s;
    s.files_ = files;
    auto how = who == side::subscriber ? access::read : access::read_write;
    auto ring = files.open_ring(how == access::read ? O_RDONLY : O_RDWR);
    if (!ring) return ring.error().kind == failure::unreadable ? files.absent() : about(files, ring.error());
    auto bytes = ring->size();
    if (!bytes) return about(files, bytes.error());

    ring_header h;  // copied once, as the schema below; what is mapped is not asked again
    auto got = ring->pread({reinterpret_cast<char*>(&h), sizeof h}, 0);
    if (!got) return about(files, got.error());
    if (*got != sizeof h) return about(files, fault::of(failure::data, "its ring has only ", *bytes, " bytes"));
    auto g = check_ring(h, *bytes, page_size());
    if (!g) return about(files, g.error());

    auto described = schema::read(*ring, h);
    if (!described) return about(files, described.error());
    s.schema_ = std::move(*described);
    auto map = mapping::ring(*ring, static_cast<std::size_t>(g->front_bytes()), static_cast<std::size_t>(g->data_bytes()), how);
    if (!map) return about(files, map.error());
    s.ring_ = std::move(*map);
    auto doors = files.open_doors();
    if (!doors) return about(files, doors.error());
    auto page = static_cast<std::size_t>(g->page);
    auto doors_map = show_page(*doors, page, access::read_write);
    if (!doors_map) return about(files, doors_map.error());
    s.doors_ = std::move(*doors_map);
    auto cursors = mapping::space(most_subscribers * page);
    if (!cursors) return about(files, cursors.error());
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (files.is_given_place() && i != files.kept->place) continue;  // others' cursors are not its business
      auto own = who == side::both || files.is_given_place() ? access::read_write : access::read;
      auto f = files.open_cursor(i, own == access::read ? O_RDONLY : O_RDWR);
      if (!f) return about(files, f.error());
      if (auto whole = is_whole(*f, page); !whole) return about(files, whole.error());
      if (auto shown = cursors->show(i * page, *f, page, own); !shown) return about(files, shown.error());
      if (who != side::subscriber) s.cursor_files_[i] = std::move(*f);
    }
    s.cursors_ = std::move(*cursors);

    auto* base = s.ring_.base();
    s.view_ = {*g,
               reinterpret_cast<ring_control*>(base + g->header_bytes),
               reinterpret_cast<lane_record*>(base + g->lane_at()),
               base + g->front_bytes(),
               reinterpret_cast<doors_page*>(s.doors_.base()),
               s.cursors_.base(),
               nullptr,
               {}};
    for (std::size_t i = 0; i < most_subscribers; ++i) s.view_.cursor_files[i] = s.cursor_files_[i].fd();
    return s;
  }

  /// Both sides over one mapping, in one process; makes the topic if it is not there.
  template <wire_event T>
  static result<segment> open_both(const topic<T>& where) {
    auto files = where.files();
    if (!files) return files.error();
    auto lock = open_or_make(*files, where.options(), ring_of<T>::description(), ring_of<T>::kind, where.place());
    return lock ? open(*files, side::both) : result<segment>(lock.error());
  }

  /// Takes the topic's lock and makes the topic if it is not there, or was left by an earlier boot.
  static result<file> open_or_make(const topic_files& files, const topic_options& options, const descriptor_view& event,
                                   ring_kind kind = ring_kind::stream, const producer_place& place = {}) {
    auto lock = lock_topic(files, true);
    if (!lock) return lock.error();
    if (has_ring(files)) {
      const auto there = header_of(files);
      if (auto same = is_at(files, there ? there->place : place, place); !same) return same.error();
      return lock;
    }
    if (const auto many = place.of == 0 ? producers_of(files) : 0; many != 0) return is_of_many(files, many);
    auto h = plan_ring(options.capacity, options.grain, options.first_sequence, event, page_size(), kind);
    if (!h) return about(files, h.error());
    h->boot = boot_identity();
    h->place = place;
    if (auto made = make_files(files, *h, event); !made) return made.error();
    return lock;
  }

  /// `who` wants to use it as a ring of this kind.
  [[nodiscard]] result<> is_of(ring_kind wanted, std::string_view who) const {
    const auto kind = view_.measure.kind;
    if (kind == wanted) return {};
    const bool is_of_many = view_.measure.place.of != 0;
    return fault::of(failure::data, "topic '", files_.topic, "' is ", name_of(kind), "; this ", who, " is for ", name_of(wanted),
                     ": name it as topic<", is_of_many ? "many<" : "", topic_argument_of(kind), is_of_many ? ">>" : ">",
                     ", or use another topic");
  }

  /// Of a publisher: place i has a cursor file anew, under the old address and the old number of its descriptor.
  result<> replace_cursor(std::size_t i, const file& cursor) {
    const auto page = static_cast<std::size_t>(view_.measure.page);
    if (auto shown = cursors_.show(i * page, cursor, page, access::read); !shown) return shown;
    return copy_onto(cursor, view_.cursor_files[i]);
  }
  /// Of a sealed topic's publisher, before it is opened over this; they must outlive it.
  void take_grants(grant* grants) { view_.grants = grants; }
  /// Where the descriptors lie from which a topic without names is opened; nowhere any more, once that is done.
  void take_kept_files(const kept_files* kept) { files_.kept = kept; }

  [[nodiscard]] const ring_view& view() const { return view_; }
  [[nodiscard]] const topic_files& files() const { return files_; }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(ring_); }
  /// What the topic's maker said of its events.
  [[nodiscard]] const descriptor_view& descriptor() const { return schema_.view(); }

 private:
  static result<> is_whole(const file& f, std::size_t bytes) {
    auto size = f.size();
    if (!size) return size.error();
    if (*size < bytes) return fault::of(failure::data, "'", f.path(), "' has only ", *size, " bytes");
    return {};
  }
  static result<mapping> show_page(const file& f, std::size_t bytes, access how) {
    auto whole = is_whole(f, bytes);
    return whole ? mapping::of(f, bytes, how) : result<mapping>(whole.error());
  }

  topic_files files_;
  schema schema_;
  mapping ring_;
  mapping doors_;
  mapping cursors_;
  file cursor_files_[most_subscribers];  // of a publisher
  ring_view view_;
};

}  // namespace detail

}  // namespace levada::inline v0
