// SPDX-License-Identifier: BSL-1.0
// pool_segment: the mappings of one pool in one process, checked before they are believed; and how a pool is made, whole or not
// at all.
#pragma once

#include <levada/connect/detail/free_list.hpp>

#if __has_include(<boost/lockfree/stack.hpp>)

#include <levada/bus/detail/files.hpp>
#include <levada/connect/detail/pool_layout.hpp>
#include <levada/connect/pool.hpp>
#include <levada/core/result.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace levada::inline v0::detail {

/// Where things are: addresses that stay when their owner moves.
struct pool_view {
  pool_geometry measure{};
  participant_place* places = nullptr;
  block_words* words = nullptr;
  free_list list;
  std::byte* blocks = nullptr;

  [[nodiscard]] std::byte* block(std::uint32_t i) const { return blocks + i * measure.block_bytes; }
};

inline pool_view view_of(const pool_geometry& g, std::byte* words, std::byte* first_block) {
  return {g, reinterpret_cast<participant_place*>(words), reinterpret_cast<block_words*>(words + g.owners_at()),
          free_list(words + g.list_at()), first_block};
}
/// The words, and behind them private pages for whatever the free list may say.
inline result<mapping> map_words(const file& f, const pool_geometry& g) {
  auto map = mapping::memory(static_cast<std::size_t>(round_up(g.list_at() + free_list::reach, g.page)));
  if (!map) return map;
  if (auto shown = map->show(0, f, static_cast<std::size_t>(g.words_bytes()), access::read_write); !shown) return shown.error();
  return map;
}

/// Makes all files, the blocks last and under another name until they are whole. The caller holds the pool's lock.
inline result<> make_pool_files(const topic_files& files, const pool_header& h) {
  if (auto gone = discard_pool_files(files); !gone) return gone;  // what a creator that died left
  const auto g = geometry_of(h);
  auto fail = [&](const fault& cause) -> fault {
    [[maybe_unused]] auto gone = discard_pool_files(files);
    if (cause.kind != failure::no_space) return about(files, cause);
    return fault::of(failure::no_space, "pool '", files.topic, "' needs ", g.blocks_bytes() + g.words_bytes(), " bytes in '",
                     files.folder, "', and there is no room: free some (see df /dev/shm), ask for fewer or smaller blocks, or ",
                     "name another place in LEVADA_DIR");
  };
  auto make = [&](std::string_view name, std::uint64_t bytes) -> result<file> {
    auto f = make_file(files, files.file(name));
    if (!f || bytes == 0) return f;
    if (auto room = f->allocate(bytes); !room) return room.error();  // now, and not as a SIGBUS later
    return f;
  };
  if (auto users = make("users", 0); !users) return fail(users.error());
  auto words = make("words", g.words_bytes());
  if (!words) return fail(words.error());
  auto map = map_words(*words, g);
  if (!map) return fail(map.error());
  const auto v = view_of(g, map->base(), nullptr);
  // Generations begin somewhere: a loan of another pool, or of one that had this name before, will hardly fit.
  const auto begin = static_cast<std::uint64_t>(wall_clock{}.now().ns) * 0x9e37'79b9'7f4a'7c15u >> 32 << 32;
  for (std::uint32_t i = 0; i < g.blocks; ++i) {
    v.words[i].owner.relaxed(begin);  // published by the name
    v.words[i].sequence.relaxed(not_lent);
  }
  v.list.rebuild(g.blocks, [](std::uint32_t) { return true; });

  auto blocks = make("blocks.new", g.blocks_bytes());
  if (!blocks) return fail(blocks.error());
  if (auto written = blocks->write_all({reinterpret_cast<const char*>(&h), sizeof h}); !written) return fail(written.error());
  if (auto named = rename_file(files.file("blocks.new"), files.file("blocks")); !named) return fail(named.error());
  return {};
}

class pool_segment {
 public:
  pool_segment() = default;

  /// Takes the pool's lock and makes the pool if it is not there, or was left by an earlier boot.
  static result<file> open_or_make(const topic_files& files, const pool_options& options) {
    auto lock = lock_topic(files, true);
    if (!lock) return lock.error();
    if (exists(files.file("blocks")) && !is_of_earlier_boot(files)) return lock;
    auto h = plan_pool(options.block_bytes, options.blocks, page_size(), free_list::bytes);
    if (!h) return about(files, h.error());
    h->boot = boot_identity();
    if (auto made = make_pool_files(files, *h); !made) return made.error();
    return lock;
  }
  /// The caller holds the pool's lock, and the pool is there. Whoever only reads cannot change what lies in a block.
  static result<pool_segment> open(const topic_files& files, access how) {
    pool_segment s;
    s.files_ = files;
    const int flags = (how == access::read ? O_RDONLY : O_RDWR) | O_NOFOLLOW;
    auto blocks = file::open(files.file("blocks").c_str(), flags);
    if (!blocks) return about(files, blocks.error());
    auto words = file::open(files.file("words").c_str(), O_RDWR | O_NOFOLLOW);
    if (!words) return about(files, words.error());
    auto bytes = blocks->size(), words_bytes = words->size();
    if (!bytes) return about(files, bytes.error());
    if (!words_bytes) return about(files, words_bytes.error());

    pool_header h;  // copied once; what is mapped is not asked again
    auto got = blocks->pread({reinterpret_cast<char*>(&h), sizeof h}, 0);
    if (!got) return about(files, got.error());
    if (*got != sizeof h) return about(files, fault::of(failure::data, "its file of blocks has only ", *bytes, " bytes"));
    auto g = check_pool(h, *bytes, *words_bytes, page_size(), free_list::bytes);
    if (!g) return about(files, g.error());

    auto words_map = map_words(*words, *g);
    if (!words_map) return about(files, words_map.error());
    auto blocks_map = mapping::of(*blocks, static_cast<std::size_t>(g->blocks_bytes()), how);
    if (!blocks_map) return about(files, blocks_map.error());
    s.words_ = std::move(*words_map);
    s.blocks_ = std::move(*blocks_map);
    s.view_ = view_of(*g, s.words_.base(), s.blocks_.base() + g->page);
    return s;
  }
  /// For several participants over one mapping, in one process; makes the pool if it is not there.
  static result<pool_segment> open_both(const pool& which) {
    auto files = which.files();
    if (!files) return files.error();
    auto lock = open_or_make(*files, which.options());
    return lock ? open(*files, access::read_write) : result<pool_segment>(lock.error());
  }

  [[nodiscard]] const pool_view& view() const { return view_; }
  [[nodiscard]] const topic_files& files() const { return files_; }

 private:
  static bool is_of_earlier_boot(const topic_files& files) {
    pool_header h;
    auto f = file::open(files.file("blocks").c_str(), O_RDONLY | O_NOFOLLOW);
    if (!f) return false;
    auto got = f->pread({reinterpret_cast<char*>(&h), sizeof h}, 0);
    return got && *got == sizeof h && h.magic == pool_magic && h.version == pool_version && h.boot != boot_identity();
  }

  topic_files files_;
  mapping words_;
  mapping blocks_;
  pool_view view_;
};

}  // namespace levada::inline v0::detail

#endif
