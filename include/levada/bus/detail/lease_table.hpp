// SPDX-License-Identifier: BSL-1.0
// lease_table: which member of a group owns which partition, and how far the group has read. One file a group, which its members
// map; no pointers, no locks while events flow.
//
//   header | leases, one a partition | members | cells, two a member and partition
//
// A lease is one word: {term, cell, owner}. Whoever takes it adds one to the term, and from then on no compare-and-swap of the
// owner before succeeds: it is fenced, whatever it was about to do. A position of 64 bits has no room in that word, so the word
// names the *cell* in which it lies. To commit, an owner writes the position into the one of its own two cells that is not named,
// and swaps the word for one that names it. So a commit holds or is refused as a whole. Who was stopped between the two and goes
// on terms later has written a cell that nothing names, and only its owner ever names it. A word of 48 bits of term does not come
// round.
//
// Who is alive is said by a lock on the byte of its number in the file, never by a heartbeat. `progress` is for those who live
// and do nothing: see group.hpp.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/layout.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/word.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

inline constexpr std::uint32_t most_group_members = 64;

namespace detail {

inline constexpr std::uint64_t group_magic = 0x7075'6F72'676C'766C;  // "lvlgroup"

/// Written once, before the table gets its name; `changes` by all.
struct group_header {
  std::uint64_t magic = group_magic;
  std::uint32_t version = layout_version;
  std::uint32_t partitions = 0;
  text<40> boot{};
  std::uint64_t reserved[9]{};
  alignas(128) word<std::uint64_t> changes{};  ///< grows whenever somebody should look: a join, a leave, a partition given back
};
static_assert(sizeof(group_header) == 256 && offsetof(group_header, changes) == 128);

/// What a lease's word says.
struct lease {
  std::uint64_t term = 0;   ///< grows with every owner
  std::uint32_t cell = 0;   ///< one more than the cell that has the position; 0: the group has none yet
  std::uint32_t owner = 0;  ///< one more than the member's number; 0: nobody

  static constexpr std::uint64_t most_term = (std::uint64_t{1} << 48) - 1;

  static constexpr lease of(std::uint64_t word) {
    return {word >> 16, static_cast<std::uint32_t>(word >> 8 & 0xFF), static_cast<std::uint32_t>(word & 0xFF)};
  }
  [[nodiscard]] constexpr std::uint64_t word() const { return term << 16 | std::uint64_t{cell} << 8 | owner; }
  [[nodiscard]] constexpr bool is_sound() const { return cell <= 2 * most_group_members && owner <= most_group_members; }
  [[nodiscard]] constexpr bool is_free() const { return owner == 0; }
  [[nodiscard]] constexpr lease owned_by(std::uint32_t member) const { return {(term + 1) & most_term, cell, member + 1}; }
  [[nodiscard]] constexpr lease given_back() const { return {term, cell, 0}; }
  friend constexpr bool operator==(const lease&, const lease&) = default;
};

/// One member's words. Who holds the lock of its byte owns them, but for `asleep`.
struct member_words {
  alignas(128) word<std::uint64_t> incarnation{};  ///< odd: somebody joined; even: nobody, or somebody who left or was buried
  word<std::uint64_t> progress{};                  ///< grows with every turn
  word<std::uint64_t> asleep{};  ///< the progress at which somebody found that its lease was over: it is, until progress moves
  word<std::uint32_t> pid{};
};
static_assert(sizeof(member_words) == 128 && std::is_standard_layout_v<member_words>);

/// The words of a table, wherever they lie.
class lease_words {
 public:
  lease_words() = default;
  lease_words(std::byte* base, std::uint32_t partitions) : base_(base), partitions_(partitions) {}

  static constexpr std::size_t bytes(std::uint32_t partitions) { return cells_at(partitions) + partitions * cells_bytes; }

  [[nodiscard]] std::uint32_t partitions() const { return partitions_; }
  [[nodiscard]] group_header& header() const { return *reinterpret_cast<group_header*>(base_); }
  [[nodiscard]] member_words& member(std::uint32_t i) const {
    return *reinterpret_cast<member_words*>(base_ + members_at(partitions_) + i * sizeof(member_words));
  }
  [[nodiscard]] LEVADA_INLINE word<std::uint64_t>& lease_word(std::uint32_t p) const {
    return *reinterpret_cast<word<std::uint64_t>*>(base_ + sizeof(group_header) + p * lease_bytes);
  }
  [[nodiscard]] word<std::uint64_t>& cell(std::uint32_t p, std::uint32_t which) const {
    return reinterpret_cast<word<std::uint64_t>*>(base_ + cells_at(partitions_) + p * cells_bytes)[which];
  }

