// SPDX-License-Identifier: BSL-1.0
// files: the folder of a topic: its names, its lock, how it is made whole or not at all, and how it is removed.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/group.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace levada::inline v0::detail {

/// What a topic without names (bus/sealed.hpp) is opened from: descriptors, of which whoever opens takes copies.
struct kept_files {
  levada::file ring, doors, producer, producer_bell;
  levada::file cursors[most_subscribers], bells[most_subscribers];
  std::size_t place = most_subscribers;  ///< of a subscriber: the one that it was given, and knows alone
  bool resumed = false;                  ///< and its cursor is that of a namesake
};

/// Where a topic lies, and how sentences call it.
struct topic_files {
  static constexpr std::string_view ending = ".topic";  ///< of the folder's name

  text<256> folder;
  text<96> topic;
  text<8> what{"topic"};       ///< or what else lies in the folder
  std::size_t bus_length = 0;  ///< of the folder's path: as much as is that of its bus
  owners whose{};
  const kept_files* kept = nullptr;  ///< while a topic without names is opened

  [[nodiscard]] text<256> file(std::string_view name) const { return compose<256>(folder, '/', name); }
  [[nodiscard]] text<256> cursor(std::size_t i) const { return compose<256>(folder, "/cursor.", i); }
  [[nodiscard]] text<256> bell(std::size_t i) const { return compose<256>(folder, "/bell.", i); }
  [[nodiscard]] text<256> producer_bell() const { return file("bell.producer"); }

  [[nodiscard]] bool has_names() const { return kept == nullptr; }
  [[nodiscard]] bool is_given_place() const { return kept != nullptr && kept->place != most_subscribers; }

  [[nodiscard]] result<levada::file> open_ring(int flags) const {
    return has_names() ? open_named(file("ring"), flags) : copy_of(kept->ring);
  }
  [[nodiscard]] result<levada::file> open_doors() const {
    return has_names() ? open_named(file("doors"), O_RDWR) : copy_of(kept->doors);
  }
  [[nodiscard]] result<levada::file> open_producer() const {
    return has_names() ? open_named(file("producer"), O_RDWR) : copy_of(kept->producer);
  }
  [[nodiscard]] result<levada::file> open_cursor(std::size_t i, int flags) const {
    return has_names() ? open_named(cursor(i), flags) : copy_of(kept->cursors[i]);
  }
  [[nodiscard]] result<levada::bell> open_bell(std::size_t i) const {
    return has_names() ? levada::bell::open(bell(i).c_str()) : copy_of_bell(kept->bells[i]);
  }
  [[nodiscard]] result<levada::bell> open_producer_bell() const {
    return has_names() ? levada::bell::open(producer_bell().c_str()) : copy_of_bell(kept->producer_bell);
  }
  static result<levada::file> open_named(const text<256>& path, int flags) {
    return levada::file::open(path.c_str(), flags | O_NOFOLLOW);
  }
  static result<levada::bell> copy_of_bell(const levada::file& f) {
    auto copy = copy_of(f);
    return copy ? result<levada::bell>(levada::bell(std::move(*copy))) : copy.error();
  }

  /// The folder of its bus, which decides who can make names below it.
  [[nodiscard]] text<256> bus() const { return folder.view().substr(0, bus_length); }
  /// Those of one producer's ring, where many have one each: see many.hpp. The folder of the name itself then holds the lock
  /// alone.
  [[nodiscard]] topic_files of_place(std::size_t i) const {
    topic_files place = *this;
    place.folder = compose<256>(folder.view().substr(0, folder.view().size() - ending.size()), '/', i, ending);
    place.topic = compose<96>(topic, '/', i);
    return place;
  }
  [[nodiscard]] fault absent() const;
};

/// "topic 'x' cannot be used: " before what another layer said.
inline fault about(const topic_files& files, const fault& cause) {
  const auto stopped = cause.kind == failure::permission && files.has_names() ? who_stops(files.file("lock")) : text<376>{};
  return fault::of(cause.kind, files.what, " '", files.topic, "' cannot be used: ", stopped.empty() ? cause.sentence : stopped);
}

/// The machine's boot, or nothing where /proc is hidden: then all boots look alike.
inline text<40> boot_identity() {
  text<40> id;
  auto f = levada::file::open("/proc/sys/kernel/random/boot_id", O_RDONLY);
  if (!f) return id;
  auto n = f->read(std::span(id.bytes, 36));
  return n && *n == 36 ? id : text<40>{};
}

