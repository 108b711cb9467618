// SPDX-License-Identifier: BSL-1.0
// key_table: a bounded table from key to dense slot. Linear probing with the key and its age in the bucket, deletion by
// backward shift (Knuth, TAOCP 3, 6.4, algorithm R), so that keys may come and go for years without slowing it down.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/hash.hpp>
#include <levada/core/keyed.hpp>
#include <levada/core/text.hpp>
#include <levada/state/slots.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// A key is compared byte by byte, so it must not have padding; floating point numbers are no keys, nor is what only points
/// at characters.
template <class K>
concept key = !std::is_array_v<K> && std::is_trivially_copyable_v<K> && std::has_unique_object_representations_v<K> &&
              sizeof(K) <= 64 && !std::is_pointer_v<K> && !std::is_convertible_v<K, std::string_view>;

/// 64 well-mixed bits of a key. Groups of keys take the high bits of it, buckets the low ones.
template <key K>
LEVADA_INLINE std::uint64_t hash_of(const K& k) {
  return hash_of_bytes(&k, sizeof(K));
}

/// State moves between threads, processes and boxes in this many groups of keys.
inline constexpr std::uint32_t key_groups = 128;
inline constexpr std::uint32_t group_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 57); }

/// Holds  at most `bound` keys; slots 1 to bound. Slot 0 is nobody's: it stands for keys that found no room.
///        Memory: up to 16 buckets a key while they fit a cache, 2 to 4 beyond it; all of it from the constructor on.
/// Costs  one probe: 2-3 ns while it fits a cache, a cache miss beyond.
/// Ages   are a clock that replays (event count or event time, never the wall), and only grow: a late event must not
///        make its key look idle.
template <key Key>
class key_table {
  struct bucket {
    Key key;
    std::uint32_t slot;
    std::uint32_t age;  // on the key's cache line: in an array by slot it would cost a second miss
  };

 public:
  static constexpr std::uint32_t none = 0;

  key_table() = default;
  explicit key_table(std::uint32_t bound) : bound_(bound), free_count_(bound) {
    LEVADA_CHECK(bound > 0 && bound < (1u << 28), bound);
    // Mispredicted probes cost more than memory while the table fits a cache; beyond it, bytes cost more.
    constexpr std::size_t cached = std::size_t{1} << 21;
    const std::size_t spread = std::size_t{8} * bound * sizeof(bucket) <= cached ? 8 : 2;
    buckets_.resize(std::bit_ceil(spread * bound));
    mask_ = static_cast<std::uint32_t>(buckets_.size() - 1);
    free_.resize(bound);
    for (std::uint32_t i = 0; i < bound; ++i) free_[i] = bound - i;  // handed out in ascending order
  }

  /// The table for the time of a span: where its buckets are does not change.
  class in_span {
   public:
    /// The slot of a key, which is added if it is new; `none` if there is no room for it.
    LEVADA_INLINE std::uint32_t intern(const Key& k, std::uint32_t age) const {
      bucket& b = at(k);
      if (b.slot == none) [[unlikely]]
        return table_->add(k, b, age);
      if (age > b.age) [[unlikely]]
        table_->grow_old(b, age);
      return b.slot;
    }
    /// As intern for a live event of a masked stream; a dead one finds its slot or `none`, and neither adds nor ages.
    LEVADA_INLINE std::uint32_t intern(bool live, const Key& k, std::uint32_t age) const {
      bucket& b = at(k);
      if (live & ((b.slot == none) | (age > b.age))) [[unlikely]] {
        if (b.slot == none) return table_->add(k, b, age);
        table_->grow_old(b, age);
      }
      return b.slot;
    }
    /// As intern, where keys do not grow old.
    LEVADA_INLINE std::uint32_t intern(const Key& k) const {
      bucket& b = at(k);
      if (b.slot == none) [[unlikely]]
        return table_->add(k, b, 0);
      return b.slot;
    }
    /// Brings the bucket of a key that is asked for soon into the cache. Worth it where the table is larger than that.
    LEVADA_INLINE void prefetch(const Key& k) const {
      __builtin_prefetch(&buckets_[static_cast<std::uint32_t>(hash_of(k)) & mask_]);
    }
    [[nodiscard]] LEVADA_INLINE bool is_large() const { return std::size_t{mask_} * sizeof(bucket) >= std::size_t{1} << 22; }
    /// The slot of a key, or `none`. Neither adds nor ages: what a dead event of a masked stream may do.
    [[nodiscard]] LEVADA_INLINE std::uint32_t find(const Key& k) const { return at(k).slot; }

   private:
    friend key_table;
    in_span(key_table* table, bucket* buckets, std::uint32_t mask) : table_(table), buckets_(buckets), mask_(mask) {}

