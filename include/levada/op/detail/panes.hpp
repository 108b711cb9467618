// SPDX-License-Identifier: BSL-1.0
// panes: what count windows and time windows share: the cells of one pane, and the row that panes make together.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/row.hpp>

#include <cstddef>
#include <type_traits>

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
  using cells = pack<typename Aggregations::template cell<event_type>...>;
  using row_type = row<key_type, typename results_on<Aggregations, event_type>::type...>;
  using emitted = relayed_type<In, row_type>;
  static constexpr std::size_t groups = sizeof...(Aggregations);

  LEVADA_INLINE static void add(cells& c, pack<Aggregations...>& aggregations, const event_type& e) {
    for_each_index<groups>([&](auto i) LEVADA_INLINE_LAMBDA { get<i>(c).add(levada::pick(get<i>(aggregations).value, e)); });
  }
  static void merge(cells& into, const cells& later) {
    for_each_index<groups>([&](auto i) { get<i>(into).merge(get<i>(later)); });
  }
  static void finish(row_type& r, const cells& c) {
    for_each_index<groups>([&](auto i) {
      auto& group = get<i>(r.groups);
      group = std::remove_reference_t<decltype(group)>::of(get<i>(c));
    });
  }
};

}  // namespace levada::inline v0::detail
