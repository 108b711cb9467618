// SPDX-License-Identifier: BSL-1.0
// gathered: what one window of one key has gathered: how many events, and what the aggregations keep of them. Windows whose
// bounds come from the data (sessions, runs of a state, global ones) hold it by slot, and emit rows of it.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/panes.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

/// Holds  nothing worth reading while `events` is 0.
template <class In, class... Aggregations>
struct gathered {
  using types = pane_types<In, Aggregations...>;
  using event_type = typename types::event_type;
  using extractors = typename types::extractors;

  std::uint64_t events = 0;
  typename types::pane_cells cells{};

  LEVADA_INLINE void add(extractors& values, const event_type& e) { types::add(cells, events++ == 0, values, e); }

  /// Adds an event that is older than the last one: it counts in everything, but `last` stays what it was.
  [[gnu::noinline]] void add_older(extractors& values, const event_type& e) {
    ++events;
    for_each_index<types::groups>([&](auto i) {
      const auto& v = levada::pick(get<i>(values), e);
      auto& cell = get<i>(cells);
      if constexpr (requires { cell.last; }) {
        const auto last = cell.last;
        cell.add(v);
        cell.last = last;
      } else {
        cell.add(v);
      }
    });
  }

  /// Puts others behind these: all of them were later.
  LEVADA_COLD void append(const gathered& later) {
    typename types::window_cells all{};
    types::merge(all, cells, events);
    types::merge(all, later.cells, later.events);
    for_each_index<types::groups>([&](auto i) {
      auto& cell = get<i>(cells);
      cell = static_cast<decltype(cell)>(get<i>(all));  // what a window keeps is a pane, and its number of events
    });
    events += later.events;
  }

  /// Called, and not inlined, for it is a large part of a loop that rarely comes here.
  [[gnu::noinline]] void finish(typename types::row_type& result, timestamp start, timestamp end) const {
    typename types::window_cells all{};
    types::merge(all, cells, events);
    types::finish(result, all);
    result.start = start;
    result.end = end;
  }
};

/// Emits a row, below key_by with its key around it.
template <class In, class Row>
LEVADA_INLINE void send_row([[maybe_unused]] std::uint32_t slot, const Row& row, auto out) {
  if constexpr (is_keyed<In>)
    out(relayed_type<In, Row>{slot, row.key, row});
  else
    out(row);
}

/// What a window asks of its aggregations for events E.
template <class E, class... Aggregations>
consteval bool aggregations_fit() {
  return (Aggregations::template fits<E>() && ...);
}

}  // namespace levada::inline v0::detail