    /// The bucket of a key, or an empty one.
    [[nodiscard]] LEVADA_INLINE bucket& at(const Key& k) const {
      for (std::uint32_t i = static_cast<std::uint32_t>(hash_of(k)) & mask_;; i = (i + 1) & mask_) {
        bucket& b = buckets_[i];
        if (same(b.key, k) || b.slot == none) [[likely]]
          return b;
      }
    }
    key_table* table_;
    bucket* buckets_;
    std::uint32_t mask_;
  };
  [[nodiscard]] LEVADA_INLINE in_span enter() { return {this, buckets_.begin(), mask_}; }

  std::uint32_t intern(const Key& k, std::uint32_t age) { return enter().intern(k, age); }
  std::uint32_t intern(const Key& k) { return enter().intern(k); }
  [[nodiscard]] std::uint32_t find(const Key& k) { return enter().find(k); }

  /// Frees keys older than `horizon`, looking at no more than `scan` buckets from where the last call stopped: bounded
  /// work between two spans. One round for each new horizon, so that calling it at every signal costs nothing.
  /// `forget(slot)` comes before the slot can be given to another key.
  template <class F>
  std::uint32_t retire(std::uint32_t horizon, std::uint32_t scan, F&& forget) {
    if (horizon > swept_) {
      swept_ = horizon;
      left_ = static_cast<std::uint32_t>(buckets_.size());
    }
    std::uint32_t done = 0;
    for (; scan > 0 && left_ > 0; --scan) {
      if (const bucket& b = buckets_[hand_]; b.slot != none && b.age < horizon) {
        const std::uint32_t slot = b.slot;
        forget(slot);
        erase(hand_);  // what shifts into this bucket is looked at next
        free_[free_count_++] = slot;
        ++done;
      } else {
        hand_ = (hand_ + 1) & mask_;
        --left_;
      }
    }
    return done;
  }

  /// Frees the key that is older than all others; of several the one in the lowest slot. Looks at every bucket.
  template <class F>
  void retire_idlest(F&& forget) {
    std::uint32_t idlest = 0;
    for (std::uint32_t i = 1; i <= mask_; ++i) {
      const bucket& b = std::as_const(buckets_)[i];
      const bucket& other = std::as_const(buckets_)[idlest];
      if (b.slot != none && (other.slot == none || b.age < other.age || (b.age == other.age && other.slot > b.slot))) idlest = i;
    }
    const std::uint32_t slot = std::as_const(buckets_)[idlest].slot;
    if (slot == none) return;
    forget(slot);
    erase(idlest);
    free_[free_count_++] = slot;
  }

  [[nodiscard]] std::uint32_t bound() const { return bound_; }
  [[nodiscard]] std::uint32_t size() const { return bound_ - free_count_; }

  void persist(auto& archive) { archive(buckets_, free_, free_count_, hand_, swept_, left_); }

  /// visitor(key, slot) for every key, in no order that means anything.
  template <class F>
  void for_each(F&& visitor) const {
    for (const bucket& b : buckets_)
      if (b.slot != none) visitor(b.key, b.slot);
  }

 private:
  /// Equal keys must have equal hashes: what operator== of a user's key says does not count.
  [[nodiscard]] LEVADA_INLINE static bool same(const Key& a, const Key& b) { return std::memcmp(&a, &b, sizeof(Key)) == 0; }
  [[nodiscard]] LEVADA_INLINE std::uint32_t home(const Key& k) const { return static_cast<std::uint32_t>(hash_of(k)) & mask_; }

  LEVADA_COLD std::uint32_t add(detail::passed<Key> k, bucket& empty, std::uint32_t age) {
    if (free_count_ == 0) return none;  // inside a span nothing may be retired: that happens between spans
    const std::uint32_t slot = free_[--free_count_];
    write(empty, {k, slot, age});
    return slot;
  }
  LEVADA_COLD void grow_old(bucket& b, std::uint32_t age) { write(b, {b.key, b.slot, age}); }
  void write(bucket& b, const bucket& wanted) { buckets_[static_cast<std::size_t>(&b - buckets_.begin())] = wanted; }
  void erase(std::uint32_t hole) {
    for (std::uint32_t i = (hole + 1) & mask_; buckets_[i].slot != none; i = (i + 1) & mask_)
      if (((i - home(buckets_[i].key)) & mask_) >= ((i - hole) & mask_)) {
        buckets_[hole] = buckets_[i];
        hole = i;
      }
    buckets_[hole].slot = none;
  }

  slots<bucket> buckets_;
  slots<std::uint32_t> free_;
  std::uint32_t bound_ = 0;
  std::uint32_t mask_ = 0;
  std::uint32_t free_count_ = 0;
  std::uint32_t hand_ = 0;   // where the last sweep stopped
  std::uint32_t swept_ = 0;  // its horizon
  std::uint32_t left_ = 0;   // buckets left in its round
};

}  // namespace levada::inline v0
