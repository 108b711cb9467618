// SPDX-License-Identifier: BSL-1.0
// count_window: windows of Panes * Slide events with few panes, which are merged at each slide; the operator behind
// window<tumbling{n}> and most window<sliding{n, m}>. For many panes see queue_window.hpp.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/state/slots.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0::detail {

template <fixed_string Name, std::size_t Panes, std::size_t Slide, class In, class... Aggregations>
struct count_window {
  static constexpr std::string_view kind = "window";
  static constexpr std::string_view name = Name.view();
  using types = pane_types<In, Aggregations...>;
  pack<Aggregations...> aggregations;

  struct pane {
    typename types::pane_cells cells{};
    timestamp opened{};
  };
  /// The window of one key: the pane being filled, and a ring of the full ones behind it.
  struct ring {
    std::uint64_t events = 0;  // in the open pane
    std::uint32_t next = 0;    // where it goes when it is full: the place of the oldest
    std::uint32_t full = 0;
    pane open{};
    std::array<pane, Panes - 1> behind{};
  };
  slots<ring> state{};

  template <class>
  using output = typename types::emitted;

  struct in_span {
    typename types::extractors values;
    typename slots<ring>::in_span rings;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      ring& r = rings[levada::slot_of(e)];
      const bool first = r.events == 0;
      if (first) [[unlikely]]
        r.open.opened = out.now();
      types::add(r.open.cells, first, values, levada::payload(e));
      if (++r.events != Slide) [[likely]]
        return;
      const bool whole = r.full == Panes - 1;
      if (whole) {
        typename types::row_type result;
        finish(result, r, out.now());
        if constexpr (is_keyed<In>) result.key = e.key;
        push(r);
        out(levada::relay(e, result));
      } else {
        push(r);
      }
    }
  };
  [[nodiscard]] in_span enter() { return {types::enter(aggregations), state.enter()}; }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state); }

 private:
  /// Called, and not inlined, because it is a large part of the loop but for a slide of one event.
  [[gnu::noinline]] static void finish(typename types::row_type& result, const ring& r, timestamp now) {
    typename types::window_cells all{};
    std::uint32_t i = r.next;
    for (std::size_t n = 0; n + 1 < Panes; ++n) {
      types::merge(all, r.behind[i].cells, Slide);
      i = i + 2 == Panes ? 0 : i + 1;
    }
    types::merge(all, r.open.cells, Slide);
    types::finish(result, all);
    result.start = Panes > 1 ? r.behind[r.next].opened : r.open.opened;
    result.end = now;
  }
  LEVADA_INLINE static void push(ring& r) {
    r.events = 0;
    if constexpr (Panes > 1) {
      r.behind[r.next] = r.open;
      r.next = r.next + 2 == Panes ? 0 : r.next + 1;
      r.full += r.full == Panes - 1 ? 0 : 1;
    }
  }
};

}  // namespace levada::inline v0::detail
