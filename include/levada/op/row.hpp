// SPDX-License-Identifier: BSL-1.0
// row: what a window emits: its key, its bounds in time, and the results of its aggregates.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/aggregate.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

template <class Key>
struct row_key {
  Key key{};
};
template <>
struct row_key<void> {};

}  // namespace detail

/// Time windows: [start, end) is the window. Count windows: the processing times of their first and last event.
/// Below key_by a row has a member `key`; Key is void elsewhere.
template <class Key, class... Results>
struct row : detail::row_key<Key> {
  timestamp start{};
  timestamp end{};
  pack<Results...> groups;

  /// row.get<mean>(), or by a monoid of your own; where several aggregations have a mean, row.get<mean, 1>() is that of the
  /// second.
  template <class A, std::size_t Nth = 0>
  [[nodiscard]] constexpr auto get() const {
    constexpr std::size_t group = find<A>(Nth);
    static_assert(group < sizeof...(Results), "row: this window does not compute that aggregate; add it to aggregate<...>(...)");
    if constexpr (group < sizeof...(Results)) {
      using R = element<group, pack<Results...>>;
      return levada::get<R::template index<A>>(levada::get<group>(groups).values);
    } else {
      return 0.0;  // so that the sentence stays the only error
    }
  }

 private:
  template <class A>
  static constexpr std::size_t find(std::size_t nth) {
    std::size_t found = sizeof...(Results), i = 0;
    ((Results::template has<A> ? void((nth-- == 0 && found == sizeof...(Results)) ? found = i : 0) : void(), ++i), ...);
    return found;
  }
};

}  // namespace levada::inline v0
