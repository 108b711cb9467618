// SPDX-License-Identifier: BSL-1.0
// event_window: windows of Panes * Slide of event time; the operator behind window<sliding{10_s, 1_s}>(at(&E::time), ...). Panes
// are the rows of a ring, each an array by slot and the list of slots that were touched, so that time fires no more keys than
// there are. The pane of the last event is at hand: as long as events fall into it none is looked up, and whether one is late
// costs no test.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/op/revision.hpp>
#include <levada/op/row.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

template <fixed_string Name, std::size_t Panes, duration Slide, class In, class Times, bool Early, class... Aggregations>
struct event_window {
  static constexpr std::string_view kind = "window";
  static constexpr std::string_view name = Name.view();
  using types = pane_types<In, Aggregations...>;
  using key_type = typename types::key_type;
  using row_type = typename types::row_type;
  static constexpr bool updates = Times::policy == late::update;
  static constexpr bool revises = updates || Early;
  using result_type = std::conditional_t<revises, revision<row_type>, row_type>;
  using aside_type = In;

  Times at;
  duration ahead;  // of the watermark
  early sooner;
  pack<Aggregations...> aggregations;

  struct no_events {};
  struct cell {
    std::uint64_t events = 0;
    [[no_unique_address]] std::conditional_t<Early, std::uint64_t, no_events> speaks{};  // at so many events
    [[no_unique_address]] typename types::pane_cells sums{};
  };
  struct pane_row {
    std::int64_t pane = 0;      // which slide since 1970 it holds
    std::uint32_t touched = 0;  // slots; none: the row is free
  };
  /// What a window has said of a key.
  struct said {
    std::int64_t window = INT64_MAX;
    std::uint64_t events = 0;
    std::uint32_t results = 0;
    row_type last{};
  };
  struct progress {
    timestamp watermark = long_ago;
    std::int64_t next = INT64_MIN;   // the first window that is not over, named by its last pane
    std::int64_t first = INT64_MIN;  // the first pane that still takes events
    timestamp speaks = long_ago;     // processing time of the next early results
  };
  /// The row that the last event went to.
  struct at_hand {
    std::uint64_t begin = 0, length = 0;  // in time; a length of 0: none
    std::size_t place = 0, cells = 0;     // of the row, and of its cells
  };
  slots<cell> state{};             // row by row
  slots<std::uint32_t> touched{};  // the same
  slots<pane_row> rows{};
  slots<row_key<key_type>> keys{};
  slots<said> told{};          // where results are revised: of each window that began in a row
  slots<std::uint64_t> met{};  // in which round a slot was met last
  progress time{};
  std::uint64_t round = 0;
  at_hand current{};

  template <class>
  using output = relayed_type<In, result_type>;

  struct in_span {
    typename types::extractors values;
    [[no_unique_address]] for_a_span<decltype(Times::time), const typename types::event_type&> time;
    cell* row;                    // of the pane at hand
    std::uint64_t begin, length;  // of it; a length of 0 while an image is taken: then no cell is reached but by []
    event_window* whole;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      cell* const own = cell_of(true, e, out);
      if (own == nullptr) return;
      cell& c = *own;
      const std::uint32_t slot = levada::slot_of(e);
      const bool first = c.events == 0;
      if (first) [[unlikely]]
        whole->touch(slot, key_of(e));
      ++c.events;
      types::add(c.sums, first, values, levada::payload(e));
      if constexpr (Early)
        if (c.events >= c.speaks) [[unlikely]]
          whole->speak(slot, out);
    }
    /// Where nothing but a number is kept a dead event adds 0, without a branch.
    LEVADA_INLINE void masked(bool live, const In& e, auto out)
      requires(std::is_empty_v<typename types::pane_cells> && !Early)
    {
      cell* const own = cell_of(live, e, out);
      if (own == nullptr) return;
      cell& c = *own;
      if (c.events == 0) [[unlikely]]
        if (live) whole->touch(levada::slot_of(e), key_of(e));
      c.events += live ? 1 : 0;
    }