/// The header of a topic's ring, if one of this layout is there. Nothing else of it is checked.
inline std::optional<ring_header> header_of(const topic_files& files) {
  ring_header h;
  auto f = levada::file::open(files.file("ring").c_str(), O_RDONLY | O_NOFOLLOW);
  if (!f) return {};
  auto got = f->pread({reinterpret_cast<char*>(&h), sizeof h}, 0);
  if (!got || *got != sizeof h || h.magic != ring_magic || h.version != layout_version) return {};
  return h;
}

/// A ring that lies on a disk, and not in memory, outlives the boot; its events may be half written.
inline bool is_of_earlier_boot(const topic_files& files) {
  const auto h = header_of(files);
  return h && h->boot != boot_identity();
}
/// Is there a ring under the very name?
inline bool has_ring(const topic_files& files) { return exists(files.file("ring")) && !is_of_earlier_boot(files); }

/// How many producers a topic can have whose name is one for many; 0 if it is not.
inline std::uint32_t producers_of(const topic_files& files) {
  if (!files.folder.view().ends_with(topic_files::ending)) return 0;  // a pool, or what partitions have in common
  for (std::uint32_t i = 0; i < most_producers; ++i)
    if (auto h = header_of(files.of_place(i));
        h && h->place.of > i && h->place.of <= most_producers && h->boot == boot_identity())
      return h->place.of;
  return 0;
}
inline fault is_of_many(const topic_files& files, std::uint32_t producers) {
  return fault::of(failure::data, "topic '", files.topic, "' is for ", producers,
                   " producers, each with a ring of its own: name ", "it as topic<many<T>>, look at '", files.topic,
                   "/0' and so on, or use another topic");
}
inline fault topic_files::absent() const {
  if (auto n = producers_of(*this); n != 0) return is_of_many(*this, n);
  return fault::of(failure::unavailable, what, " '", topic, "' is not there: start ",
                   what.view() == "topic" ? "its publisher first" : "who makes it first", " (looked in '", folder, "')");
}

/// A ring among many and an ordinary topic must not be taken for each other: some of what is sent would not arrive.
inline result<> is_at(const topic_files& files, const producer_place& is, const producer_place& wanted) {
  if (is == wanted) return {};
  if (is.of == 0)
    return fault::of(failure::data, "topic '", files.topic, "' is an ordinary topic, and stands where one of many producers ",
                     "has its ring: remove it, or use another topic");
  if (wanted.of == 0)
    return fault::of(failure::data, "topic '", files.topic, "' is the ring of one producer of ", is.of,
                     ": name the whole, without the number, as topic<many<T>>, or use another topic");
  return fault::of(failure::data, "topic '", files.topic, "' is the ring of producer ", is.number, " of ", is.of,
                   ", and that of ", wanted.number, " of ", wanted.of, " belongs here: stop their users and remove them");
}

/// A new file of a topic. One of a group is given to it before it gets its name: nobody finds it closed.
inline result<levada::file> make_file(const topic_files& files, const text<256>& path) {
  if (!files.whose.is_group())
    return levada::file::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, files.whose.file_mode());
  auto f = levada::file::open(files.folder.c_str(), O_RDWR | O_TMPFILE);
  if (!f) return f;
  if (auto taken = files.whose.take(*f, files.whose.file_mode()); !taken) return taken.error();
  if (auto named = name_file(*f, path); !named) return named.error();
  return f;
}
inline result<> make_bell(const topic_files& files, const text<256>& path) {
  if (auto made = bell::create(path.c_str(), files.whose.file_mode()); !made || !files.whose.is_group()) return made;
  auto fifo = levada::file::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW);
  return fifo ? files.whose.take(*fifo, files.whose.file_mode()) : fifo.error();
}

