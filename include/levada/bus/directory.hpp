// SPDX-License-Identifier: BSL-1.0
// directory: what topics there are, and how each of them stands: for tools, and for programs that watch others. To look changes
// nothing and disturbs nobody: files are opened for reading only, no lock is taken, no place among the subscribers is used, and
// nothing is mapped, so that a file that somebody cuts off meanwhile is a sentence and not a SIGBUS.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/schema.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// One subscriber, as it was when it was looked at.
struct subscriber_state {
  std::size_t place = 0;  ///< among the sixteen
  text<48> name{};        ///< empty for one that leaves nothing behind
  std::uint32_t pid = 0;
  bool alive = false;        ///< false: a named one whose position waits for its namesake, or one that was killed
  std::uint32_t policy = 0;  ///< what happens when the ring is full, as in its cursor_page
  std::uint64_t position = 0;
  std::uint64_t lag = 0;   ///< events that it has not read
  std::uint64_t lost = 0;  ///< those of them that are overwritten
};

/// A topic, as it was when it was looked at.
struct topic_state {
  std::uint64_t head = 0;       ///< sequence of the next event
  std::uint64_t lane_head = 0;  ///< number of the next record of the lane
  std::uint64_t oldest = 0;     ///< sequence of the first event that is still there; the head if there is none
  timestamp oldest_time{};      ///< of the oldest event's span, as exactly as the lane knows it; long_ago if it does not
  timestamp newest_time{};      ///< of the last record; long_ago if there is none
  std::uint32_t epoch = 0;      ///< how many producers there were
  std::uint32_t producer_pid = 0;
  bool producer_alive = false;
  std::size_t subscriber_count = 0;
  subscriber_state subscribers[most_subscribers]{};

  [[nodiscard]] std::uint64_t retained() const { return head - oldest; }
  [[nodiscard]] bool in_use() const {
    if (producer_alive) return true;
    for (std::size_t i = 0; i < subscriber_count; ++i)
      if (subscribers[i].alive) return true;
    return false;
  }
};

/// Takes  the name of a topic that exists.
/// Holds  18 descriptors and a copy of the topic's descriptor.
/// Fails  unavailable: it is not there, or is being made or removed; data: its files are damaged, or another version's;
///        permission: they are another user's.
/// Costs  a look is about 60 system calls.
class topic_observer {
 public:
  static result<topic_observer> open(const bus& on, std::string_view topic) {
    auto files = on.files_of(topic);
    if (!files) return files.error();
    topic_observer o;
    o.files_ = *files;
    auto path = files->file("ring");
    if (auto ring = open_to_read(*files, path, o.ring_); !ring) return ring.error();
    if (auto known = o.read_header(); !known) return known.error();
    if (auto producer = open_to_read(*files, files->file("producer"), o.producer_); !producer) return producer.error();
    for (std::size_t i = 0; i < most_subscribers; ++i)
      if (auto cursor = open_to_read(*files, files->cursor(i), o.cursors_[i]); !cursor) return cursor.error();
    if (!names(path, o.ring_)) return files->absent();  // removed meanwhile; what was opened may be of two topics
    return o;
  }

  [[nodiscard]] const descriptor_view& descriptor() const { return schema_.view(); }
  [[nodiscard]] detail::ring_kind kind() const { return static_cast<detail::ring_kind>(header_.kind); }
  [[nodiscard]] std::uint64_t capacity() const { return measure_.capacity; }
  [[nodiscard]] std::uint64_t lane_capacity() const { return measure_.lane_capacity; }
  [[nodiscard]] std::uint64_t event_size() const { return header_.event_size; }
  [[nodiscard]] duration grain() const { return measure_.grain; }
  /// Shared memory that the topic takes.
  [[nodiscard]] std::uint64_t bytes() const { return measure_.file_bytes() + (most_subscribers + 1) * measure_.page; }
  /// Whoever opens it next makes it anew.
  [[nodiscard]] bool is_of_earlier_boot() const { return header_.boot != detail::boot_identity(); }
  [[nodiscard]] std::string_view folder() const { return files_.folder.view(); }

  /// How it stands now.
  result<topic_state> look() const {
    topic_state s;
    detail::ring_control control;
    if (auto got = fetch(ring_, control, measure_.header_bytes); !got) return got.error();
    s.head = control.head.relaxed();  // the kernel copies aligned words whole
    s.lane_head = control.lane_head.relaxed();
    s.oldest = oldest(control.reserve.relaxed(), measure_.capacity, s.head);
    s.epoch = control.epoch.relaxed();
    s.producer_pid = control.producer_pid.relaxed();
    s.producer_alive = is_locked(producer_.fd());
    if (auto dated = find_times(s); !dated) return dated.error();
    for (std::size_t i = 0; i < most_subscribers; ++i)
      if (auto seen = look_at(i, s); !seen) return seen.error();
    return s;
  }

