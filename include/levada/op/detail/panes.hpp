// SPDX-License-Identifier: BSL-1.0
// panes: what count windows and time windows share: the moments in one pane, and the row that panes make together.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/row.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

template <class In>
struct key_of_input {
  using type = void;
};
template <class Key, class Event>
struct key_of_input<keyed<Key, Event>> {
  using type = Key;
};

/// An extractor of values as it is during a span.
template <class Aggregation, class E>
struct in_span;
template <class Value, class... As, class E>
struct in_span<aggregation<Value, As...>, E> {
  using type = for_a_span<Value, const E&>;
};

template <class In, class... Aggregations>
struct pane_types {
  using event_type = payload_type<In>;
  using key_type = typename key_of_input<In>::type;
  using pane_cells = pack<typename Aggregations::template in_pane<event_type>...>;
  using window_cells = pack<typename Aggregations::template in_window<event_type>...>;
  using row_type = row<key_type, typename results_on<Aggregations, event_type>::type...>;
  using emitted = relayed_type<In, row_type>;
  using extractors = pack<typename in_span<Aggregations, event_type>::type...>;
  static constexpr std::size_t groups = sizeof...(Aggregations);

  static extractors enter(pack<Aggregations...>& aggregations) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return extractors{{get<I>(aggregations).value}...};
    }(std::make_index_sequence<groups>{});
  }
  /// Adds the values of an event; the first ones of a pane make it forget what was there.
  LEVADA_INLINE static void add(pane_cells& c, bool first, extractors& values, const event_type& e) {
    for_each_index<groups>([&](auto i) LEVADA_INLINE_LAMBDA {
      const auto& v = levada::pick(get<i>(values), e);
      if (first) [[unlikely]]
        get<i>(c).begin(v);
      get<i>(c).add(v);
    });
  }
  static void merge(window_cells& into, const pane_cells& later, std::uint64_t values) {
    for_each_index<groups>([&](auto i) { get<i>(into).merge(get<i>(later), values); });
  }
  static void finish(row_type& r, const window_cells& c) {
    for_each_index<groups>([&](auto i) {
      auto& group = get<i>(r.groups);
      group = std::remove_reference_t<decltype(group)>::of(get<i>(c));
    });
  }
};

}  // namespace levada::inline v0::detail
