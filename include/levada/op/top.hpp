// SPDX-License-Identifier: BSL-1.0
// top: the K events that are greatest by a value; exact.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/op/shortlist.hpp>
#include <levada/op/sketch.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// An event, and the value that it is ranked by.
template <class V, class E>
struct ranked {
  V value;
  const E& event;
};

/// by(&order::price): picks an event together with its rank.
template <class Value>
struct by {
  [[no_unique_address]] Value value;

  template <class E>
    requires picks_from<const Value, E>
  LEVADA_INLINE constexpr auto operator()(const E& e) const {
    return ranked<picked_type<const Value, E>, E>{levada::pick(value, e), e};
  }
};
template <class Value>
by(Value) -> by<Value>;

/// Takes  events with the values that they are ranked by. NaN ranks nothing: such an event is passed over.
/// Holds  the K greatest, a value and an event each; of equal ones those that came first.
/// Fails  never; two of them make, event by event, the one of all.
/// Costs  an add is a compare with the last of them, and a move of those below it if it is greater.
template <class V, class E, std::size_t K>
class top_events {
 public:
  LEVADA_INLINE void add(const ranked<V, E>& r) {
    if (entries_.length == K && !(entries_.values[K - 1].value < r.value)) [[likely]]
      return;
    admit({r.value, r.event});
  }
  void merge(const top_events& later) {
    for (const entry& e : later.entries_) add({e.value, e.event});
  }
  /// The greatest first.
  [[nodiscard]] shortlist<E, K> events() const {
    shortlist<E, K> all;
    for (const entry& e : entries_) all.insert(all.size(), e.event);
    return all;
  }

 private:
  struct entry {
    V value;
    E event;
  };
  LEVADA_COLD void admit(const entry& e) {
    if (e.value != e.value) return;
    std::size_t at = entries_.size();
    while (at > 0 && entries_[at - 1].value < e.value) --at;
    entries_.insert(at, e);
  }
  shortlist<entry, K> entries_{};
};

namespace detail {
template <class V>
inline constexpr bool ranks = false;
template <class V, class E>
inline constexpr bool ranks<ranked<V, E>> = std::totally_ordered<V> && std::is_trivially_copyable_v<V> &&
                                            std::is_trivially_copyable_v<E> && std::is_default_constructible_v<E>;
template <class Ranked, std::size_t K>
struct greatest_of;
template <class V, class E, std::size_t K>
struct greatest_of<ranked<V, E>, K> {
  using type = top_events<V, E, K>;
};
}  // namespace detail

/// aggregate<top<5>>(by(&order::price)): a shortlist of the K events, from a top_events<V, E, K> a pane.
template <std::size_t K>
struct top {
  static_assert(K >= 1 && K <= 1024, "top: from 1 to 1024 events");
  static constexpr std::string_view name = "top";
  template <class V>
  static constexpr bool computes = detail::ranks<V>;
  template <class Ranked>
  using sketch = typename detail::greatest_of<Ranked, K>::type;
  static auto of(const auto& s) { return s.events(); }
};

}  // namespace levada::inline v0
