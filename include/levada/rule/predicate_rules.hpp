// SPDX-License-Identifier: BSL-1.0
// predicate_rules: rules that come and go, each a number of conditions on one event that must all hold. They are gathered here,
// off the path of events, and compiled into a predicate_index.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/rule/condition.hpp>
#include <levada/rule/detail/growing.hpp>
#include <levada/rule/detail/order_key.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/mutable_record.hpp>
#include <levada/wire/record.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace levada::inline v0 {

namespace detail {

/// A condition as the set of keys for which it holds: [low, low + span], or the points [low, low + span) of a table; or what is
/// not in it.
struct conjunct {
  std::uint64_t low = 0;
  std::uint64_t span = 0;
  std::uint32_t field = 0;  // of the descriptor; in an index the number among the fields that it looks at
  bool is_points = false;
  bool is_negated = false;
};
/// One of the values of a set. Of words it has the characters too: two may have one hash.
struct value_in_set {
  std::uint64_t key = 0;
  std::uint32_t characters = 0;
  std::uint32_t length = 0;
};
struct rule_of_conjuncts {
  std::uint64_t id = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// Rules of events that a descriptor describes.
class rule_list {
 public:
  explicit rule_list(const descriptor_view& descriptor) : descriptor_(descriptor) { scratch_.resize(descriptor.event_size); }

  result<> add(std::uint64_t id, std::span<const condition> conditions) {
    const std::uint32_t mark[] = {conjuncts_.size(), points_.size(), characters_.size()};
    result<> all =
        conditions.empty() ? refuse(id, "", "has no condition, so every event would fulfil it: give it one") : result<>{};
    for (const condition& c : conditions)
      if (result<> one = compile(id, c); !one) {
        all = one.error();
        break;
      }
    if (all) {
      rules_.add({id, mark[0], conjuncts_.size()});
    } else {
      conjuncts_.shrink(mark[0]);
      points_.shrink(mark[1]);
      characters_.shrink(mark[2]);
    }
    return all;
  }

  bool remove(std::uint64_t id) {
    std::uint32_t kept = 0;
    for (const rule_of_conjuncts& r : rules_)
      if (r.id != id)
        rules_[kept++] = r;
      else
        gone_ += r.last - r.first;
    const bool any = kept < rules_.size();
    rules_.shrink(kept);
    if (gone_ > 64 && 2 * gone_ > conjuncts_.size()) compact();
    return any;
  }

  [[nodiscard]] const growing<rule_of_conjuncts>& rules() const { return rules_; }
  [[nodiscard]] const growing<conjunct>& conjuncts() const { return conjuncts_; }
  [[nodiscard]] const growing<value_in_set>& points() const { return points_; }
  [[nodiscard]] const growing<char>& characters() const { return characters_; }
  [[nodiscard]] const descriptor_view& descriptor() const { return descriptor_; }

 private:
  template <class... Part>
  static result<> refuse(std::uint64_t id, std::string_view field, const Part&... part) {
    if (field.empty()) return fault::of(failure::data, "rule ", id, " ", part...);
    return fault::of(failure::data, "rule ", id, ", field '", field, "': ", part...);
  }

  result<> compile(std::uint64_t id, const condition& c) {
    const std::string_view name = c.field.view();
    const std::size_t i = record(descriptor_, scratch_.begin()).find(name);
    if (i == record::npos) return refuse(id, name, "the event has no such field: it has ", names());
    const field& f = descriptor_.fields[i];
    if (f.count != 1) return refuse(id, name, "it is an array: copy the element that counts into a field of its own");
    if (static_cast<std::size_t>(c.is) > static_cast<std::size_t>(comparison::one_of))
      return refuse(id, name, "comparison ", static_cast<unsigned>(c.is),
                    " does not exist: take one of = != < <= > >= between in");
    const std::size_t needed = c.is == comparison::between ? 2 : 1;
    if (c.count > condition::most_values)
      return refuse(id, name, "more than ", condition::most_values, " values: make a rule of each part, they may share the id");
    if (c.is == comparison::one_of ? c.count == 0 : c.count != needed)
      return refuse(id, name, "'", sign_of(c.is), "' takes ", needed == 2 ? "two values" : "a value", ", and has ", c.count);
    if (c.is_cut) return refuse(id, name, "a value is longer than ", sizeof(condition::values[0]) - 1, " bytes: shorten it");
    const bool ordered = c.is != comparison::equal && c.is != comparison::not_equal && c.is != comparison::one_of;
    if (ordered && f.kind == field_kind::text)
      return refuse(id, name, "a text has no order: compare it with = != in, or map it to a number");

    std::uint64_t keys[condition::most_values];
    for (std::size_t k = 0; k < c.count; ++k) {
      if (result<> set = mutable_record(descriptor_, scratch_.begin()).set(i, c.values[k].view()); !set)
        return fault::of(failure::data, "rule ", id, ", ", set.error().sentence, ": write it as a cell of a CSV file");
      keys[k] = order_key(reading_of_field(f), scratch_.begin() + f.offset, f.size);
      if (f.kind == field_kind::floating && keys[k] == UINT64_MAX)
        return refuse(id, name, "nothing is equal to NaN, and nothing less or greater: take a number");
    }
    add_set(c, static_cast<std::uint32_t>(i), keys);
    return {};
  }

