// SPDX-License-Identifier: BSL-1.0
// predicate_index: which of thousands of rules an event fulfils. For each field the values are cut into segments at the ends of
// the rules' conditions; a row of bits for each segment says which rules it does not rule out, and of which it is not sure,
// because their conditions end within it. An event picks one row a field; what is in all of them holds, but for the few that one
// of them is not sure of, and those are verified.
//
// This is the bit vector scheme by which routers classify packets (Lakshman and Stiliadis, SIGCOMM 1998), with coarse segments.
// The known indexes for events (Fabret et al., SIGMOD 2001: each rule stands under its most selective condition; Whang et al.,
// VLDB 2009: counting) touch memory at random for each condition that holds, and half of all conditions on ranges hold: this one
// reads rows in a line, and its time hardly depends on what the rules say.
#pragma once

#include <levada/core/config.hpp>
#include <levada/rule/detail/growing.hpp>
#include <levada/rule/detail/order_key.hpp>
#include <levada/rule/predicate_rules.hpp>
#include <levada/state/slots.hpp>
#include <levada/wire/descriptor.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

namespace detail {

/// What a row says of 256 rules. A vector type, because at -O2 g++ 12 makes none of a loop.
struct row_part {
  typedef std::uint64_t lanes __attribute__((vector_size(32)));  // NOLINT: the attribute works on a typedef only
  static constexpr std::uint32_t rules = 256;
  lanes possible;
  lanes unsure;
};

/// The index over rules of events that a descriptor describes.
class rule_index {
 public:
  static constexpr std::uint32_t most_segments = 256;  // of a field

  rule_index() = default;
  explicit rule_index(const rule_list& from) {
    copy(from.rules(), rules_);
    copy(from.conjuncts(), conjuncts_);
    copy(from.points(), points_);
    copy(from.characters(), characters_);
    parts_ = (from.rules().size() + row_part::rules - 1) / row_part::rules;
    find_axes(from.descriptor().fields);
    make_rows();
  }

  [[nodiscard]] std::size_t size() const { return rules_.size(); }

  /// visitor(id) for each rule that the event fulfils, in their order.
  template <class Visitor>
  LEVADA_INLINE void match(const std::byte* event, Visitor&& visitor) const {
    const auto count = static_cast<std::uint32_t>(axes_.size());
    std::uint64_t keys[most_fields];
    const row_part* rows[most_fields];
    for (std::uint32_t a = 0; a < count; ++a) {
      keys[a] = order_key(axes_[a].how, event + axes_[a].offset, axes_[a].size);
      rows[a] = rows_.begin() + (std::size_t{axes_[a].first_row} + segment_of(a, keys[a])) * parts_;
    }
    for (std::uint32_t part = 0; part < parts_; ++part) {
      row_part::lanes possible = rows[0][part].possible, unsure = rows[0][part].unsure;
      for (std::uint32_t a = 1; a < count; ++a) {
        possible &= rows[a][part].possible;
        unsure |= rows[a][part].unsure;
      }
      unsure &= possible;
      for (std::uint32_t w = 0; w < 4; ++w) {
        const rule_of_conjuncts* rules = rules_.begin() + part * row_part::rules + w * 64;
        std::uint64_t rest = possible[w];
        for (std::uint64_t open = unsure[w]; open != 0; open &= open - 1)
          if (!holds(rules[std::countr_zero(open)], keys, event)) rest &= ~(open & (0 - open));
        for (; rest != 0; rest &= rest - 1) visitor(rules[std::countr_zero(rest)].id);
      }
    }
  }

 private:
  /// A field that conditions look at.
  struct axis {
    reading_of how{};
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t first_row = 0;
    std::uint32_t segments = 1;
  };

  template <class T>
  static void copy(const growing<T>& from, slots<T>& to) {
    to.resize(from.size());
    for (std::uint32_t i = 0; i < from.size(); ++i) to[i] = from[i];
  }

  // ---- looking -------------------------------------------------------------------------------------------------------

