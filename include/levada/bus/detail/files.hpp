// SPDX-License-Identifier: BSL-1.0
// files: the folder of a topic: its names, its lock, how it is made whole or not at all, and how it is removed.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0::detail {

// A group's right to read and write comes here when topics get an option for it.
inline constexpr unsigned file_mode = 0600;
inline constexpr unsigned folder_mode = 0700;

/// Where a topic lies, and how sentences call it.
struct topic_files {
  text<256> folder;
  text<96> topic;

  [[nodiscard]] text<256> file(std::string_view name) const { return compose<256>(folder, '/', name); }
  [[nodiscard]] text<256> cursor(std::size_t i) const { return compose<256>(folder, "/cursor.", i); }
  [[nodiscard]] text<256> bell(std::size_t i) const { return compose<256>(folder, "/bell.", i); }
  [[nodiscard]] text<256> producer_bell() const { return file("bell.producer"); }

  [[nodiscard]] fault absent() const {
    return fault::of(failure::unavailable, "topic '", topic, "' is not there: start its publisher first (looked in '", folder,
                     "')");
  }
};

/// "topic 'x' cannot be used: " before what another layer said.
inline fault about(const topic_files& files, const fault& cause) {
  return fault::of(cause.kind, "topic '", files.topic, "' cannot be used: ", cause.sentence);
}

/// The machine's boot, or nothing where /proc is hidden: then all boots look alike.
inline text<40> boot_identity() {
  text<40> id;
  auto f = levada::file::open("/proc/sys/kernel/random/boot_id", O_RDONLY);
  if (!f) return id;
  auto n = f->read(std::span(id.bytes, 36));
  return n && *n == 36 ? id : text<40>{};
}

/// Who holds this file's lock opens, makes or removes the topic; nobody holds it while events flow. `make` makes the
/// folder if there is none.
inline result<levada::file> lock_topic(const topic_files& files, bool make) {
  if (make)
    if (auto made = make_folders(files.folder, folder_mode); !made) return made.error();
  auto path = files.file("lock");
  for (;;) {
    auto f = levada::file::open(path.c_str(), O_RDWR | O_NOFOLLOW | (make ? O_CREAT : 0), file_mode);
    if (!f) {
      const bool is_missing = errno == ENOENT;
      if (!make && f.error().kind == failure::unreadable) return files.absent();
      if (!is_missing) return about(files, f.error());
      if (auto made = make_folders(files.folder, folder_mode); !made) return made.error();  // removed under our feet
      continue;
    }
    if (!wait_lock(f->fd())) return about(files, os_fault("lock", path.view(), errno));
    if (names(path, *f)) return std::move(*f);  // else it was removed while we waited: the lock is of a file that is gone
  }
}

/// Does a running process hold the lock of this file? A file that cannot be looked at is taken for held: no harm is done.
inline bool is_held(const text<256>& path) {
  auto f = levada::file::open(path.c_str(), O_RDWR | O_NOFOLLOW);
  return f ? is_locked(f->fd()) : exists(path);
}

/// Removes every file of the topic; the lock last, by the caller who holds it.
inline result<> discard_files(const topic_files& files) {
  result<> all;
  auto drop = [&all](const text<256>& path) {
    if (auto gone = remove_file(path); !gone) all = gone.error();
  };
  for (std::string_view name : {"ring", "ring.new", "doors", "producer", "bell.producer"}) drop(files.file(name));
  for (std::size_t i = 0; i < most_subscribers; ++i) {
    drop(files.cursor(i));
    drop(files.bell(i));
  }
  return all;
}

