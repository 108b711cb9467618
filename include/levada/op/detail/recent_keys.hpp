// SPDX-License-Identifier: BSL-1.0
// recent_keys: the keys that came last, each with a time: a ring in the order in which they came, and a table of places in it.
// Linear probing, deletion by backward shift (Knuth, TAOCP 3, 6.4, algorithm R).
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/state/key_table.hpp>
#include <levada/state/slots.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace levada::inline v0::detail {

/// Holds  `bound` keys and times, and a table of two to four words a key.
template <key Key>
class recent_keys {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  void resize(std::uint32_t bound) {
    ring_.resize(bound);
    table_.resize(std::bit_ceil(std::size_t{2} * bound));
    oldest_ = size_ = 0;
  }
  /// The place of a key, or `none`.
  [[nodiscard]] std::uint32_t find(const Key& k) const {
    const std::uint32_t in_table = bucket_of(k);
    return table_[in_table] == 0 ? none : table_[in_table] - 1;
  }
  [[nodiscard]] bool is_full() const { return size_ == ring_.size(); }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] timestamp time_at(std::uint32_t place) const { return ring_[place].time; }
  [[nodiscard]] std::uint32_t oldest() const { return oldest_; }

  /// A key, when there is room. One that is there is from now on found at its new place, behind all others; its old one is passed
  /// over when its turn to be forgotten comes.
  void add(const Key& k, timestamp t) {
    const auto place = static_cast<std::uint32_t>((std::size_t{oldest_} + size_++) % ring_.size());
    ring_[place] = {k, t};
    table_[bucket_of(k)] = place + 1;
  }
  void forget_oldest() {
    if (const std::uint32_t bucket = bucket_of(ring_[oldest_].key); table_[bucket] == oldest_ + 1) erase(bucket);
    oldest_ = oldest_ + 1 == ring_.size() ? 0 : oldest_ + 1;
    --size_;
  }

  void persist(auto& archive) { archive(ring_, table_, oldest_, size_); }

 private:
  struct entry {
    Key key{};
    timestamp time{};
  };
  [[nodiscard]] std::uint32_t mask() const { return static_cast<std::uint32_t>(table_.size() - 1); }
  [[nodiscard]] std::uint32_t home(const Key& k) const { return static_cast<std::uint32_t>(hash_of(k)) & mask(); }
  /// Where a key stands in the table, or would stand.
  [[nodiscard]] std::uint32_t bucket_of(const Key& k) const {
    std::uint32_t i = home(k);
    while (table_[i] != 0 && std::memcmp(&ring_[table_[i] - 1].key, &k, sizeof k) != 0) i = (i + 1) & mask();
    return i;
  }
  void erase(std::uint32_t hole) {
    for (std::uint32_t i = (hole + 1) & mask(); table_[i] != 0; i = (i + 1) & mask())
      if (((i - home(ring_[table_[i] - 1].key)) & mask()) >= ((i - hole) & mask())) {
        table_[hole] = table_[i];
        hole = i;
      }
    table_[hole] = 0;
  }

  slots<entry> ring_;
  slots<std::uint32_t> table_;  // places in the ring, from 1 on; 0: empty
  std::uint32_t oldest_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace levada::inline v0::detail
