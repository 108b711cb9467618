// SPDX-License-Identifier: BSL-1.0
// time_window: windows of Panes * Slide of processing time; the operator behind window<sliding{10_s, 1_s}> and
// window<tumbling{10_s}>. The clock moves between spans, so an event needs no test of the time.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/state/slots.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0::detail {

template <fixed_string Name, std::size_t Panes, duration Slide, class In, class... Aggregations>
struct time_window {
  static constexpr std::string_view kind = "window";
  static constexpr std::string_view name = Name.view();
  using types = pane_types<In, Aggregations...>;
  using key_type = typename types::key_type;
  pack<Aggregations...> aggregations;

  struct pane {
    std::int64_t number = INT64_MAX;  // which slide since 1970 it holds; any but the wanted one is as good as empty
    std::uint64_t events = 0;
    typename types::pane_cells cells{};
  };
  struct entry : row_key<key_type> {
    bool active = false;  // is in the list
    std::array<pane, Panes> panes{};
  };
  struct clock {
    std::int64_t pane = INT64_MIN;  // the slide that is being filled
    std::uint32_t active = 0;       // length of the list
  };
  slots<entry> state{};
  slots<std::uint32_t> list{};  // slots with an event in the last Panes panes, in the order of their first one
  clock time{};

  template <class>
  using output = typename types::emitted;

  struct in_span {
    typename types::extractors values;
    typename slots<entry>::in_span entries;
    std::int64_t number;  // of the pane that is being filled,
    std::size_t place;    // and where it is in its ring
    time_window* whole;

    LEVADA_INLINE void operator()(const In& e, auto) {
      entry& own = entries[levada::slot_of(e)];
      pane& p = own.panes[place];
      const bool first = p.number != number;
      if (first) [[unlikely]] {
        p.number = number;
        p.events = 0;
        if constexpr (is_keyed<In>) own.key = e.key;
        if (!own.active) whole->activate(levada::slot_of(e));
      }
      ++p.events;
      types::add(p.cells, first, values, levada::payload(e));
    }
  };
  [[nodiscard]] in_span enter() { return {types::enter(aggregations), state.enter(), time.pane, place_of(time.pane), this}; }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    list.resize(s.slots);
    time = {levada::slot_of(out.now(), Slide), 0};
    out.raise(s);
  }
  void on(const tick& t, auto out) {
    const std::int64_t now = levada::slot_of(t.now, Slide);
    for (; time.pane < now && time.active > 0; ++time.pane) fire(out);
    time.pane = now;  // where nothing is active nothing can fire: a jump of years costs no more than one slide
    out.raise(t);
  }
  void on(const end_of_stream& s, auto out) {
    fire(out);
    time.active = 0;
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    if (state[r.slot].active) {
      std::uint32_t kept = 0;
      for (std::uint32_t i = 0; i < time.active; ++i)
        if (list[i] != r.slot) list[kept++] = list[i];
      time.active = kept;
      out.drop();
    }
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state, list, time); }
  [[nodiscard]] timestamp due() const { return time.active > 0 ? begin_of(time.pane + 1, Slide) : never; }

 private:
  static constexpr std::size_t place_of(std::int64_t number) {
    constexpr auto n = static_cast<std::int64_t>(Panes);
    const std::int64_t rest = number % n;
    return static_cast<std::size_t>(rest < 0 ? rest + n : rest);
  }
  LEVADA_COLD void activate(std::uint32_t slot) {
    state[slot].active = true;
    list[time.active++] = slot;
  }
  /// Emits the window that ends with the current pane, for every key with an event in it.
  void fire(auto out) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < time.active; ++i) {
      const std::uint32_t slot = list[i];
      entry& own = state[slot];
      typename types::window_cells all{};
      bool any = false;
      const std::int64_t end = time.pane + 1;
      for (std::int64_t number = end - static_cast<std::int64_t>(Panes); number < end; ++number)
        if (const pane& p = own.panes[place_of(number)]; p.number == number) {
          types::merge(all, p.cells, p.events);
          any = true;
        }
      if (!any) {
        own.active = false;
        continue;
      }
      list[kept++] = slot;
      typename types::row_type result;
      result.start = begin_of(end - static_cast<std::int64_t>(Panes), Slide);
      result.end = begin_of(end, Slide);
      if constexpr (is_keyed<In>) result.key = own.key;
      types::finish(result, all);
      if constexpr (is_keyed<In>)
        out(typename types::emitted{slot, result.key, result});
      else
        out(result);
    }
    time.active = kept;
  }
};

}  // namespace levada::inline v0::detail
