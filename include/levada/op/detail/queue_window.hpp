// SPDX-License-Identifier: BSL-1.0
// queue_window: windows of Panes * Slide events with many panes, among them those that slide with each event. The full panes of a
// key are a queue, and the queue knows what they make together: see two_stacks.hpp, daba.hpp and subtract.hpp.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/state/slots.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0::detail {

template <fixed_string Name, std::size_t Panes, std::size_t Slide, template <class> class Queue, class In, class... Aggregations>
struct queue_window {
  static constexpr std::string_view kind = "window";
  static constexpr std::string_view name = Name.view();
  static constexpr std::size_t places_a_key = std::bit_ceil(Panes);
  using types = pane_types<In, Aggregations...>;
  using cells = typename types::pane_cells;
  pack<Aggregations...> aggregations;

  struct monoid {
    using value = cells;
    LEVADA_INLINE static void append(cells& older, const cells& newer, std::uint64_t panes) {
      types::append(older, newer, panes * Slide);
    }
    LEVADA_INLINE static void retract(cells& from, const cells& oldest) { types::retract(from, oldest); }
  };
  struct pane {
    cells of{};
    timestamp opened{};
  };
  struct open_pane : pane {
    std::uint64_t events = 0;
  };
  struct no_pane {};  // where each event is one
  /// The window of one key; its full panes are in a ring of places of its own.
  struct window {
    Queue<monoid> full{};
    [[no_unique_address]] std::conditional_t<Slide == 1, no_pane, open_pane> open{};
  };
  slots<window> state{};
  slots<pane> places{};

  template <class>
  using output = typename types::emitted;

  /// The ring of a key, as the queue sees it: with an eye on the image that may be taken of it,
  struct kept_ring {
    typename slots<pane>::in_span places;
    std::size_t begin;

    [[nodiscard]] LEVADA_INLINE pane& at(std::uint32_t i) const { return places[begin + i % places_a_key]; }
    [[nodiscard]] LEVADA_INLINE cells& operator[](std::uint32_t i) const { return at(i).of; }
    [[nodiscard]] LEVADA_INLINE const cells& look(std::uint32_t i) const { return places.look(begin + i % places_a_key).of; }
  };
  /// or while there is none. A call that is never made would still keep the aggregates out of registers.
  struct plain_ring {
    pane* places;

    [[nodiscard]] LEVADA_INLINE pane& at(std::uint32_t i) const { return places[i % places_a_key]; }
    [[nodiscard]] LEVADA_INLINE cells& operator[](std::uint32_t i) const { return at(i).of; }
    [[nodiscard]] LEVADA_INLINE const cells& look(std::uint32_t i) const { return at(i).of; }
  };
  /// What comes of a full pane: a row, if the window is full.
  struct slid {
    bool is_full = false;
    typename types::row_type row{};
  };

  struct in_span {
    typename types::extractors values;
    typename slots<window>::in_span windows;
    typename slots<pane>::in_span places;
    pane* plain;  // or null while an image is being taken

    LEVADA_INLINE void operator()(const In& e, auto out) {
      const std::uint32_t slot = levada::slot_of(e);
      window& own = windows[slot];
      slid result;
      if constexpr (Slide == 1) {
        pane one{{}, out.now()};
        types::add(one.of, true, values, levada::payload(e));
        result = slide(own, slot, one);
      } else {
        const bool first = own.open.events == 0;
        if (first) [[unlikely]]
          own.open.opened = out.now();
        types::add(own.open.of, first, values, levada::payload(e));
        if (++own.open.events != Slide) [[likely]]
          return;
        own.open.events = 0;
        result = slide_rarely(own, slot, own.open);
      }
      if (!result.is_full) [[unlikely]]
        return;
      result.row.end = out.now();
      if constexpr (is_keyed<In>) result.row.key = e.key;
      out(levada::relay(e, result.row));
    }

   private:
    LEVADA_INLINE slid slide(window& own, std::uint32_t slot, const pane& newest) const {
      if (plain == nullptr) [[unlikely]]
        return push_kept(own, {places, slot * places_a_key}, newest);
      return push(own, plain_ring{plain + slot * places_a_key}, newest);
    }
    /// Called, and not inlined, where it is a large part of the loop but a small one of its time.
    [[gnu::noinline]] slid slide_rarely(window& own, std::uint32_t slot, const pane& newest) const {
      return slide(own, slot, newest);
    }
  };
  [[nodiscard]] in_span enter() {
    return {types::enter(aggregations), state.enter(), places.enter(), places.is_being_kept() ? nullptr : places.begin()};
  }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    places.resize(s.slots * places_a_key);
    out.raise(s);
  }
  /// What lies in the places of an empty queue nobody reads.
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state, places); }

 private:
  LEVADA_INLINE static slid push(window& own, auto panes, pane newest) {
    types::seal(newest.of);
    auto full = own.full;  // a local, that no place of the ring can alias
    if (full.size() == Panes) [[likely]]
      full.pop(panes);
    panes.at(full.oldest() + full.size()).opened = newest.opened;
    full.push(newest.of, panes);
    own.full = full;
    slid result;
    if (full.size() < Panes) [[unlikely]]
      return result;
    result.is_full = true;
    types::finish(result.row, full.all(panes), Panes * Slide);
    result.row.start = panes.at(full.oldest()).opened;
    return result;
  }
  LEVADA_COLD static slid push_kept(window& own, kept_ring panes, pane newest) { return push(own, panes, newest); }
};

}  // namespace levada::inline v0::detail
