// SPDX-License-Identifier: BSL-1.0
// latest_join: a stream beside a table that changes. The right stream is the table, a row a key; each event of the left one is
// emitted with the row of its key: the latest that came, or the one that was valid at the event's time.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/joining.hpp>
#include <levada/op/join.hpp>
#include <levada/op/key_by.hpp>
#include <levada/state/slots.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// How many rows of a key a table remembers, so that an event that is behind finds the one that was valid at its time.
struct versions {
  std::uint32_t count = 1;
};

namespace detail {

/// What a table has of a key: rows in the order of the times from which they are valid, no two of one time.
template <class Row, std::uint32_t Versions>
struct table_cell {
  std::uint32_t count = 0;
  std::array<Row, Versions> rows{};
};
/// Where the row that came last is valid, all are of one time: it takes the place of the one before.
struct any_time {
  constexpr timestamp operator()(const auto&) const { return {}; }
};

template <fixed_string Name, versions Versions, join_kind Kind, class LeftKey, class RightKey, class LeftAt, class RightAt,
          class Combine, class Inputs>
struct latest_join_operator {
  static constexpr std::string_view kind = "latest_join";
  static constexpr std::string_view name = Name.view();
  static constexpr bool assigns_slots = true;
  using left_type = typename two_streams<Inputs>::left;
  using right_type = typename two_streams<Inputs>::right;
  using key_type = picked_type<LeftKey, left_type>;
  using result_type = combined_type<Kind, Combine, left_type, right_type>;
  template <class>
  using output = keyed<key_type, result_type>;
  using aside_type = keyed<key_type, left_type>;
  using cell = table_cell<right_type, Versions.count>;

  pack<LeftKey, RightKey> key_of;
  pack<LeftAt, RightAt> times;
  [[no_unique_address]] Combine combine;
  aged_keys<key_type> known;
  slots<cell> state{};
  timestamp clock = long_ago;

  struct in_span {
    pack<for_a_span<LeftKey, const left_type&>, for_a_span<RightKey, const right_type&>> key_of;
    pack<for_a_span<decltype(LeftAt::time), const left_type&>, for_a_span<decltype(RightAt::time), const right_type&>> time_of;
    [[no_unique_address]] combine_for_a_span<Kind, Combine, left_type, right_type> combine;
    typename key_table<key_type>::in_span table;
    typename slots<cell>::in_span cells;
    std::uint32_t age;
    bool ages;

    template <std::size_t I, class E>
    LEVADA_INLINE void take(const E& arriving, auto out) {
      const auto& e = levada::payload(arriving);
      const key_type k = levada::pick(get<I>(key_of), e);
      if constexpr (I == 0) {
        const std::uint32_t slot = slot_for_left(k);
        const right_type* row = find(cells.look(slot), e);
        if constexpr (Kind == join_kind::inner) {
          if (row == nullptr) [[unlikely]]
            return out.aside(aside_type{slot, k, e});
        } else {
          if (slot == aged_keys<key_type>::none) [[unlikely]]
            return out.drop();
        }
        const auto& result = detail::combine_as<Kind>(combine, &e, row);
        out(keyed<key_type, result_type>{slot, k, result});
      } else {
        const std::uint32_t slot = ages ? table.intern(k, age) : table.intern(k);
        if (slot == aged_keys<key_type>::none || !write(cells[slot], e)) [[unlikely]]
          out.drop();
      }
    }

   private:
    /// Only rows bring keys, and events that are emitted without one; but events keep theirs young.
    LEVADA_INLINE std::uint32_t slot_for_left(const key_type& k) {
      if constexpr (Kind == join_kind::inner) {
        const std::uint32_t slot = table.find(k);
        return ages && slot != aged_keys<key_type>::none ? table.intern(k, age) : slot;
      } else {
        return ages ? table.intern(k, age) : table.intern(k);
      }
    }
    /// The last row that is valid from a time that is not after the event's.
    LEVADA_INLINE const right_type* find(const cell& c, const left_type& e) {
      const std::uint32_t after = place_of(c, levada::pick(get<0>(time_of), e));
      return after == 0 ? nullptr : &c.rows[after - 1];
    }
    /// False for a row that is older than all that are remembered, where there is no room for it.
    LEVADA_INLINE bool write(cell& c, const right_type& row) {
      const timestamp t = levada::pick(get<1>(time_of), row);
      const std::uint32_t at = place_of(c, t);
      if (at > 0 && levada::pick(get<1>(time_of), c.rows[at - 1]) == t) {
        c.rows[at - 1] = row;
      } else if (c.count < Versions.count) {
        for (std::uint32_t i = c.count++; i > at; --i) c.rows[i] = c.rows[i - 1];
        c.rows[at] = row;
      } else if (at > 0) {  // the oldest goes
        for (std::uint32_t i = 0; i + 1 < at; ++i) c.rows[i] = c.rows[i + 1];
        c.rows[at - 1] = row;
      } else {
        return false;
      }
      return true;
    }
    /// How many rows are valid from t or from before.
    LEVADA_INLINE std::uint32_t place_of(const cell& c, timestamp t) {
      std::uint32_t n = c.count;
      while (n > 0 && levada::pick(get<1>(time_of), c.rows[n - 1]) > t) --n;
      return n;
    }
  };
  [[nodiscard]] LEVADA_INLINE in_span enter() {
    return {{{get<0>(key_of)}, {get<1>(key_of)}},
            {{get<0>(times).time}, {get<1>(times).time}},
            combine,
            known.table.enter(),
            state.enter(),
            aged_keys<key_type>::age_of(clock),
            known.ages()};
  }