  void add_set(const condition& c, std::uint32_t i, const std::uint64_t* keys) {
    const field& f = descriptor_.fields[i];
    const bool words = f.kind == field_kind::text;
    const auto within = [&](std::uint64_t low, std::uint64_t high, bool negated = false) {
      if (low <= high)
        conjuncts_.add({low, high - low, i, false, negated});
      else
        conjuncts_.add({points_.size(), 0, i, true, false});  // one of no values
    };
    const std::uint64_t last = last_key(f.kind), key = keys[0];
    const bool negated = c.is == comparison::not_equal;
    switch (c.is) {
      case comparison::less: return key == 0 ? within(1, 0) : within(0, key - 1);
      case comparison::less_equal: return within(0, key);
      case comparison::greater: return key == last ? within(1, 0) : within(key + 1, last);
      case comparison::greater_equal: return within(key, last);
      case comparison::between: return within(key, keys[1]);
      case comparison::equal:
      case comparison::not_equal:
        if (!words) return within(key, key, negated);
        [[fallthrough]];
      case comparison::one_of: break;
    }
    conjuncts_.add({points_.size(), c.count, i, true, negated});
    for (std::size_t k = 0; k < c.count; ++k) {
      const std::string_view value = words ? c.values[k].view() : std::string_view{};
      points_.add({keys[k], characters_.size(), static_cast<std::uint32_t>(value.size())});
      for (const char one : value) characters_.add(one);
    }
  }

  [[nodiscard]] text<256> names() const {
    text<256> all;
    for (const field& f : descriptor_.fields) all += compose<64>(all.empty() ? "" : ", ", f.name).view();
    return all;
  }

  /// Leaves out what belonged to rules that are gone.
  void compact() {
    const growing<conjunct> old_conjuncts = conjuncts_;
    const growing<value_in_set> old_points = points_;
    const growing<char> old_characters = characters_;
    conjuncts_.shrink(0), points_.shrink(0), characters_.shrink(0), gone_ = 0;
    for (rule_of_conjuncts& r : rules_) {
      const std::uint32_t first = conjuncts_.size();
      for (conjunct c : old_conjuncts.from(r.first, r.last - r.first)) {
        const std::uint64_t begin = c.low;
        if (c.is_points) c.low = points_.size();
        conjuncts_.add(c);
        if (!c.is_points) continue;
        for (value_in_set p : old_points.from(begin, c.span)) {
          const auto value = old_characters.from(p.characters, p.length);
          p.characters = characters_.size();
          points_.add(p);
          for (const char one : value) characters_.add(one);
        }
      }
      r.first = first, r.last = conjuncts_.size();
    }
  }

  descriptor_view descriptor_;
  slots<std::byte> scratch_;  // an event, in which values are read
  growing<rule_of_conjuncts> rules_;
  growing<conjunct> conjuncts_;
  growing<value_in_set> points_;
  growing<char> characters_;
  std::uint32_t gone_ = 0;  // conjuncts of rules that were removed
};

}  // namespace detail

/// Takes  rules for events E: an id of the user's, and conditions. They are told in the order in which they were added. Rules may
///        share an id: an event may fulfil one or the other.
/// Holds  24 bytes a condition, and twice that while it grows; a copy of the values of sets and of words.
/// Fails  data: which rule, which field, what is wrong with it and what to do. The rules are then as they were.
/// Costs  add: the reading of its values. remove: a pass over the rules.
template <describable E>
class predicate_rules {
 public:
  predicate_rules() : rules_(describe<E>()) {}

  result<> add(std::uint64_t id, std::span<const condition> all_of) { return rules_.add(id, all_of); }
  template <std::same_as<condition>... Conditions>
    requires(sizeof...(Conditions) > 0)
  result<> add(std::uint64_t id, const Conditions&... all_of) {
    const condition conditions[] = {all_of...};
    return rules_.add(id, conditions);
  }
  /// All rules of that id; false if there was none.
  bool remove(std::uint64_t id) { return rules_.remove(id); }
  [[nodiscard]] std::size_t size() const { return rules_.rules().size(); }
  [[nodiscard]] const detail::rule_list& list() const { return rules_; }

 private:
  detail::rule_list rules_;
};

}  // namespace levada::inline v0
