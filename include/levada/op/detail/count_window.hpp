// SPDX-License-Identifier: BSL-1.0
// count_window: windows of Panes * Slide events; the operator behind window<sliding{n, m}> and window<tumbling{n}>.
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
    typename types::cells cells{};
    timestamp opened{};
  };
  /// The window of one key: a ring of panes, `current` being filled.
  struct ring {
    std::uint32_t events = 0;  // in the current pane
    std::uint32_t current = 0;
    std::uint32_t full = 0;  // full panes behind the current one, at most Panes - 1
    std::array<pane, Panes> panes{};
  };
  slots<ring> state{};

  template <class>
  using output = typename types::emitted;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    ring& r = state[levada::slot_of(e)];
    pane& p = r.panes[r.current];
    if (r.events == 0) [[unlikely]]
      p.opened = out.now();
    types::add(p.cells, aggregations, levada::payload(e));
    if (++r.events == Slide) [[unlikely]]
      close(r, e, out);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }

 private:
  /// Not cold: with a slide of one event it is the path.
  void close(ring& r, const In& e, auto out) {
    const std::uint32_t oldest = r.current + 1 == Panes ? 0 : r.current + 1;
    if (r.full == Panes - 1) {
      typename types::row_type result;
      result.start = r.panes[oldest].opened;
      result.end = out.now();
      if constexpr (is_keyed<In>) result.key = e.key;
      typename types::cells all = r.panes[oldest].cells;
      for (std::uint32_t i = oldest; i != r.current;) {
        i = i + 1 == Panes ? 0 : i + 1;
        types::merge(all, r.panes[i].cells);
      }
      types::finish(result, all);
      advance(r, oldest);
      out(levada::relay(e, result));
    } else {
      ++r.full;
      advance(r, oldest);
    }
  }
  static void advance(ring& r, std::uint32_t next) {
    r.current = next;
    r.events = 0;
    r.panes[next] = {};
  }
};

}  // namespace levada::inline v0::detail
