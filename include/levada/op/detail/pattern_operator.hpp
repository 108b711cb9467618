// SPDX-License-Identifier: BSL-1.0
// pattern_operator: the automaton behind pattern(...). A partial match is a step to come and what was matched so far, so an event
// is one predicate: that of this step. Only where a step may repeat or let the next one have the event it is two.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/pattern_step.hpp>
#include <levada/op/match.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

template <matching Options, class Time, class In, class Match>
consteval auto aside_of_pattern() {
  if constexpr (Options.expired == timed_out::aside)
    return std::type_identity<relayed_type<In, Match>>{};
  else if constexpr (puts_late_aside<Time>)
    return std::type_identity<In>{};
  else
    return std::type_identity<void>{};
}

template <fixed_string Name, matching Options, class Time, class In, class Keep, class Absence, class... Steps>
struct pattern_operator
    : puts_aside<typename decltype(aside_of_pattern<Options, Time, In, match_of<In, Keep, Steps...>>())::type> {
  static constexpr std::string_view kind = "pattern";
  static constexpr std::string_view name = Name.view();
  using event_type = payload_type<In>;
  using match_type = match_of<In, Keep, Steps...>;
  template <class>
  using output = relayed_type<In, match_type>;

  static constexpr std::size_t steps = sizeof...(Steps);
  static constexpr bool awaits_absence = is_predicate<Absence>;
  static constexpr bool has_event_time = is_of_events<Time>;
  /// Must somebody hear that a time is over, when no event of the key tells it?
  static constexpr bool has_alarms = awaits_absence || Options.expired == timed_out::aside;
  template <std::size_t I>
  using step = element<I, pack<Steps...>>;

  struct partial {
    std::uint32_t step = 0;   // that takes events; the number of steps: all have, and an absence is waited for
    bool is_adjacent = true;  // the event before was taken; looked at where a step may repeat or be over
    match_type found{};
  };
  /// What most events look at lies before what is kept, and in one cache line.
  struct alignas(sizeof(partial) > 64 ? 64 : alignof(partial)) cell {
    std::uint32_t running = 0;  // the oldest first
    std::array<partial, Options.partials> partials{};
  };

  [[no_unique_address]] Time time;
  pack<Steps...> sequence;
  [[no_unique_address]] Absence absence;
  [[no_unique_address]] Keep kept;
  duration limit;                        // of the whole
  std::array<duration, steps + 1> gaps;  // before each step, and of the absence
  match_type none{};                     // what the first step's predicate sees
  slots<cell> state{};
  timers alarms{};  // of a key: the first time that will be over
  timestamp clock = long_ago;

  template <class Sequence>
  constexpr pattern_operator(Time t, Sequence s)
      : time(std::move(t)),
        sequence(concatenate(std::move(s.before), pack<decltype(s.last)>{{std::move(s.last)}})),
        absence(std::move(s.absence)),
        kept(std::move(s.kept)),
        limit(or_forever(s.limit)) {
    for_each_index<steps>([&](auto i) { gaps[i] = or_forever(get<i>(sequence).gap); });
    gaps[steps] = or_forever(s.absence_gap);
  }

  struct in_span {
    typename slots<cell>::in_span cells;
    pattern_operator* whole;

    LEVADA_INLINE void operator()(const In& e, auto out) { whole->take(e, cells[levada::slot_of(e)], out); }
  };
  [[nodiscard]] in_span enter() { return {state.enter(), this}; }
  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }

  void on(const start& s, auto out) {
    state.resize(s.slots);
    if constexpr (has_alarms) alarms.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    out.drop(state[r.slot].running);
    state.reset(r.slot);
    if constexpr (has_alarms) alarms.clear(r.slot);
    out.raise(r);
  }
  void on(const watermark& w, auto out)
    requires has_event_time
  {
    if (w.time <= clock) return;
    clock = w.time;
    ring(w.time, out);
    out.raise(w);
  }
  void on(const tick& t, auto out)
    requires(has_alarms && !has_event_time)
  {
    ring(t.now, out);
    out.raise(t);
  }
  [[nodiscard]] timestamp due() const
    requires(has_alarms && !has_event_time)
  {
    return alarms.due();
  }
  void persist(auto& archive) {
    if constexpr (has_alarms)
      archive(state, alarms, clock);
    else
      archive(state, clock);
  }

 private:
  /// What an event was to a partial match.
  enum class fate : std::uint8_t { passed, taken, completed, over };
  static constexpr duration or_forever(duration d) { return d.ns == 0 ? forever : d; }

  LEVADA_INLINE void take(const In& in, cell& c, auto out) {
    const event_type& e = levada::payload(in);
    const timestamp t = time_of(time.time, e, out);
    if constexpr (has_event_time)
      if (t < clock) [[unlikely]] {
        if constexpr (puts_late_aside<Time>)
          return out.aside(in);
        else
          return out.drop();
      }
    const std::uint32_t slot = levada::slot_of(in);
    bool is_taken = false, is_changed = false;
    if (c.running > 0) {
      if (deadline_of(c) <= t) [[unlikely]] {
        expire(slot, c, t, out);
        is_changed = true;
      }
      for (std::uint32_t i = 0; i < c.running;) {
        partial& p = c.partials[i];
        const fate f = see(p, e, t);
        is_changed |= f != fate::passed;
        is_taken |= f == fate::taken || f == fate::completed;
        if (f == fate::completed && !complete(slot, c, i, out)) {
          if constexpr (has_alarms) alarms.clear(slot);
          return;
        }
        if (f == fate::over || (f == fate::completed && !goes_on(p)))
          remove(c, i);
        else
          ++i;
      }
    }
    if (detail::fits(get<0>(sequence).predicate, e, none)) is_changed |= begin(slot, in, c, t, is_taken, out);
    if constexpr (has_alarms)
      if (is_changed) set_alarm(slot, c);
  }

  /// The event fits the first step. Is anything changed?
  LEVADA_INLINE bool begin(std::uint32_t slot, const In& in, cell& c, timestamp t, bool is_taken, auto out) {
    if (c.running == Options.partials) {
      if constexpr (Options.full == when_full::drop_newest) {
        if (!is_taken) out.drop();
        return false;
      } else {
        out.drop();
        remove(c, 0);
      }
    }
    const std::uint32_t i = c.running++;
    partial& p = c.partials[i];
    p = {};
    if constexpr (is_keyed<In>) p.found.key = in.key;
    p.found.start = t;
    if (take_step<0>(p, levada::payload(in), t) == fate::completed && complete(slot, c, i, out) && !goes_on(p)) remove(c, i);
    return true;
  }

  /// Emits a match. Does anything of the key go on?
  LEVADA_INLINE bool complete(std::uint32_t slot, cell& c, std::uint32_t i, auto out) {
    emit(slot, c.partials[i].found, out);
    if constexpr (Options.after_match == skip::past_last) c.running = 0;
    return Options.after_match != skip::past_last;
  }
  LEVADA_INLINE static bool goes_on(const partial& p) {
    using last = step<steps - 1>;
    return Options.after_match == skip::none && p.found.counts[steps - 1] < last::most;
  }
  LEVADA_INLINE static void emit(std::uint32_t slot, const match_type& m, auto out) {
    if constexpr (is_keyed<In>)
      out(output<In>{slot, m.key, m});
    else
      out(m);
  }
  LEVADA_INLINE static void remove(cell& c, std::uint32_t i) {
    --c.running;
    for (; i < c.running; ++i) c.partials[i] = c.partials[i + 1];
  }

  template <std::size_t S = 0>
  LEVADA_INLINE fate see(partial& p, const event_type& e, timestamp t) {
    if constexpr (S == steps) {
      if constexpr (awaits_absence)
        if (detail::fits(absence, e, p.found)) return fate::over;
      return fate::passed;
    } else {
      using own = step<S>;
      if (p.step != S) return see<S + 1>(p, e, t);
      if constexpr (own::least < own::most && S + 1 < steps)
        if (p.found.counts[S] >= own::least) return see_either<S>(p, e, t);
      if (detail::fits(get<S>(sequence).predicate, e, p.found)) return take_step<S>(p, e, t);
      if constexpr (own::is_strict) return fate::over;
      if constexpr (own::is_guarded)
        if (p.found.counts[S] == 0 && detail::fits(get<S>(sequence).guard, e, p.found)) return fate::over;
      return fate::passed;
    }
  }
  /// Step S has what it needs: the event may be one of the next step, or one more of this.
  template <std::size_t S>
  LEVADA_INLINE fate see_either(partial& p, const event_type& e, timestamp t) {
    using own = step<S>;
    using next = step<S + 1>;
    const auto may_be = [&](bool strict, duration gap) { return (!strict || p.is_adjacent) && t < end_after(p.found.end, gap); };
    if (may_be(next::is_strict, gaps[S + 1]) && detail::fits(get<S + 1>(sequence).predicate, e, p.found))
      return take_step<S + 1>(p, e, t);
    if (may_be(own::is_strict, gaps[S]) && detail::fits(get<S>(sequence).predicate, e, p.found)) return take_step<S>(p, e, t);
    if constexpr (own::is_strict && next::is_strict) return fate::over;
    if constexpr (next::is_guarded)
      if (detail::fits(get<S + 1>(sequence).guard, e, p.found)) return fate::over;
    p.is_adjacent = false;
    return fate::passed;
  }
  template <std::size_t S>
  LEVADA_INLINE fate take_step(partial& p, const event_type& e, timestamp t) {
    using own = step<S>;
    p.found.take(S, levada::pick(kept, e), t);
    p.is_adjacent = true;
    const std::uint32_t count = p.found.counts[S];
    if constexpr (S + 1 < steps) {
      p.step = count == own::most ? S + 1 : S;
    } else {
      p.step = awaits_absence && count >= own::least ? steps : S;
      if (!awaits_absence && count >= own::least) return fate::completed;
    }
    return fate::taken;
  }

  /// When the time of a partial match is over.
  LEVADA_INLINE timestamp deadline_of(const partial& p) const {
    duration gap = gaps[p.step];
    for_each_index<steps - 1>([&](auto i) LEVADA_INLINE_LAMBDA {
      using own = step<i>;
      if constexpr (own::least < own::most)
        if (p.step == i && p.found.counts[i] >= own::least && gaps[i + 1] > gap) gap = gaps[i + 1];
    });
    const timestamp whole = end_after(p.found.start, limit), next = end_after(p.found.end, gap);
    return whole < next ? whole : next;
  }
  LEVADA_INLINE timestamp deadline_of(const cell& c) const {
    timestamp first = deadline_of(c.partials[0]);
    for (std::uint32_t i = 1; i < c.running; ++i)
      if (const timestamp t = deadline_of(c.partials[i]); t < first) first = t;
    return first;
  }
  /// Ends the partial matches whose time is over at `now`, the earliest first.
  LEVADA_COLD void expire(std::uint32_t slot, cell& c, timestamp now, auto out) {
    while (c.running > 0) {
      const timestamp over = deadline_of(c);
      if (over > now) return;
      std::uint32_t i = 0;
      while (deadline_of(c.partials[i]) != over) ++i;
      partial& p = c.partials[i];
      if (awaits_absence && p.step == steps) {
        p.found.end = over;
        if (!complete(slot, c, i, out)) return;
      } else if constexpr (Options.expired == timed_out::aside) {
        if (p.step + 1 < steps || p.found.counts[steps - 1] < step<steps - 1>::least) set_aside(slot, p.found, out);
      }
      remove(c, i);
    }
  }
  static void set_aside(std::uint32_t slot, const match_type& m, auto out) {
    if constexpr (is_keyed<In>)
      out.aside(output<In>{slot, m.key, m});
    else
      out.aside(m);
  }
  void set_alarm(std::uint32_t slot, const cell& c) {
    const timestamp first = c.running > 0 ? deadline_of(c) : never;
    if (first != never)
      alarms.set(slot, first);
    else
      alarms.clear(slot);
  }
  /// In the order of their times, over all keys.
  void ring([[maybe_unused]] timestamp now, [[maybe_unused]] auto out) {
    if constexpr (has_alarms)
      for (timestamp first = alarms.due(); first <= now && first != never; first = alarms.due()) {
        const std::uint32_t slot = alarms.pop(first);
        cell& c = state[slot];
        expire(slot, c, first, out);
        set_alarm(slot, c);
      }
  }
};

}  // namespace levada::inline v0::detail
