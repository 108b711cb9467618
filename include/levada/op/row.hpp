// SPDX-License-Identifier: BSL-1.0
// row: what a window emits: its key, its bounds in time, and the results of its aggregates.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/aggregate.hpp>

#include <concepts>
#include <cstddef>
#include <span>
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

template <class R>
concept gives_features = requires(const R& r) {
  { r.features() } -> std::convertible_to<std::span<const float>>;
  R::names;
};
/// The names of the features of the only group that has some.
template <class... Results>
struct row_names {};
template <class... Results>
  requires((std::size_t{gives_features<Results>} + ... + 0) == 1)
struct row_names<Results...> {
  static constexpr std::size_t featured = [] {
    std::size_t found = 0, i = 0;
    ((found = gives_features<Results> ? i : found, ++i), ...);
    return found;
  }();
  static constexpr const auto& names = element<featured, pack<Results...>>::names;
};

}  // namespace detail

/// Time windows: [start, end) is the window. Count windows: the processing times of their first and last event.
/// Below key_by a row has a member `key`; Key is void elsewhere. Where exactly one of its groups has features, the row has its
/// features() and `names`: it is what a model takes.
template <class Key, class... Results>
struct row : detail::row_key<Key>, detail::row_names<Results...> {
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
      const auto& results = levada::get<group>(groups);
      if constexpr (requires { results.template get<A>(); })
        return results.template get<A>();
      else
        return levada::get<element<group, pack<Results...>>::template index<A>>(results.values);
    } else {
      return 0.0;  // so that the sentence stays the only error
    }
  }

  /// As many as there are names, which the type knows: a model of other rows is refused when the flow is opened.
  [[nodiscard]] constexpr auto features() const
    requires requires { row::names; }
  {
    return std::span<const float, row::names.size()>(levada::get<row::featured>(groups).features());
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
