// SPDX-License-Identifier: BSL-1.0
// panes: what count windows and time windows share: what aggregations keep of a pane, and the row that panes make together.
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

template <class In, class... Aggregations>
struct pane_types {
  using event_type = payload_type<In>;
  using key_type = typename key_of_input<In>::type;
  using pane_cells = pack<typename Aggregations::template in_pane<event_type>...>;
  using window_cells = pack<typename Aggregations::template in_window<event_type>...>;
  using row_type = row<key_type, typename Aggregations::template results<event_type>...>;
  using emitted = relayed_type<In, row_type>;
  /// Extractors of values as they are during a span.
  using extractors = pack<for_a_span<decltype(Aggregations::value), const event_type&>...>;
  static constexpr std::size_t groups = sizeof...(Aggregations);
  static_assert((aggregation_of<Aggregations, event_type> && ...));

  static extractors enter(pack<Aggregations...>& aggregations) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return extractors{{get<I>(aggregations).value}...};
    }(std::make_index_sequence<groups>{});
  }
  /// Adds the values of an event; the first ones of a pane make it forget what was there.
  LEVADA_INLINE static void add(pane_cells& c, bool first, extractors& values, const event_type& e) {
    for_each_index<groups>([&](auto i) LEVADA_INLINE_LAMBDA {
      const auto& v = levada::pick(get<i>(values), e);
      auto& cell = get<i>(c);
      if constexpr (requires { cell.only(v); }) {
        if (!first) return cell.add(v);
        cell.only(v);
      } else {
        if (first) [[unlikely]]
          cell.begin(v);
        cell.add(v);
      }
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

  /// Can all of them be aggregated in a queue; and taken back exactly?
  static constexpr bool appends = (appendable<typename Aggregations::template in_pane<event_type>> && ...);
  static constexpr bool retracts = (retractable<typename Aggregations::template in_pane<event_type>> && ...);

  LEVADA_INLINE static void seal(pane_cells& c) {
    for_each_index<groups>([&](auto i) LEVADA_INLINE_LAMBDA {
      if constexpr (requires { get<i>(c).seal(); }) get<i>(c).seal();
    });
  }
  LEVADA_INLINE static void append(pane_cells& into, const pane_cells& later, std::uint64_t values) {
    for_each_index<groups>([&](auto i) LEVADA_INLINE_LAMBDA { get<i>(into).append(get<i>(later), values); });
  }
  LEVADA_INLINE static void retract(pane_cells& from, const pane_cells& oldest) {
    for_each_index<groups>([&](auto i) LEVADA_INLINE_LAMBDA { get<i>(from).retract(get<i>(oldest)); });
  }
  /// The results of sealed panes that were appended to each other.
  LEVADA_INLINE static void finish(row_type& r, const pane_cells& c, std::uint64_t values) {
    for_each_index<groups>([&](auto i) LEVADA_INLINE_LAMBDA {
      using window =
          typename element<i, pack<std::type_identity<typename Aggregations::template in_window<event_type>>...>>::type;
      auto& group = get<i>(r.groups);
      group = std::remove_reference_t<decltype(group)>::of(window{get<i>(c), values});
    });
  }
};

}  // namespace levada::inline v0::detail