/// Makes all files, the ring last and under another name until it is whole. The caller holds the topic's lock.
inline result<> make_files(const topic_files& files, const ring_header& h, const descriptor_view& event) {
  if (auto gone = discard_files(files); !gone) return gone;  // what a creator that died left
  auto g = check_ring(h, geometry_of(h).file_bytes(), h.page);
  if (!g) return about(files, g.error());

  auto fail = [&](const fault& cause) -> fault {
    [[maybe_unused]] auto gone = discard_files(files);
    if (cause.kind != failure::no_space) return about(files, cause);
    return fault::of(failure::no_space, "topic '", files.topic, "' needs ", g->file_bytes() + (most_subscribers + 1) * h.page,
                     " bytes in '", files.folder, "', and there is no room: free some (see df /dev/shm), ask for a smaller ",
                     "capacity, or name another place in LEVADA_DIR");
  };
  auto make = [](const text<256>& path, std::uint64_t bytes) -> result<levada::file> {
    auto f = levada::file::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, file_mode);
    if (!f) return f.error();
    if (bytes != 0)
      if (auto room = f->allocate(bytes); !room) return room.error();  // now, and not as a SIGBUS later
    return std::move(*f);
  };
  for (std::size_t i = 0; i < most_subscribers; ++i) {
    if (auto f = make(files.cursor(i), h.page); !f) return fail(f.error());
    if (auto b = bell::create(files.bell(i).c_str(), file_mode); !b) return fail(b.error());
  }
  if (auto b = bell::create(files.producer_bell().c_str(), file_mode); !b) return fail(b.error());
  if (auto f = make(files.file("doors"), h.page); !f) return fail(f.error());
  if (auto f = make(files.file("producer"), 0); !f) return fail(f.error());

  auto unnamed = files.file("ring.new");
  auto ring = make(unnamed, g->file_bytes());
  if (!ring) return fail(ring.error());
  auto front = mapping::of(*ring, static_cast<std::size_t>(g->lane_at()), access::read_write);
  if (!front) return fail(front.error());
  std::memcpy(front->base(), &h, sizeof h);
  std::memcpy(front->base() + sizeof h, event.fields.data(), event.fields.size_bytes());
  if (!event.enumerators.empty())
    std::memcpy(front->base() + sizeof h + event.fields.size_bytes(), event.enumerators.data(), event.enumerators.size_bytes());
  auto& control = *reinterpret_cast<ring_control*>(front->base() + h.header_bytes);
  for (auto* counter : {&control.head, &control.lane_head, &control.reserve, &control.lane_reserve})
    counter->relaxed(h.first_sequence);  // published by the name
  if (auto named = rename_file(unnamed, files.file("ring")); !named) return fail(named.error());
  return {};
}

/// Who uses the topic, in words; no fault if nobody does.
inline result<> nobody_uses(const topic_files& files) {
  if (is_held(files.file("producer")))
    return fault::of(failure::unavailable, "topic '", files.topic, "' is in use: its publisher runs");
  for (std::size_t i = 0; i < most_subscribers; ++i)
    if (is_held(files.cursor(i)))
      return fault::of(failure::unavailable, "topic '", files.topic, "' is in use: subscriber ", i, " runs");
  return {};
}

/// The caller holds the topic's lock, whose file goes last.
inline result<> remove_names(const topic_files& files) {
  if (auto gone = discard_files(files); !gone) return gone;
  if (auto gone = remove_file(files.file("lock")); !gone) return gone;
  [[maybe_unused]] auto emptied = remove_file(files.folder);  // it stays where somebody has begun to make the topic anew
  return {};
}

/// Removes a topic that nobody uses. One that is not there is fine.
inline result<> remove_topic(const topic_files& files) {
  if (!exists(files.folder)) return {};
  auto lock = lock_topic(files, true);  // a removal or a making that was cut short left a folder without a lock
  if (!lock) return lock.error();
  if (auto unused = nobody_uses(files); !unused) return unused;
  return remove_names(files);
}

/// Takes a topic's names away from under its users: what is mapped and open goes on, and nobody else finds it.
inline result<> forget_topic(const topic_files& files) {
  auto lock = lock_topic(files, false);
  return lock ? remove_names(files) : result<>(lock.error());
}

/// Gives back the place of a named subscriber that will not return, so that another can have it.
inline result<> forget_subscriber(const topic_files& files, const subscriber_name& name) {
  auto lock = lock_topic(files, false);
  if (!lock) return lock.error();
  for (std::size_t i = 0; i < most_subscribers; ++i) {
    auto f = levada::file::open(files.cursor(i).c_str(), O_RDWR | O_NOFOLLOW);
    if (!f) continue;
    auto page = mapping::of(*f, sizeof(cursor_page), access::read_write);
    if (!page) return page.error();
    auto& c = *reinterpret_cast<cursor_page*>(page->base());
    if (c.state.acquire() != static_cast<std::uint32_t>(cursor_state::named) || load_name(c) != name) continue;
    if (!try_lock(f->fd()))
      return fault::of(failure::unavailable, "subscriber '", name, "' of topic '", files.topic, "' runs (pid ", c.pid.relaxed(),
                       ")");
    c.state.release(static_cast<std::uint32_t>(cursor_state::free));  // pairs with the acquire in room::scan and find_place
    return {};
  }
  return fault::of(failure::usage, "topic '", files.topic, "' has no subscriber named '", name, "'");
}

}  // namespace levada::inline v0::detail
