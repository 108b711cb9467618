// SPDX-License-Identifier: BSL-1.0
// pair_join: all pairs of a key whose times meet a rule; the operator behind interval_join and window_join. For either rule the
// times of an event's partners are an interval, which says all: whom it meets, and when nobody can come any more.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/join_side.hpp>
#include <levada/op/detail/joining.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

/// The times at which an event's partners may be, both ends among them.
struct partner_times {
  timestamp first{};
  timestamp last{};

  [[nodiscard]] LEVADA_INLINE constexpr bool hold(timestamp t) const { return first <= t && t <= last; }
};

/// Is an event of input I that met nobody emitted in the end? Then its slot is remembered, and whether it has met somebody.
template <join_kind Kind, std::size_t I>
inline constexpr bool stays_alone = Kind == join_kind::outer || (Kind == join_kind::left && I == 0);
struct fate {
  std::uint32_t slot = 0;
  bool met = false;  // or emitted
};
struct no_fate {};
template <join_kind Kind, std::size_t I, class E>
using side_of = join_side<E, std::conditional_t<stays_alone<Kind, I>, fate, no_fate>>;

/// A rule says the times of an event's partners, which events are late, how far below the watermark the events of a result may
/// lie, and between which watermarks partners run out.
template <fixed_string Name, class Rule, join_kind Kind, class LeftKey, class RightKey, class LeftAt, class RightAt,
          class Combine, class Inputs>
struct pair_join {
  static constexpr std::string_view kind = Rule::kind;
  static constexpr std::string_view name = Name.view();
  static constexpr bool assigns_slots = true;
  using left_type = typename two_streams<Inputs>::left;
  using right_type = typename two_streams<Inputs>::right;
  using key_type = picked_type<LeftKey, left_type>;
  using result_type = combined_type<Kind, Combine, left_type, right_type>;
  template <class>
  using output = keyed<key_type, result_type>;
  using aside_type = keyed<key_type, unjoined<left_type, right_type>>;

  template <std::size_t I>
  using event_of = std::conditional_t<I == 0, left_type, right_type>;
  using left_side = side_of<Kind, 0, left_type>;
  using right_side = side_of<Kind, 1, right_type>;

  pack<LeftKey, RightKey> key_of;
  pack<LeftAt, RightAt> times;
  [[no_unique_address]] Combine combine;
  [[no_unique_address]] Rule rule;
  aged_keys<key_type> known;
  buffers room;

  struct cell {
    std::uint64_t newest[2]{};  // of each side, by number
  };
  slots<cell> state{};
  pack<left_side, right_side> sides{};
  timestamp clock = long_ago;

  struct in_span {
    pack<for_a_span<LeftKey, const left_type&>, for_a_span<RightKey, const right_type&>> key_of;
    pack<for_a_span<decltype(LeftAt::time), const left_type&>, for_a_span<decltype(RightAt::time), const right_type&>> time_of;
    [[no_unique_address]] combine_for_a_span<Kind, Combine, left_type, right_type> combine;
    [[no_unique_address]] Rule rule;
    typename key_table<key_type>::in_span table;
    typename slots<cell>::in_span cells;
    pack<typename left_side::in_span, typename right_side::in_span> sides;
    timestamp clock;
    bool ages;
    pair_join* whole;

    template <std::size_t I, class E>
    LEVADA_INLINE void take(const E& arriving, auto out) {
      const auto& e = levada::payload(arriving);
      const timestamp t = levada::pick(get<I>(time_of), e);
      const partner_times wanted = rule.template partners<I>(t);
      const key_type k = levada::pick(get<I>(key_of), e);
      if (rule.is_late(t, wanted, clock)) [[unlikely]]
        return whole->template refuse<I>(e, k, out);
      const std::uint32_t slot = ages ? table.intern(k, aged_keys<key_type>::age_of(t)) : table.intern(k);
      if (slot == aged_keys<key_type>::none) [[unlikely]]
        return out.drop();
      cell& own = cells[slot];
      const bool met = meet<I>(own.newest[1 - I], wanted, slot, k, e, out);
      hold<I>(own, slot, met, e, out);
    }