  [[nodiscard]] lease at(std::uint32_t p) const { return lease::of(lease_word(p).acquire()); }  // pairs with the swaps below
  [[nodiscard]] LEVADA_INLINE bool holds(std::uint32_t p, const lease& own) const {
    return lease_word(p).relaxed() == own.word();
  }

  /// Takes a partition from the owner that it has in `seen`, or from nobody. Nothing if somebody was faster.
  [[nodiscard]] std::optional<lease> take(std::uint32_t p, const lease& seen, std::uint32_t member) const {
    return swap(p, seen, seen.owned_by(member));
  }
  /// The lease that is held from now on; nothing, and no trace, if `own` is not held any more.
  [[nodiscard]] std::optional<lease> commit(std::uint32_t p, const lease& own, std::uint64_t position) const {
    if (!holds(p, own)) return {};  // it may have an older one than its last, whose cells are not those that it takes them for
    const std::uint32_t first = 2 * (own.owner - 1), which = own.cell == first + 1 ? first + 1 : first;
    cell(p, which).release(position);  // pairs with the acquire in position: who sees it sees what was swapped before
    return swap(p, own, {own.term, which + 1, own.owner});
  }
  bool give_back(std::uint32_t p, const lease& own) const { return swap(p, own, own.given_back()).has_value(); }

  /// What the group has committed, with the lease under which it is so; nothing if it has no position yet.
  struct committed {
    lease under;
    std::optional<std::uint64_t> position;
  };
  [[nodiscard]] committed position(std::uint32_t p) const {
    for (;;) {
      const lease l = at(p);
      if (l.cell == 0 || !l.is_sound()) return {l, {}};
      const auto value = cell(p, l.cell - 1).acquire();  // pairs with the release in commit
      if (holds(p, l)) return {l, value};
    }
  }

  /// Somebody should look.
  void announce() const { header().changes.fetch_add(1); }

 private:
  static constexpr std::size_t lease_bytes = 64;
  static constexpr std::size_t cells_bytes = 2 * most_group_members * sizeof(std::uint64_t);
  static constexpr std::size_t members_at(std::uint32_t partitions) {
    return round_up(sizeof(group_header) + partitions * lease_bytes, alignof(member_words));
  }
  static constexpr std::size_t cells_at(std::uint32_t partitions) {
    return members_at(partitions) + most_group_members * sizeof(member_words);
  }

  [[nodiscard]] std::optional<lease> swap(std::uint32_t p, const lease& from, const lease& to) const {
    auto expected = from.word();
    return lease_word(p).compare_exchange(expected, to.word()) ? std::optional(to) : std::nullopt;
  }

  std::byte* base_ = nullptr;
  std::uint32_t partitions_ = 0;
};

inline text<256> group_path(const topic_files& family, std::string_view group) {
  return compose<256>(family.folder, "/group.", group);
}

/// The part of a header that does not change.
inline std::span<char> written_once(group_header& h) { return {reinterpret_cast<char*>(&h), offsetof(group_header, changes)}; }

/// Believes nothing of a table that lies in a file of so many bytes.
inline result<> check_group(const group_header& h, std::uint64_t file_bytes, std::uint32_t partitions) {
  if (h.magic != group_magic) return fault::of(failure::data, "it is not a table of leases of levada");
  if (h.version != layout_version)
    return fault::of(failure::data, "its layout is version ", h.version, " and this program knows version ", layout_version);
  if (h.partitions != partitions)
    return fault::of(failure::data, "it has leases for ", h.partitions, " partitions, and the topic has ", partitions);
  if (file_bytes != lease_words::bytes(partitions))
    return fault::of(failure::data, "it has ", file_bytes, " bytes, and must have ", lease_words::bytes(partitions));
  return {};
}

/// A table as one member has it.
class lease_table {
 public:
  lease_table() = default;