  template <std::size_t I, class E>
  LEVADA_INLINE void take(const E& e, auto out) {
    enter().template take<I>(e, out);
  }
  void on(const start&, auto out) {
    const std::uint32_t slots_below = known.start();
    state.resize(slots_below);
    clock = long_ago;
    out.raise(start{slots_below});
  }
  void on(const watermark& w, auto out) {
    if (w.time > clock) clock = w.time;
    out.raise(w);  // also one that is said again: the stream resumes
    known.retire(clock, [&](std::uint32_t slot) {
      state.reset(slot);
      out.raise(retire{slot});
    });
  }
  /// The slots of the streams above say nothing here.
  void on(const retire&, auto) {}

  void persist(auto& archive) { archive(known.table, state, clock); }
};

}  // namespace detail

/// Takes  events of two streams: the right one is a table. `on` says their keys; with versions{n}, `at` says from when on a row
/// is
///        valid, and at what time an event looks.
/// Emits  combine(left, row), or joined{left, row}, for each left event, at once: with the row of its key that came last; by
///        versions with the last one that is valid from a time not after the event's. With join_kind::left an event that finds no
///        row is emitted as well; it goes aside otherwise.
/// Holds  a row for each of `bound` keys, or n of them, from the start on. With `idle`, a key that had neither row nor event
/// while
///        the watermark went on for so long is forgotten, and retired below.
/// Fails  what finds no row and has no branch aside(...) is dropped and counted, and so is a row whose key finds no room, or that
/// is
///        older than the n that are remembered. No event is late here. What a row changes, it changes for events that come after
///        it: nothing waits for the watermark.
/// Costs  a lookup, and a look at the newer rows of the key.
template <fixed_string Name, versions Versions, join_kind Kind, class LeftKey, class RightKey, class LeftAt, class RightAt,
          class Combine>
struct latest_join_description {
  join_keys<LeftKey, RightKey> key_of;
  pack<LeftAt, RightAt> times;
  [[no_unique_address]] Combine combine;
  keys options;

  template <class In>
  static consteval bool fits() {
    constexpr bool kept = Kind != join_kind::outer;
    static_assert(kept, "latest_join: a table is looked at and not emitted: inner or left, not outer");
    constexpr bool some = !kept || Versions.count > 0;
    static_assert(some, "latest_join: a table remembers at least one row: versions{1}");
    if constexpr (kept && some) {
      if constexpr (detail::are_two<In>()) {
        using A = typename detail::two_streams<In>::left;
        using B = typename detail::two_streams<In>::right;
        if constexpr (detail::keys_meet<LeftKey, RightKey, A, B>())
          if constexpr (detail::tell_times<LeftAt, RightAt, A, B>()) {
            constexpr bool plain = LeftAt::policy == late::drop && RightAt::policy == late::drop;
            static_assert(plain,
                          "latest_join: nothing is late for a table: an event finds the row of its time; at(&order::time)");
            if constexpr (plain && detail::are_holdable<B, B>()) return detail::combines<Kind, Combine, A, B>();
          }
      }
    }
    return false;
  }
  template <class In>
  constexpr auto bind() && {
    return detail::latest_join_operator<Name, Versions, Kind, LeftKey, RightKey, LeftAt, RightAt, Combine, In>{
        std::move(key_of.of), std::move(times), std::move(combine), {options}};
  }
};

/// The row that came last.
template <fixed_string Name = "", join_kind Kind = join_kind::inner, class L, class R, class Combine>
  requires(!std::same_as<Combine, keys>)
constexpr auto latest_join(join_keys<L, R> on, Combine combine, keys options = {}) {
  using unversioned = time_of_event<detail::any_time, late::drop>;
  return link{latest_join_description<Name, versions{1}, Kind, L, R, unversioned, unversioned, Combine>{
      std::move(on), {}, std::move(combine), options}};
}
template <fixed_string Name = "", join_kind Kind = join_kind::inner, class L, class R>
constexpr auto latest_join(join_keys<L, R> on, keys options = {}) {
  return latest_join<Name, Kind>(std::move(on), detail::side_by_side{}, options);
}
/// The row of the time.
template <fixed_string Name, versions Versions, join_kind Kind = join_kind::inner, class L, class R, class LT, late LP, class RT,
          late RP, class Combine>
  requires(!std::same_as<Combine, keys>)
constexpr auto latest_join(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, Combine combine,
                           keys options = {}) {
  LEVADA_CHECK(left.allowed == duration{} && right.allowed == duration{}, left.allowed.ns);
  return link{latest_join_description<Name, Versions, Kind, L, R, time_of_event<LT, LP>, time_of_event<RT, RP>, Combine>{
      std::move(on), {{std::move(left)}, {std::move(right)}}, std::move(combine), options}};
}
template <fixed_string Name, versions Versions, join_kind Kind = join_kind::inner, class L, class R, class LT, late LP, class RT,
          late RP>
constexpr auto latest_join(join_keys<L, R> on, time_of_event<LT, LP> left, time_of_event<RT, RP> right, keys options = {}) {
  return latest_join<Name, Versions, Kind>(std::move(on), std::move(left), std::move(right), detail::side_by_side{}, options);
}

}  // namespace levada::inline v0
