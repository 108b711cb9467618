// SPDX-License-Identifier: BSL-1.0
// lookup_table: values by key, in bounded memory: what an operator looks up and does not change.
#pragma once

#include <levada/core/config.hpp>
#include <levada/state/key_table.hpp>
#include <levada/state/slots.hpp>

#include <cstdint>

namespace levada::inline v0 {

/// Holds  at most `bound` keys with a value each; all memory from the constructor on.
/// Costs  a lookup is one probe: 2-3 ns while the table fits a cache.
template <key Key, class Value>
class lookup_table {
 public:
  using key_type = Key;
  using value_type = Value;

  explicit lookup_table(std::uint32_t bound) : keys_(bound) { values_.resize(std::size_t{bound} + 1); }

  /// A new key, or a new value for one that is there. False: no room.
  [[nodiscard]] bool insert(const Key& k, const Value& v) {
    const std::uint32_t slot = keys_.intern(k);
    if (slot == key_table<Key>::none) return false;
    values_[slot] = v;
    return true;
  }
  /// Null if it is not there.
  [[nodiscard]] LEVADA_INLINE const Value* find(const Key& k) {
    const std::uint32_t slot = keys_.find(k);
    return slot == key_table<Key>::none ? nullptr : values_.begin() + slot;
  }
  [[nodiscard]] std::uint32_t size() const { return keys_.size(); }
  [[nodiscard]] std::uint32_t bound() const { return keys_.bound(); }

 private:
  key_table<Key> keys_;
  slots<Value> values_;
};

}  // namespace levada::inline v0
