// SPDX-License-Identifier: BSL-1.0
// pool_layout: what lies in the files of a pool, byte for byte.
//
//   blocks    header page | block 0 | block 1 ...    whole pages each; read-only for those who only read
//   words     places | owner words | free list       written by all
//   users     empty: the lock of byte N says that participant N lives
//   lock      empty: held while somebody opens, makes, recovers or removes the pool; never while blocks come and go
//
// A block's *owner word* is the truth about it: in the upper half its generation, which grows whenever it is borrowed; in the
// lower half a bit for each participant that holds it. A block that nobody holds is free. It is borrowed by a compare-and-swap
// from {g, nobody} to {g + 1, me}, so it has one writer, and nobody has heard of g + 1 yet. It is held by one that adds a bit
// where the generation is still the loan's and somebody holds it. Whoever takes the last bit away has freed it. Only its owner,
// or who finds the owner dead, takes a bit away, so each step is one exchange, and a kill between any two leaves nothing half
// done.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/layout.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/word.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

inline constexpr std::size_t most_participants = 32;

namespace detail {

inline constexpr std::uint64_t pool_magic = 0x6C6F'6F70'616C'766C;  // "lvlapool"
inline constexpr std::uint32_t pool_version = 1;
inline constexpr std::uint64_t most_block_bytes = std::uint64_t{64} << 20;
inline constexpr std::uint32_t most_blocks = 4096;

/// Written once, before the blocks get their name.
struct pool_header {
  std::uint64_t magic = pool_magic;
  std::uint32_t version = pool_version;
  std::uint32_t blocks = 0;
  std::uint64_t page = 0;
  std::uint64_t block_bytes = 0;  ///< whole pages
  std::uint64_t list_bytes = 0;   ///< of the free list
  text<40> boot{};                ///< of the machine: what an earlier boot left is not a pool any more
  std::uint64_t reserved[6]{};
};
static_assert(sizeof(pool_header) == 128 && std::is_trivially_copyable_v<pool_header>);

/// Who holds the lock of byte N of `users` owns place N. These words are for others to read.
struct participant_place {
  word<std::uint32_t> pid{};  ///< 0: its last owner has left in order
  std::uint32_t reserved = 0;
  word<std::uint64_t> lends_for{};  ///< of a lender: its topic and producer, as identity_of("topic/0"). Its loans outlive it
  std::uint64_t reserved_words[14]{};
};
static_assert(sizeof(participant_place) == 128);

/// One block's words, on a line of their own.
struct alignas(64) block_words {
  word<std::uint64_t> owner{};
  word<std::uint64_t> sequence{};  ///< of the event that carries it; not_lent. Written by the one who has borrowed it
};
static_assert(sizeof(block_words) == 64);
inline constexpr std::uint64_t not_lent = UINT64_MAX;

constexpr std::uint32_t holders_of(std::uint64_t owner) { return static_cast<std::uint32_t>(owner); }
constexpr std::uint32_t generation_of(std::uint64_t owner) { return static_cast<std::uint32_t>(owner >> 32); }
/// The word of a block that was just borrowed. Generation 0 is nobody's.
constexpr std::uint64_t borrowed_from(std::uint64_t owner, std::uint32_t by) {
  const auto next = generation_of(owner) + 1;
  return std::uint64_t{next == 0 ? 1 : next} << 32 | by;
}

/// A name as a number: FNV-1a.
constexpr std::uint64_t identity_of(std::string_view name) {
  std::uint64_t h = 0xcbf2'9ce4'8422'2325;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
  return h == 0 ? 1 : h;
}

/// The measures of a pool, copied once out of its header and checked.
struct pool_geometry {
  std::uint64_t page = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t list_bytes = 0;
  std::uint32_t blocks = 0;

  [[nodiscard]] std::uint64_t blocks_bytes() const { return page + blocks * block_bytes; }
  [[nodiscard]] std::uint64_t owners_at() const { return most_participants * sizeof(participant_place); }
  [[nodiscard]] std::uint64_t list_at() const { return round_up(owners_at() + blocks * sizeof(block_words), page); }
  [[nodiscard]] std::uint64_t words_bytes() const { return round_up(list_at() + list_bytes, page); }
};
inline pool_geometry geometry_of(const pool_header& h) { return {h.page, h.block_bytes, h.list_bytes, h.blocks}; }

inline result<pool_header> plan_pool(std::uint64_t block_bytes, std::uint64_t blocks, std::uint64_t page,
                                     std::uint64_t list_bytes) {
  if (block_bytes == 0 || block_bytes > most_block_bytes)
    return fault::of(failure::usage, "a block has 1 to ", most_block_bytes, " bytes, and ", block_bytes, " were asked for");
  if (blocks == 0 || blocks > most_blocks)
    return fault::of(failure::usage, "a pool has 1 to ", most_blocks, " blocks, and ", blocks, " were asked for");
  pool_header h;
  h.page = page;
  h.blocks = static_cast<std::uint32_t>(blocks);
  h.block_bytes = round_up(block_bytes, page);
  h.list_bytes = list_bytes;
  return h;
}

/// Believes nothing, as check_ring.
inline result<pool_geometry> check_pool(const pool_header& h, std::uint64_t blocks_bytes, std::uint64_t words_bytes,
                                        std::uint64_t page, std::uint64_t list_bytes) {
  auto bad = [](std::string_view what, std::uint64_t value) {
    return fault::of(failure::data, "its header is damaged: ", what, " is ", value);
  };
  if (h.magic != pool_magic) return fault::of(failure::data, "it is not a pool of levada");
  if (h.version != pool_version)
    return fault::of(failure::data, "its layout is version ", h.version, " and this program knows version ", pool_version);
  if (h.page != page) return bad("the size of a page", h.page);
  if (h.blocks == 0 || h.blocks > most_blocks) return bad("the number of blocks", h.blocks);
  if (h.block_bytes == 0 || h.block_bytes > most_block_bytes || h.block_bytes % page != 0)
    return bad("the size of a block", h.block_bytes);
  if (h.list_bytes != list_bytes)
    return fault::of(failure::data, "its free list has ", h.list_bytes, " bytes and this program's ", list_bytes,
                     ": build both with one Boost, or stop its users and remove it");
  const auto g = geometry_of(h);
  if (g.blocks_bytes() != blocks_bytes || g.words_bytes() != words_bytes)
    return fault::of(failure::data, "its header is damaged: it describes other files than these of ", blocks_bytes, " and ",
                     words_bytes, " bytes");
  return g;
}

}  // namespace detail

}  // namespace levada::inline v0
