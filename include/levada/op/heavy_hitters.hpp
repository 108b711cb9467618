// SPDX-License-Identifier: BSL-1.0
// heavy_hitters: the most frequent values of a stream in fixed memory, each with its count and how much that may be too large.
#pragma once

#include <levada/core/config.hpp>
#include <levada/op/shortlist.hpp>
#include <levada/op/sketch.hpp>
#include <levada/state/key_table.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace levada::inline v0 {

/// A value that came between count - error and count times.
template <key Key>
struct hitter {
  Key key{};
  std::uint64_t count = 0;
  std::uint64_t error = 0;

  [[nodiscard]] constexpr std::uint64_t at_least() const { return count - error; }
};

/// SpaceSaving (Metwally, Agrawal, El Abbadi: Efficient computation of frequent and top-k elements in data streams, ICDT 2005).
/// Two summaries make one as Agarwal, Cormode, Huang, Phillips, Wei and Yi (Mergeable summaries, PODS 2012) have shown: what one
/// of them does not know came there at most as often as its least.
/// Takes  keys, in order.
/// Holds  Counters keys with two numbers each.
/// Fails  never. Of n values in all, also after merging, no count is too large by more than n / Counters, none is too small, and
///        every key that came more than n / Counters times is there.
/// Costs  an add looks through the counters from the most frequent on: a few compares in a skewed stream, Counters in a flat one.
template <key Key, std::size_t Counters>
class space_saving {
  static_assert(Counters >= 1 && Counters <= 4096, "space_saving: from 1 to 4096 counters");

 public:
  void add(const Key& k) {
    ++count_;
    std::uint32_t at = 0;
    while (at < hitters_.length && !same(hitters_.values[at].key, k)) ++at;
    if (at == hitters_.length) at = admit(k);
    rise(at);
  }
  void merge(const space_saving& other) {
    const space_saving mine = *this;
    hitters_.length = 0;
    for (const auto& h : mine.hitters_) offer(h, other.of(h.key));
    for (const auto& h : other.hitters_)
      if (!mine.knows(h.key)) offer(h, mine.of(h.key));
    count_ += other.count_;
  }

  /// The most frequent first; of two with one count the one that reached it first.
  [[nodiscard]] const shortlist<hitter<Key>, Counters>& hitters() const { return hitters_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// How often a key came, at most, and how much less it may be.
  [[nodiscard]] hitter<Key> of(const Key& k) const {
    for (const auto& h : hitters_)
      if (same(h.key, k)) return h;
    const std::uint64_t most = hitters_.length < Counters ? 0 : hitters_.values[Counters - 1].count;
    return {k, most, most};
  }

 private:
  [[nodiscard]] LEVADA_INLINE static bool same(const Key& a, const Key& b) { return std::memcmp(&a, &b, sizeof(Key)) == 0; }
  [[nodiscard]] bool knows(const Key& k) const {
    for (const auto& h : hitters_)
      if (same(h.key, k)) return true;
    return false;
  }

  /// The place of a new key: a free one, or that of the least frequent, whose count it takes over.
  std::uint32_t admit(const Key& k) {
    if (hitters_.length < Counters) {
      hitters_.values[hitters_.length] = {k, 0, 0};
      return hitters_.length++;
    }
    auto& last = hitters_.values[Counters - 1];
    last = {k, last.count, last.count};
    return Counters - 1;
  }
  /// One more for the key at `at`, which changes places with the first of those that had as many.
  void rise(std::uint32_t at) {
    auto& all = hitters_.values;
    std::uint32_t first = at;
    while (first > 0 && all[first - 1].count == all[at].count) --first;
    if (first != at) {
      const auto h = all[at];
      all[at] = all[first];
      all[first] = h;
    }
    ++all[first].count;
  }
  void offer(const hitter<Key>& h, const hitter<Key>& elsewhere) {
    const hitter<Key> both{h.key, h.count + elsewhere.count, h.error + elsewhere.error};
    std::size_t at = hitters_.length;
    while (at > 0 && hitters_.values[at - 1].count < both.count) --at;
    hitters_.insert(at, both);
  }

  shortlist<hitter<Key>, Counters> hitters_{};
  std::uint64_t count_ = 0;
};

/// aggregate<heavy_hitters<10>>(&packet::source): a shortlist of the N most frequent, from a space_saving<V, Counters> a pane.
template <std::size_t N, std::size_t Counters = 8 * N>
struct heavy_hitters {
  static_assert(N <= Counters, "heavy_hitters: there cannot be more than there are counters");
  static constexpr std::string_view name = "heavy_hitters";
  template <class V>
  static constexpr bool computes = key<V>;
  template <class V>
  using sketch = space_saving<V, Counters>;
  template <class V>
  static shortlist<hitter<V>, N> of(const space_saving<V, Counters>& s) {
    shortlist<hitter<V>, N> most;
    for (const auto& h : s.hitters()) most.insert(most.size(), h);
    return most;
  }
};

}  // namespace levada::inline v0