   private:
    /// Emits e with each of its partners, the newest first.
    template <std::size_t I, class E>
    LEVADA_INLINE bool meet(std::uint64_t newest, const partner_times& wanted, std::uint32_t slot, const key_type& k, const E& e,
                            auto out) {
      auto& others = get<1 - I>(sides);
      const std::uint64_t first = others.held->first;
      bool met = false;
      for (std::uint64_t number = newest; number >= first;) {
        const auto& other = others.look(number);
        if (wanted.hold(levada::pick(get<1 - I>(time_of), other.event))) {
          met = true;
          if constexpr (stays_alone<Kind, 1 - I>) others[number].mark.met = true;
          const auto& result = pair_join::combined<I>(combine, &e, &other.event);
          out(keyed<key_type, result_type>{slot, k, result});
        }
        number = other.before;
      }
      return met;
    }
    template <std::size_t I, class E>
    LEVADA_INLINE void hold(cell& own, std::uint32_t slot, bool met, const E& e, auto out) {
      auto& mine = get<I>(sides);
      auto& held = *mine.held;
      if (held.end - held.first == whole->template bound<I>()) [[unlikely]] {
        out.drop();
        if (whole->room.full == when_full::drop_newest) return;
        ++held.first;
      }
      auto& place = mine[held.end];
      place.event = e;
      place.before = own.newest[I];
      if constexpr (stays_alone<Kind, I>) place.mark = {slot, met};
      own.newest[I] = held.end++;
    }
  };
  [[nodiscard]] LEVADA_INLINE in_span enter() {
    return {{{get<0>(key_of)}, {get<1>(key_of)}},
            {{get<0>(times).time}, {get<1>(times).time}},
            combine,
            rule,
            known.table.enter(),
            state.enter(),
            {{get<0>(sides).enter()}, {get<1>(sides).enter()}},
            clock,
            known.ages(),
            this};
  }

  template <std::size_t I, class E>
  LEVADA_INLINE void take(const E& e, auto out) {
    enter().template take<I>(e, out);
  }
  void on(const start&, auto out) {
    const std::uint32_t slots_below = known.start();
    state.resize(slots_below);
    get<0>(sides).start(room.left);
    get<1>(sides).start(room.right);
    clock = long_ago;
    out.raise(start{slots_below});
  }
  void on(const watermark& w, auto out) {
    if (w.time > clock) {
      const timestamp before = std::exchange(clock, w.time);
      if (rule.run_out(before, clock))
        for_each_index<2>([&](auto i) {
          if constexpr (stays_alone<Kind, i>)
            this->emit_alone<i>([&](timestamp t) { return rule.template partners<i>(t).last < clock; }, out);
        });
      for_each_index<2>([&](auto i) { this->forget<i>(); });
    }
    out.raise(watermark{rule.held_back(clock)});  // also when it is said again: the stream resumes
    known.retire(clock, [&](std::uint32_t slot) {
      state.reset(slot);
      out.raise(retire{slot});
    });
  }
  void on(const end_of_stream& s, auto out) {
    for_each_index<2>([&](auto i) {
      if constexpr (stays_alone<Kind, i>) this->emit_alone<i>([](timestamp) { return true; }, out);
    });
    out.raise(s);
  }
  /// The slots of the streams above say nothing here.
  void on(const retire&, auto) {}

  void persist(auto& archive) {
    archive(known.table, state, get<0>(sides).nodes, get<0>(sides).held, get<1>(sides).nodes, get<1>(sides).held, clock);
  }

 private:
  template <std::size_t I>
  [[nodiscard]] LEVADA_INLINE std::uint32_t bound() const {
    return I == 0 ? room.left : room.right;
  }
  /// The result of an event of input I and one of the other.
  template <std::size_t I, class F>
  LEVADA_INLINE static decltype(auto) combined(F& combine, const event_of<I>* e, const event_of<1 - I>* other) {
    if constexpr (I == 0)
      return detail::combine_as<Kind>(combine, e, other);
    else
      return detail::combine_as<Kind>(combine, other, e);
  }
  template <std::size_t I, class E>
  LEVADA_COLD void refuse(const E& e, const key_type& k, auto out) {
    if constexpr (element<I, pack<LeftAt, RightAt>>::policy == late::aside) {
      const auto one = detail::alone<I, left_type, right_type>(e);
      out.aside(aside_type{known.table.find(k), k, one});
    } else {
      out.drop();
    }
  }
  /// Events at the old end that nobody can meet any more.
  template <std::size_t I>
  void forget() {
    const auto now = get<I>(sides).enter();
    auto& held = *now.held;
    while (held.first < held.end &&
           rule.template partners<I>(levada::pick(get<I>(times).time, now.look(held.first).event)).last < clock)
      ++held.first;
  }
  /// Those that met nobody, of whom is_over(time) says that nobody will come.
  template <std::size_t I>
  void emit_alone(auto is_over, auto out) {
    const auto now = get<I>(sides).enter();
    for (std::uint64_t number = now.held->first; number < now.held->end; ++number) {
      const auto& one = now.look(number);
      if (one.mark.met || !is_over(levada::pick(get<I>(times).time, one.event))) continue;
      now[number].mark.met = true;
      const key_type k = levada::pick(get<I>(key_of), one.event);
      const auto& result = combined<I>(combine, &one.event, static_cast<const event_of<1 - I>*>(nullptr));
      out(keyed<key_type, result_type>{one.mark.slot, k, result});
    }
  }
};

}  // namespace levada::inline v0::detail