  /// Makes the table if it is not there, and takes a member's place in it. The caller holds the lock of the family.
  static result<lease_table> join(const topic_files& family, std::string_view group, std::uint32_t partitions) {
    auto refuse = [&](const fault& cause) {
      return fault::of(cause.kind, "group '", group, "' of topic '", family.topic, "' cannot be used: ", cause.sentence);
    };
    const auto path = group_path(family, group);
    if (!exists(path) || is_of_earlier_boot(path))
      if (auto made = make(family, path, partitions); !made) return refuse(made.error());
    auto f = file::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (!f) return refuse(f.error());
    lease_table t;
    t.file_ = std::move(*f);
    group_header h;
    auto got = t.file_.pread(written_once(h), 0);
    if (!got) return refuse(got.error());
    if (*got != written_once(h).size()) h.magic = 0;
    auto bytes = t.file_.size();
    if (!bytes) return refuse(bytes.error());
    if (auto sound = check_group(h, *bytes, partitions); !sound)
      return refuse(fault::of(sound.error().kind, sound.error().sentence, " (stop its members and remove '", path, "')"));
    auto map = mapping::of(t.file_, static_cast<std::size_t>(*bytes), access::read_write);
    if (!map) return refuse(map.error());
    t.map_ = std::move(*map);
    t.words_ = {t.map_.base(), partitions};
    if (!t.find_place())
      return refuse(fault::of(failure::unavailable, "all ", most_group_members, " places are taken: stop one of its members"));
    return t;
  }

  [[nodiscard]] const lease_words& words() const { return words_; }
  [[nodiscard]] std::uint32_t own() const { return own_; }
  /// Is this a member?
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(file_); }
  /// Costs  a system call.
  [[nodiscard]] bool is_alive(std::uint32_t member) const { return is_locked(file_.fd(), byte_of(member)); }

  /// Its partitions are given back before.
  void leave() {
    words_.member(own_).incarnation.release(incarnation_ + 1);  // pairs with the acquire of who looks at the members
    words_.announce();
    unlock(file_.fd(), byte_of(own_));  // the words stay mapped, and would keep the lock
    file_ = file{};
  }

  static lock_range byte_of(std::uint32_t member) { return byte_lock(member); }

 private:
  static result<> make(const topic_files& family, const text<256>& path, std::uint32_t partitions) {
    group_header h;
    h.partitions = partitions;
    h.boot = boot_identity();
    const auto unnamed = family.file("new.group");
    if (auto gone = remove_file(unnamed); !gone) return gone;
    auto f = make_file(family, unnamed);
    if (!f) return f.error();
    if (auto room = f->allocate(lease_words::bytes(partitions)); !room) return room;
    if (auto done = f->write_all(written_once(h)); !done) return done;
    return rename_file(unnamed, path);
  }
  /// Its positions are those of topics that are gone.
  static bool is_of_earlier_boot(const text<256>& path) {
    group_header h;
    auto f = file::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!f) return false;
    auto got = f->pread(written_once(h), 0);
    return got && *got == written_once(h).size() && h.magic == group_magic && h.version == layout_version &&
           h.boot != boot_identity();
  }

  bool find_place() {
    for (std::uint32_t i = 0; i < most_group_members; ++i) {
      if (!try_lock(file_.fd(), byte_of(i))) continue;
      own_ = i;
      auto& words = words_.member(i);
      incarnation_ =
          (words.incarnation.relaxed() | 1) + 2;  // ordered by the lock; odd, and another one than a dead predecessor's
      for (std::uint32_t p = 0; p < words_.partitions(); ++p)  // what a dead predecessor had belongs to nobody
        if (const auto l = words_.at(p); l.owner == i + 1) [[maybe_unused]]
          const bool given = words_.give_back(p, l);
      words.pid.relaxed(static_cast<std::uint32_t>(process_id()));
      words.progress.relaxed(words.progress.relaxed() + 1);  // never the one at which a predecessor fell asleep
      words.incarnation.release(incarnation_);               // pairs with the acquire of who looks at the members
      words_.announce();
      return true;
    }
    return false;
  }

  file file_;  // its lock says that this member lives
  mapping map_;
  lease_words words_;
  std::uint32_t own_ = 0;
  std::uint64_t incarnation_ = 0;
};

}  // namespace detail

}  // namespace levada::inline v0