  /// Segments begin at 0 and at starts_[0 ...], which are filled up with the last key.
  [[nodiscard]] LEVADA_INLINE std::uint32_t segment_of(std::uint32_t a, std::uint64_t key) const {
    const std::uint64_t* starts = starts_.begin() + std::size_t{a} * most_segments;
    std::uint32_t at = 0;
    for (std::uint32_t step = most_segments / 2; step > 0; step /= 2) at += starts[at + step - 1] <= key ? step : 0;
    return at < axes_[a].segments ? at : axes_[a].segments - 1;
  }
  [[nodiscard]] LEVADA_INLINE bool holds(const rule_of_conjuncts& r, const std::uint64_t* keys, const std::byte* event) const {
    for (std::uint32_t i = r.first; i < r.last; ++i) {
      const conjunct& c = conjuncts_[i];
      const std::uint64_t key = keys[c.field];
      const bool inside = c.is_points ? is_one_of(c, key, event) : key - c.low <= c.span;
      if (inside == c.is_negated) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_one_of(const conjunct& c, std::uint64_t key, const std::byte* event) const {
    const axis& own = axes_[c.field];
    for (std::size_t i = c.low; i < c.low + c.span; ++i) {
      const value_in_set& p = points_[i];
      if (p.key != key) continue;
      if (own.how != reading_of::words) return true;
      const std::string_view wanted(characters_.begin() + p.characters, p.length);
      if (words_at(event + own.offset, own.size) == wanted) return true;
    }
    return false;
  }

  // ---- making --------------------------------------------------------------------------------------------------------

  void find_axes(std::span<const field> fields) {
    growing<axis> axes;
    slots<std::uint32_t> number_of;  // by field: its axis
    number_of.resize(fields.size());
    for (std::uint32_t f = 0; f < fields.size(); ++f) {
      bool looked_at = false;
      for_each_conjunct([&](std::uint32_t, const conjunct& c) { looked_at |= c.field == f; });
      if (!looked_at) continue;
      number_of[f] = axes.size();
      axes.add({reading_of_field(fields[f]), fields[f].offset, fields[f].size});
    }
    copy(axes, axes_);
    for (conjunct& c : conjuncts_) c.field = number_of[c.field];
  }

  void make_rows() {
    starts_.resize(axes_.size() * most_segments);
    std::uint32_t rows = 0;
    for (std::uint32_t a = 0; a < axes_.size(); ++a) {
      cut(a);
      axes_[a].first_row = rows;
      rows += axes_[a].segments;
    }
    rows_.resize(std::size_t{rows} * parts_);
    for (std::size_t i = 0; i < rows_.size(); ++i)
      for (std::uint32_t w = 0; w < 4; ++w) rows_[i].possible[w] = all_of(i % parts_ * row_part::rules + w * 64);
    for_each_conjunct([&](std::uint32_t rule, const conjunct& c) { mark(rule, c); });
  }

  /// The bits of those of 64 rules that there are.
  [[nodiscard]] std::uint64_t all_of(std::size_t first) const {
    const std::size_t rest = first < rules_.size() ? rules_.size() - first : 0;
    return rest >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1;
  }

  /// Cuts a field at the ends of all conditions, or at every so many of them.
  void cut(std::uint32_t a) {
    growing<std::uint64_t> ends;
    const auto interval = [&](std::uint64_t low, std::uint64_t high) {
      ends.add(low);
      if (high != UINT64_MAX) ends.add(high + 1);
    };
    for_each_conjunct([&](std::uint32_t, const conjunct& c) {
      if (c.field != a) return;
      if (!c.is_points) return interval(c.low, c.low + c.span);
      for (std::size_t i = c.low; i < c.low + c.span; ++i) interval(points_[i].key, points_[i].key);
    });
    sort_rising(ends);
    std::uint32_t unlike = 0;
    for (const std::uint64_t end : ends)
      if (end != 0 && (unlike == 0 || end != ends[unlike - 1])) ends[unlike++] = end;
    constexpr std::uint32_t most = most_segments - 1;
    axes_[a].segments = (unlike < most ? unlike : most) + 1;
    for (std::uint32_t s = 0; s < most_segments; ++s)
      starts_[a * most_segments + s] = s + 1 >= axes_[a].segments ? UINT64_MAX
                                       : unlike <= most           ? ends[s]
                                                                  : ends[std::size_t{s} * unlike / most];
  }

  /// Says of each segment whether a rule's condition can hold there, and whether it can fail.
  void mark(std::uint32_t rule, const conjunct& c) {
    const axis& own = axes_[c.field];
    const std::uint64_t* starts = starts_.begin() + std::size_t{c.field} * most_segments;
    for (std::uint32_t s = 0; s < own.segments; ++s) {
      const std::uint64_t begin = s == 0 ? 0 : starts[s - 1];
      const std::uint64_t end = s + 1 == own.segments ? UINT64_MAX : starts[s] - 1;
      bool touches = false, covers = false;
      if (!c.is_points) {
        touches = begin <= c.low + c.span && end >= c.low;
        covers = begin >= c.low && end <= c.low + c.span;
      } else {
        for (std::size_t i = c.low; i < c.low + c.span; ++i) touches |= begin <= points_[i].key && points_[i].key <= end;
        covers = touches && begin == end && own.how != reading_of::words;
      }
      const bool can_hold = c.is_negated ? !covers : touches, can_fail = c.is_negated ? touches : !covers;
      row_part& part = rows_[std::size_t{own.first_row + s} * parts_ + rule / row_part::rules];
      const std::uint64_t bit = std::uint64_t{1} << rule % 64;
      if (!can_hold) part.possible[rule / 64 % 4] &= ~bit;
      if (can_fail) part.unsure[rule / 64 % 4] |= bit;
    }
  }

  /// visitor(rule, condition) for each.
  template <class F>
  void for_each_conjunct(F&& visitor) const {
    for (std::uint32_t r = 0; r < rules_.size(); ++r)
      for (std::uint32_t i = rules_[r].first; i < rules_[r].last; ++i) visitor(r, conjuncts_[i]);
  }

  slots<axis> axes_;
  slots<std::uint64_t> starts_;  // most_segments of them an axis
  slots<row_part> rows_;         // parts_ of them a row, a row for each segment
  slots<rule_of_conjuncts> rules_;
  slots<conjunct> conjuncts_;
  slots<value_in_set> points_;
  slots<char> characters_;
  std::uint32_t parts_ = 0;
};

}  // namespace detail

/// Takes  rules; what is done with them later does not change the index.
/// Holds  two bits for each rule, up to 256 times for each field that rules look at: at 10 000 rules on 8 fields at most 5.2 MB.
/// Costs  a match: rules / 256 cache lines a field, read in a line; then 2 ns for each rule that holds, and the verification of
/// the
///        few whose conditions end within the event's own segments. Worst where all rules hold, which all must be told, and where
///        the rows of a hundred thousand rules leave the caches. Making it: some 30 ms for 10 000 rules.
template <describable E>
class predicate_index {
 public:
  predicate_index() = default;
  explicit predicate_index(const predicate_rules<E>& rules) : index_(rules.list()) {}

  /// visitor(id) for each rule that the event fulfils, in the order of the rules.
  template <class Visitor>
  LEVADA_INLINE void match(const E& event, Visitor&& visitor) const {
    index_.match(reinterpret_cast<const std::byte*>(&event), visitor);
  }
  [[nodiscard]] std::size_t size() const { return index_.size(); }

 private:
  detail::rule_index index_;
};

}  // namespace levada::inline v0