/// Who holds this file's lock opens, makes or removes the topic; nobody holds it while events flow. `make` makes the
/// folder if there is none. The folder of the bus must be its owners': in one of a stranger he could change anything.
inline result<levada::file> lock_topic(const topic_files& files, bool make) {
  if (!files.has_names()) return levada::file();  // nobody else can come to what it is opened from
  if (make)
    if (auto made = make_folders(files.folder, files.whose); !made) return about(files, made.error());
  if (auto own = is_own_folder(files.bus(), files.whose); !own)
    return own.error().kind == failure::unreadable ? files.absent() : about(files, own.error());
  auto path = files.file("lock");
  for (int left = 100;; --left) {
    auto f = levada::file::open(path.c_str(), O_RDWR | O_NOFOLLOW);
    if (!f) {
      if (f.error().kind != failure::unreadable || left == 0) return about(files, f.error());
      if (!make) return files.absent();
      if (auto made = make_folders(files.folder, files.whose); !made)
        return about(files, made.error());  // removed under our feet
      if (auto made = make_file(files, path); !made && made.error().kind != failure::unreadable && !exists(path))
        return about(files, made.error());
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

/// Writes what a new ring begins with.
inline result<> lay_out(const levada::file& ring, const ring_header& h, const descriptor_view& event) {
  auto front = mapping::of(ring, static_cast<std::size_t>(geometry_of(h).lane_at()), access::read_write);
  if (!front) return front.error();
  std::memcpy(front->base(), &h, sizeof h);
  std::memcpy(front->base() + sizeof h, event.fields.data(), event.fields.size_bytes());
  if (!event.enumerators.empty())
    std::memcpy(front->base() + sizeof h + event.fields.size_bytes(), event.enumerators.data(), event.enumerators.size_bytes());
  auto& control = *reinterpret_cast<ring_control*>(front->base() + h.header_bytes);
  for (auto* counter : {&control.head, &control.lane_head, &control.reserve, &control.lane_reserve})
    counter->relaxed(h.first_sequence);  // published by the name, or by handing it over
  return {};
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
  auto make = [&](const text<256>& path, std::uint64_t bytes) -> result<levada::file> {
    auto f = make_file(files, path);
    if (!f) return f;
    if (bytes != 0)
      if (auto room = f->allocate(bytes); !room) return room.error();  // now, and not as a SIGBUS later
    return std::move(*f);
  };
  for (std::size_t i = 0; i < most_subscribers; ++i) {
    if (auto f = make(files.cursor(i), h.page); !f) return fail(f.error());
    if (auto b = make_bell(files, files.bell(i)); !b) return fail(b.error());
  }
  if (auto b = make_bell(files, files.producer_bell()); !b) return fail(b.error());
  if (auto f = make(files.file("doors"), h.page); !f) return fail(f.error());
  if (auto f = make(files.file("producer"), 0); !f) return fail(f.error());

  auto unnamed = files.file("ring.new");
  auto ring = make(unnamed, g->file_bytes());
  if (!ring) return fail(ring.error());
  if (auto laid_out = lay_out(*ring, h, event); !laid_out) return fail(laid_out.error());
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

/// When all else is removed, by who holds the lock: its file goes last.
inline result<> remove_lock(const topic_files& files) {
  if (auto gone = remove_file(files.file("lock")); !gone) return gone;
  [[maybe_unused]] auto emptied = remove_file(files.folder);  // it stays where somebody has begun to make the same anew
  return {};
}
/// The caller holds the topic's lock.
inline result<> remove_names(const topic_files& files) {
  auto gone = discard_files(files);
  return gone ? remove_lock(files) : gone;
}

/// Removes a topic that nobody uses, with the rings of all its producers. One that is not there is fine.
inline result<> remove_topic(const topic_files& files) {
  if (!exists(files.folder) && producers_of(files) == 0) return {};
  auto lock = lock_topic(files, true);  // a removal or a making that was cut short left a folder without a lock
  if (!lock) return lock.error();
  if (auto unused = nobody_uses(files); !unused) return unused;
  levada::file locks[most_producers];  // all at once, so that all go or none
  for (std::size_t i = 0; i < most_producers && !has_ring(files); ++i) {
    const auto place = files.of_place(i);
    if (!exists(place.folder)) continue;
    auto own = lock_topic(place, true);
    if (!own) return own.error();
    const auto h = header_of(place);
    if (exists(place.file("ring")) && (!h || h->place.of == 0)) continue;  // a topic of its own, which is named so by chance
    if (auto unused = nobody_uses(place); !unused) return unused;
    locks[i] = std::move(*own);
  }
  for (std::size_t i = most_producers; i-- > 0;)
    if (locks[i])
      if (auto gone = remove_names(files.of_place(i)); !gone) return gone;
  return remove_names(files);
}

/// Takes a topic's names away from under its users: what is mapped and open goes on, and nobody else finds it.
inline result<> forget_topic(const topic_files& files) {
  auto lock = lock_topic(files, false);
  return lock ? remove_names(files) : result<>(lock.error());
}

/// Gives back the place of a named subscriber that will not return, so that another can have it.
inline result<> forget_subscriber(const topic_files& files, const subscriber_name& name) {
  if (const auto producers = producers_of(files); producers != 0) {  // it has one at each
    auto done = result<>(fault::of(failure::usage, "topic '", files.topic, "' has no subscriber named '", name, "'"));
    for (std::size_t i = 0; i < producers; ++i) {
      auto here = forget_subscriber(files.of_place(i), name);
      if (!here && here.error().kind != failure::usage) return here;
      if (here) done = result<>();
    }
    return done;
  }
  auto lock = lock_topic(files, false);
  if (!lock) return lock.error();
  for (std::size_t i = 0; i < most_subscribers; ++i) {
    auto f = files.open_cursor(i, O_RDWR);
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
