// SPDX-License-Identifier: BSL-1.0
// manifest: a checkpoint as a file. It is written under another name, brought onto the disk and renamed, so one that has its name
// is whole; the one before it is kept. Every array has a checksum of its own, so that damage is told by name.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/hash.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// The cells of one member of one operator, under a name that says whose they are.
struct saved_array {
  text<104> name;
  std::uint64_t cell = 0;  ///< bytes of one
  std::uint64_t count = 0;
  const std::byte* bytes = nullptr;
  const std::uint32_t* order = nullptr;  ///< the k-th cell is that of place order[k]; nullptr: of place k

  [[nodiscard]] std::uint64_t size() const { return cell * count; }
};

/// Which checkpoint it is, of which flow.
struct manifest_title {
  std::uint64_t id = 0;       ///< counts from 1
  std::uint64_t version = 0;  ///< of the state, as whoever wrote the flow counts them
  text<64> flow{};
};

namespace detail {

struct manifest_head {
  char magic[8] = {'l', 'e', 'v', 'a', 'd', 'a', 'c', 'p'};
  std::uint32_t format = 1;
  std::uint32_t arrays = 0;
  manifest_title title{};
  std::uint64_t checksum = 0;  // of this, as if it were zero, and of the heads of all arrays
};
struct array_head {
  text<104> name{};
  std::uint64_t cell = 0;
  std::uint64_t count = 0;
  std::uint64_t checksum = 0;  // of the cells
};
static_assert(sizeof(manifest_head) == 104 && sizeof(array_head) == 128);

inline constexpr std::string_view manifest_prefix = "checkpoint-";
inline text<256> manifest_path(const text<256>& folder, std::uint64_t id) {
  return compose<256>(folder, '/', manifest_prefix, id);
}
inline std::span<const char> chars_of(const void* at, std::uint64_t bytes) {
  return {static_cast<const char*>(at), static_cast<std::size_t>(bytes)};
}
inline std::uint64_t checksum_of(manifest_head head, std::span<const array_head> arrays) {
  head.checksum = 0;
  return hash_of_bytes(&head, sizeof head) ^ hash_of_bytes(arrays.data(), arrays.size_bytes());
}
/// The number in a checkpoint's name; nothing for other names.
inline std::optional<std::uint64_t> id_in(std::string_view name) {
  if (!name.starts_with(manifest_prefix) || name.size() == manifest_prefix.size()) return {};
  std::uint64_t id = 0;
  for (const char c : name.substr(manifest_prefix.size())) {
    if (c < '0' || c > '9' || id > UINT64_MAX / 10 - 1) return {};
    id = id * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return id;
}
/// visitor(id) for each checkpoint in a folder.
template <class F>
result<> for_each_checkpoint(const text<256>& folder, F&& visitor) {
  return for_each_name(folder, [&](std::string_view name, bool is_folder) {
    if (const auto id = id_in(name); id && !is_folder) visitor(*id);
  });
}

}  // namespace detail

namespace detail {
/// The name under which the order of an array is kept.
inline text<104> order_name(const text<104>& of) { return compose<104>(of, " order"); }
}  // namespace detail

/// Brings a checkpoint onto the disk, and removes those before the last but one.
/// Fails  with the sentence of the call that was refused (the disk is full, ...): the checkpoints before it are still there.
/// Costs  a copy into the file, two syncs, and a checksum (about 8 bytes a nanosecond). It blocks: call it on a thread that may
/// wait.
inline result<> write_manifest(const text<256>& folder, const manifest_title& title, std::span<const saved_array> arrays) {
  slots<saved_array> parts;  // an array and, behind it, its order
  parts.resize(2 * arrays.size());
  std::size_t n = 0;
  for (const saved_array& a : arrays) {
    parts[n++] = a;
    if (a.order != nullptr)
      parts[n++] = {detail::order_name(a.name), sizeof *a.order, a.count, reinterpret_cast<const std::byte*>(a.order)};
  }
  slots<detail::array_head> heads;
  heads.resize(n);
  for (std::size_t i = 0; i < n; ++i)
    heads[i] = {parts[i].name, parts[i].cell, parts[i].count,
                hash_of_bytes(parts[i].bytes, static_cast<std::size_t>(parts[i].size()))};
  detail::manifest_head head{.arrays = static_cast<std::uint32_t>(n), .title = title};
  head.checksum = detail::checksum_of(head, {heads.begin(), heads.size()});

  const auto unnamed = compose<256>(folder, "/unfinished");
  auto made = file::open(unnamed.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
  if (!made) return made.error();
  result<> done = made->write_all(detail::chars_of(&head, sizeof head));
  if (done) done = made->write_all(detail::chars_of(heads.begin(), heads.size() * sizeof(detail::array_head)));
  for (std::size_t i = 0; done && i < n; ++i)
    if (parts[i].size() > 0) done = made->write_all(detail::chars_of(parts[i].bytes, parts[i].size()));
  if (done) done = made->sync();
  if (done) done = rename_file(unnamed, detail::manifest_path(folder, title.id));
  if (done) {
    auto in = file::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
    done = in ? in->sync() : in.error();  // the name as well
  }
  if (!done) {
    [[maybe_unused]] const auto removed = remove_file(unnamed);
    return done;
  }
  result<> removed;
  const result<> listed = detail::for_each_checkpoint(folder, [&](std::uint64_t id) {
    if (id + 1 < title.id && removed) removed = remove_file(detail::manifest_path(folder, id));
  });
  return listed ? removed : listed;
}

/// A checkpoint that was read.
/// Holds  the whole file, in memory.
class manifest {
 public:
  /// Fails  unreadable, and data: what is damaged, by name; a format of a later version of the library.
  static result<manifest> read(const text<256>& path) {
    auto opened = file::open(path.c_str(), O_RDONLY);
    if (!opened) return opened.error();
    const auto size = opened->size();
    if (!size) return size.error();
    const auto damaged = [&](const auto&... how) { return fault::of(failure::data, "the checkpoint '", path, "' ", how...); };

    manifest m;
    m.bytes_.resize(static_cast<std::size_t>(*size));
    for (std::size_t at = 0; at < m.bytes_.size();) {
      const auto n = opened->pread({m.bytes_.begin() + at, m.bytes_.size() - at}, at);
      if (!n) return n.error();
      if (*n == 0) return damaged("became shorter while it was read");
      at += *n;
    }
    if (m.bytes_.size() < sizeof m.head_) return damaged("is cut off: take the one before it");
    std::memcpy(&m.head_, m.bytes_.begin(), sizeof m.head_);
    if (std::memcmp(m.head_.magic, detail::manifest_head{}.magic, sizeof m.head_.magic) != 0) return damaged("is none");
    if (m.head_.format != detail::manifest_head{}.format)
      return damaged("has format ", m.head_.format, ", and this program knows format ", detail::manifest_head{}.format,
                     ": take the program that wrote it, or an empty folder");
    const std::size_t heads = sizeof m.head_ + std::size_t{m.head_.arrays} * sizeof(detail::array_head);
    if (heads > m.bytes_.size()) return damaged("is cut off: take the one before it");
    m.heads_.resize(m.head_.arrays);
    std::memcpy(m.heads_.begin(), m.bytes_.begin() + sizeof m.head_, heads - sizeof m.head_);
    if (m.head_.checksum != detail::checksum_of(m.head_, {m.heads_.begin(), m.heads_.size()}))
      return damaged("is damaged in its table: take the one before it");
    std::size_t at = heads;
    for (std::size_t i = 0; i < m.heads_.size(); ++i) {
      const saved_array a = m.at(i, at);
      if (a.size() > m.bytes_.size() - at) return damaged("is cut off: take the one before it");
      if (m.heads_[i].checksum != hash_of_bytes(a.bytes, static_cast<std::size_t>(a.size())))
        return damaged("is damaged in '", a.name, "': take the one before it");
      at += static_cast<std::size_t>(a.size());
    }
    return m;
  }

  [[nodiscard]] const manifest_title& title() const { return head_.title; }
  /// Arrays, without those that are the order of others.
  [[nodiscard]] std::size_t size() const {
    std::size_t n = 0;
    for_each([&](const saved_array&) { ++n; });
    return n;
  }
  /// visitor(saved_array) for each, in the order in which they were written.
  template <class F>
  void for_each(F&& visitor) const {
    std::size_t offset = sizeof head_ + heads_.size() * sizeof(detail::array_head);
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      saved_array a = at(i, offset);
      offset += static_cast<std::size_t>(a.size());
      if (i + 1 < heads_.size() && heads_[i + 1].name == detail::order_name(a.name) && heads_[i + 1].count == a.count) {
        const saved_array order = at(++i, offset);
        offset += static_cast<std::size_t>(order.size());
        a.order = reinterpret_cast<const std::uint32_t*>(order.bytes);
      }
      visitor(a);
    }
  }
  [[nodiscard]] std::optional<saved_array> find(std::string_view name) const {
    std::optional<saved_array> found;
    for_each([&](const saved_array& a) {
      if (!found && a.name.view() == name) found = a;
    });
    return found;
  }
  /// Puts the cells of an array where they belong.
  static void place(const saved_array& a, void* cells) {
    const auto cell = static_cast<std::size_t>(a.cell);
    if (a.order == nullptr) {
      if (a.size() > 0) std::memcpy(cells, a.bytes, static_cast<std::size_t>(a.size()));
      return;
    }
    for (std::size_t k = 0; k < a.count; ++k) {
      std::uint32_t to = 0;
      std::memcpy(&to, reinterpret_cast<const std::byte*>(a.order) + k * sizeof to, sizeof to);  // not aligned, in the file
      LEVADA_CHECK(to < a.count, to);
      std::memcpy(static_cast<std::byte*>(cells) + to * cell, a.bytes + k * cell, cell);
    }
  }

 private:
  [[nodiscard]] saved_array at(std::size_t i, std::size_t offset) const {
    return {heads_[i].name, heads_[i].cell, heads_[i].count, reinterpret_cast<const std::byte*>(bytes_.begin() + offset)};
  }

  slots<char> bytes_;
  slots<detail::array_head> heads_;
  detail::manifest_head head_{};
};

/// The newest checkpoint of a folder that is whole; nothing where there never was one.
/// Fails  when there are some and none can be used, with the sentence about the newest.
inline result<std::optional<manifest>> newest_manifest(const text<256>& folder) {
  std::uint64_t below = UINT64_MAX;
  std::optional<fault> first;
  for (;;) {
    std::uint64_t newest = 0;
    if (const auto listed = detail::for_each_checkpoint(folder,
                                                        [&](std::uint64_t id) {
                                                          if (id < below && id > newest) newest = id;
                                                        });
        !listed)
      return listed.error();
    if (newest == 0) break;
    auto read = manifest::read(detail::manifest_path(folder, newest));
    if (read) return std::optional<manifest>(*std::move(read));
    if (!first) first = read.error();
    below = newest;
  }
  if (first) return *first;
  return std::optional<manifest>();
}

}  // namespace levada::inline v0