 private:
  static result<> open_to_read(const detail::topic_files& files, const text<256>& path, file& to) {
    auto f = file::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);  // a FIFO in its place would wait for a writer
    if (!f) return f.error().kind == failure::unreadable ? files.absent() : about(files, f.error());
    to = std::move(*f);
    return {};
  }

  /// The words of a page, which may be changing.
  template <class Page>
  result<> fetch(const file& f, Page& to, std::uint64_t offset) const {
    auto got = f.pread({reinterpret_cast<char*>(&to), sizeof to}, offset);
    if (!got) return about(files_, got.error());
    if (*got != sizeof to)
      return about(files_, fault::of(failure::data, "'", f.path(), "' ends at ", offset + *got, " bytes: it is damaged"));
    return {};
  }

  result<> read_header() {
    auto bytes = ring_.size();
    if (!bytes) return about(files_, bytes.error());
    if (auto got = fetch(ring_, header_, 0); !got) return got;
    auto measure = detail::check_ring(header_, *bytes, page_size());
    if (!measure) return about(files_, measure.error());
    measure_ = *measure;
    auto copied = detail::schema::read(ring_, header_);
    if (!copied) return about(files_, copied.error());
    schema_ = std::move(*copied);
    return {};
  }

  /// As attach() counts it, but never behind a head that was copied a moment earlier.
  [[nodiscard]] std::uint64_t oldest(std::uint64_t reserve, std::uint64_t capacity, std::uint64_t head) const {
    const auto first = header_.first_sequence;
    auto from = reserve - first > capacity ? reserve - capacity : first;
    if (from > head || head - from > capacity) from = head;  // nonsense counts as an empty ring
    return from;
  }

  /// When the oldest event's span began, and the last one. The lane moves on meanwhile, so its end is asked before and after.
  result<> find_times(topic_state& s) const {
    s.oldest_time = s.newest_time = long_ago;
    lane_record r;
    for (int attempt = 0; attempt < 4; ++attempt) {
      auto low = oldest_record(s);
      if (!low) return low.error();
      if (*low == s.lane_head) return {};
      auto from = *low, to = s.lane_head;  // the first record behind the oldest event lies in between
      while (from < to) {
        const auto middle = from + (to - from) / 2;
        if (auto got = fetch_record(middle, r); !got) return got;
        if (r.sequence <= s.oldest)
          from = middle + 1;
        else
          to = middle;
      }
      const auto covering = from > *low ? from - 1 : from;
      if (covering == s.lane_head) return {};
      if (auto got = fetch_record(s.lane_head - 1, r); !got) return got;
      const auto newest = r.time;
      if (auto got = fetch_record(covering, r); !got) return got;
      auto now = oldest_record(s);
      if (!now) return now.error();
      if (*now > covering && *now != s.lane_head) continue;  // overwritten under our eyes
      s.newest_time = newest;
      s.oldest_time = r.time < newest ? r.time : newest;
      return {};
    }
    return {};
  }
  result<std::uint64_t> oldest_record(const topic_state& s) const {
    detail::ring_control control;
    if (auto got = fetch(ring_, control, measure_.header_bytes); !got) return got.error();
    return oldest(control.lane_reserve.relaxed(), measure_.lane_capacity, s.lane_head);
  }
  result<> fetch_record(std::uint64_t at, lane_record& to) const {
    return fetch(ring_, to, measure_.lane_at() + (at & (measure_.lane_capacity - 1)) * sizeof to);
  }

  result<> look_at(std::size_t i, topic_state& s) const {
    detail::cursor_page c;
    if (auto got = fetch(cursors_[i], c, 0); !got) return got;
    const auto state = static_cast<detail::cursor_state>(c.state.relaxed());
    if (state == detail::cursor_state::free) return {};
    subscriber_state one{i, detail::load_name(c), c.pid.relaxed(), is_locked(cursors_[i].fd()), c.policy.relaxed(), 0, 0, 0};
    if (!one.alive && state == detail::cursor_state::temporary) return {};  // it was killed, and nobody waits for it
    one.position = c.position.relaxed();
    one.lag = one.position < s.head ? s.head - one.position : 0;
    one.lost = one.position < s.oldest ? s.oldest - one.position : 0;
    s.subscribers[s.subscriber_count++] = one;
    return {};
  }

  detail::topic_files files_;
  detail::ring_header header_;
  detail::geometry measure_;
  detail::schema schema_;
  file ring_;
  file producer_;
  file cursors_[most_subscribers];
};

namespace detail {

template <class F>
result<> walk_topics(const text<256>& folder, std::string_view bus_name, const text<96>& above, F& f) {
  result<> all;
  auto listed = for_each_name(folder, [&](std::string_view name, bool is_folder) {
    constexpr std::string_view ending = topic_files::ending;
    const bool is_topic = name.ends_with(ending) && name.size() > ending.size();
    if (!is_folder) return;
    if (is_topic) name.remove_suffix(ending.size());
    if (!is_plain_name(name) || above.view().size() + name.size() + 2 > sizeof above) return;  // nobody could open it
    const auto whole = compose<96>(above, above.empty() ? "" : "/", name);
    if (is_topic) {
      const topic_files files{compose<256>(folder, '/', name, ending), whole};
      if (exists(files.file("ring")) || producers_of(files) == 0)
        f(bus_name, whole.view());  // the rings of many have their own names
    } else if (auto below = walk_topics(compose<256>(folder, '/', name), bus_name, whole, f); !below)
      all = below.error();
  });
  if (!listed) return listed;
  return all;
}

}  // namespace detail

/// f(bus, topic) with the names of every topic of every bus in a directory, also of those that cannot be opened; in no order.
/// Takes  a directory as bus_directory() gives it.
/// Fails  where a folder cannot be listed; the others are visited. A directory that does not exist holds no bus.
template <class F>
result<> for_each_topic(std::string_view directory, F&& f) {
  if (directory.size() >= sizeof(text<88>))
    return fault::of(failure::usage, "a directory for buses has at most ", sizeof(text<88>) - 1, " characters: '", directory,
                     "'");
  const text<256> root{directory};
  if (!exists(root)) return {};
  result<> all;
  auto listed = for_each_name(root, [&](std::string_view name, bool is_folder) {
    if (!is_folder || name.size() >= 48 || !detail::is_plain_name(name)) return;
    if (auto walked = detail::walk_topics(compose<256>(root, '/', name), name, {}, f); !walked) all = walked.error();
  });
  if (!listed) return listed;
  return all;
}

}  // namespace levada::inline v0