   private:
    LEVADA_INLINE cell* cell_of(bool live, const In& e, auto out) {
      const timestamp t = levada::pick(time, levada::payload(e));
      if (static_cast<std::uint64_t>(t.ns) - begin < length) [[likely]]
        return row + levada::slot_of(e);
      if (!live) return nullptr;
      switch (whole->turn_to(t)) {
        case found::row:
          row = whole->row_in_span();
          begin = whole->current.begin;
          length = whole->length_in_span();
          return &whole->state[whole->current.cells + levada::slot_of(e)];
        case found::windows_over:
          if constexpr (updates) whole->update(t, e, out);
          return nullptr;
        case found::nothing:
          if constexpr (Times::policy == late::aside)
            out.aside(e);
          else
            out.drop();
          return nullptr;
      }
      return nullptr;
    }
  };
  [[nodiscard]] in_span enter() {
    return {types::enter(aggregations), at.time, row_in_span(), current.begin, length_in_span(), this};
  }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  LEVADA_INLINE void masked(bool live, const In& e, auto out)
    requires(std::is_empty_v<typename types::pane_cells> && !Early)
  {
    enter().masked(live, e, out);
  }

  void on(const start& s, auto out) {
    const auto more = [](duration d) { return static_cast<std::size_t>((d.ns + Slide.ns - 1) / Slide.ns); };
    rows.resize(Panes + more(ahead) + more(at.allowed));
    state.resize(rows.size() * s.slots);
    touched.resize(rows.size() * s.slots);
    keys.resize(s.slots);
    met.resize(s.slots);
    if (revises) told.resize(rows.size() * s.slots);
    out.raise(s);
  }
  void on(const watermark& w, auto out) {
    if (w.time > time.watermark) reach(w.time, out);
    out.raise(w);
  }
  void on(const end_of_stream& s, auto out) {
    fire(INT64_MAX, false, out);
    out.raise(s);
  }
  void on(const tick& t, auto out) {
    if constexpr (Early)
      if (sooner.every.ns != 0 && t.now >= time.speaks) {
        time.speaks = begin_of(levada::slot_of(t.now, sooner.every) + 1, sooner.every);
        fire(INT64_MAX, true, out);
      }
    out.raise(t);
  }
  void on(const retire& r, auto out) {
    if (const std::uint64_t lost = forget(r.slot); lost > 0) out.drop(lost);
    out.raise(r);
  }
  [[nodiscard]] timestamp due() const {
    if (Early && sooner.every.ns != 0)
      for (const pane_row& r : rows)
        if (r.touched > 0) return time.speaks;
    return never;
  }
  void persist(auto& archive) { archive(state, touched, rows, keys, told, time); }
  void restored() { current = {}; }

 private:
  static constexpr auto per_window = static_cast<std::int64_t>(Panes);
  static constexpr std::int64_t none = INT64_MAX;

  [[nodiscard]] std::size_t width() const { return keys.size(); }
  [[nodiscard]] cell* row_in_span() { return state.begin() + current.cells; }
  [[nodiscard]] std::uint64_t length_in_span() const { return state.is_being_kept() ? 0 : current.length; }
  [[nodiscard]] std::size_t place_of(std::int64_t number) const {
    const auto n = static_cast<std::int64_t>(rows.size());
    const std::int64_t rest = number % n;
    return static_cast<std::size_t>(rest < 0 ? rest + n : rest);
  }
  [[nodiscard]] const pane_row& row_at(std::size_t place) { return rows.enter().look(place); }
  [[nodiscard]] bool holds(std::int64_t pane) {
    const pane_row& r = row_at(place_of(pane));
    return r.touched > 0 && r.pane == pane;
  }

  enum class found : std::uint8_t { row, windows_over, nothing };
  /// Makes the pane of that time the one at hand, if it can.
  LEVADA_COLD found turn_to(timestamp t) {
    const std::int64_t pane = levada::slot_of(t, Slide);
    if (pane < time.first || !has_room(pane)) return found::nothing;
    if (updates && pane < time.next) return found::windows_over;
    current = row_of(pane);
    return found::row;
  }
  at_hand row_of(std::int64_t pane) {
    const std::size_t place = place_of(pane);
    rows[place].pane = pane;
    return {static_cast<std::uint64_t>(pane) * static_cast<std::uint64_t>(Slide.ns), static_cast<std::uint64_t>(Slide.ns), place,
            place * width()};
  }
  [[nodiscard]] bool has_room(std::int64_t pane) {
    const auto all = static_cast<std::int64_t>(rows.size());
    if (const pane_row& r = row_at(place_of(pane)); r.touched > 0) return r.pane == pane;
    if (time.first != INT64_MIN) return pane - time.first < all;
    // Before the first watermark nobody knows what is too far ahead: panes must be as near to each other as they would be later.
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (const pane_row& r = row_at(i); r.touched > 0)
        if ((r.pane < pane ? pane - r.pane : r.pane - pane) > all - per_window) return false;
    return true;
  }
  static constexpr row_key<key_type> key_of([[maybe_unused]] const In& e) {
    if constexpr (is_keyed<In>)
      return {e.key};
    else
      return {};
  }
  /// The first event of a key in the pane at hand.
  LEVADA_COLD void touch(std::uint32_t slot, row_key<key_type> key) {
    touched[current.cells + rows[current.place].touched++] = slot;
    keys[slot] = key;
    if constexpr (Early) state[current.cells + slot].speaks = sooner.events == 0 ? UINT64_MAX : sooner.events;
  }
  /// A late event: the windows that are over say anew what they hold.
  void update(timestamp t, const In& e, auto out) {
    const std::int64_t pane = levada::slot_of(t, Slide);
    const at_hand before = std::exchange(current, row_of(pane));
    const std::uint32_t slot = levada::slot_of(e);
    auto values = types::enter(aggregations);
    cell& c = state[current.cells + slot];
    const bool first = c.events == 0;
    if (first) touch(slot, key_of(e));
    ++c.events;
    types::add(c.sums, first, values, levada::payload(e));
    current = before;
    const std::int64_t end = pane + per_window < time.next ? pane + per_window : time.next;
    for (std::int64_t window = pane; window < end; ++window)
      if (window >= time.first + per_window - 1) say(window, slot, false, out);
  }
  /// As many events as were agreed: the open windows that hold the pane at hand say what they hold of the key.
  LEVADA_COLD void speak(std::uint32_t slot, auto out) {
    state[current.cells + slot].speaks += sooner.events;
    const std::int64_t pane = row_at(current.place).pane;
    for (std::int64_t window = pane; window < pane + per_window; ++window)
      if (window >= time.next) say(window, slot, true, out);
  }

  /// Event time has come so far.
  void reach(timestamp to, auto out) {
    time.watermark = to;
    if constexpr (!updates) to = earlier(to, at.allowed);
    const std::int64_t next = levada::slot_of(to, Slide);
    if (next <= time.next) return forget_rows(to);
    fire(next, false, out);
    time.next = next;
    forget_rows(to);
  }
  void forget_rows(timestamp to) {
    time.first = levada::slot_of(updates ? earlier(to, at.allowed) : to, Slide) - per_window + 1;
    for (std::size_t place = 0; place < rows.size(); ++place) {
      const pane_row r = row_at(place);
      if (r.touched == 0 || r.pane >= time.first) continue;
      for (std::size_t i = 0; i < r.touched; ++i) state[place * width() + std::as_const(touched)[place * width() + i]].events = 0;
      rows[place].touched = 0;
    }
    if (updates || row_at(current.place).pane < time.first) current = {};
  }
  /// The first window not before `from` that holds an event.
  [[nodiscard]] std::int64_t next_window(std::int64_t from) {
    std::int64_t next = none;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const pane_row& r = row_at(i);
      if (r.touched == 0 || r.pane + per_window <= from) continue;
      const std::int64_t begins = r.pane < from ? from : r.pane;
      if (begins < next) next = begins;
    }
    return next;
  }
  /// Emits what the windows before `end` hold that are not over yet, one after the other, and of each the keys in the order in
  /// which they were touched.
  void fire(std::int64_t end, bool is_early, auto out) {
    for (std::int64_t window = next_window(time.next); window < end; window = next_window(window + 1)) {
      ++round;
      for (std::int64_t pane = window - per_window + 1; pane <= window; ++pane) {
        if (!holds(pane)) continue;
        const std::size_t place = place_of(pane);
        for (std::size_t i = 0; i < row_at(place).touched; ++i) {
          const std::uint32_t slot = std::as_const(touched)[place * width() + i];
          if (Panes == 1 || std::exchange(met[slot], round) != round) say(window, slot, is_early, out);
        }
      }
    }
  }
  void say(std::int64_t window, std::uint32_t slot, bool is_early, auto out) {
    typename types::window_cells all{};
    std::uint64_t events = 0;
    std::size_t place = place_of(window - per_window + 1);
    for (std::int64_t pane = window - per_window + 1; pane <= window; ++pane) {
      if (const pane_row& r = row_at(place); r.pane == pane)
        if (const cell& c = state.enter().look(place * width() + slot); c.events > 0) {
          types::merge(all, c.sums, c.events);
          events += c.events;
        }
      place = place + 1 == rows.size() ? 0 : place + 1;
    }
    row_type result;
    result.start = begin_of(window - per_window + 1, Slide);
    result.end = begin_of(window + 1, Slide);
    if constexpr (is_keyed<In>) result.key = keys.enter().look(slot).key;
    types::finish(result, all);
    if constexpr (revises) {
      said& s = told[place_of(window) * width() + slot];
      if (s.window != window) s = {window, 0, 0, {}};
      if (is_early && s.events == events) return;  // nothing new
      const revision<row_type> r{result, s.last, s.results, is_early};
      s = {window, events, s.results + 1, result};
      emit(slot, r, out);
    } else {
      emit(slot, result, out);
    }
  }
  void emit(std::uint32_t slot, const result_type& r, auto out) {
    if constexpr (is_keyed<In>)
      out(keyed<key_type, result_type>{slot, keys.enter().look(slot).key, r});
    else
      out(r);
  }
  /// Gives how many events were in windows that were not over.
  std::uint64_t forget(std::uint32_t slot) {
    std::uint64_t lost = 0;
    for (std::size_t place = 0; place < rows.size(); ++place) {
      const std::size_t cell_at = place * width() + slot;
      if (revises && told.enter().look(cell_at).window != INT64_MAX) told[cell_at] = {};
      if (state.enter().look(cell_at).events == 0) continue;
      const pane_row r = row_at(place);
      if (r.pane + per_window > time.next) lost += state.enter().look(cell_at).events;
      state[cell_at].events = 0;
      std::uint32_t kept = 0;
      for (std::uint32_t i = 0; i < r.touched; ++i)
        if (const std::uint32_t other = std::as_const(touched)[place * width() + i]; other != slot)
          touched[place * width() + kept++] = other;
      rows[place].touched = kept;
    }
    return lost;
  }
};

}  // namespace levada::inline v0::detail
