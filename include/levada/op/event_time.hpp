// SPDX-License-Identifier: BSL-1.0
// event_time: says how far the time of events has come, by signals (watermarks) between them. What is below fires by it: windows,
// timers, joins, the ageing of keys.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// The watermark is the greatest time seen minus `lateness`, rounded down to `every`. It rises in front of the event that takes
/// it over the next multiple: where it stands depends on the events alone, and a replay says the same at the same places.
struct bounded {
  duration lateness{};
  duration every{100'000'000};
};
/// The watermark is the greatest time seen minus `lateness`, and rises every so often in processing time.
struct periodic {
  duration lateness{};
  duration every{200'000'000};
};
/// The watermark is what the events say: marker(event) returns a timestamp, or an optional one, that nothing later is older than.
template <class Marker>
struct punctuated {
  [[no_unique_address]] Marker marker;
};
template <class Marker>
punctuated(Marker) -> punctuated<Marker>;

/// What time does when all splits are idle.
enum class silence : std::uint8_t {
  waits,  ///< it stands still; what is below hears that the stream is idle
  flows   ///< it goes on at the pace of processing time, so that the last windows fire
};

struct event_time_options {
  std::uint32_t splits = 1;            ///< partitions or producers of the source, each with a time of its own
  duration idle{};                     ///< a split that was silent for so long (processing time) holds nobody up; zero: never
  silence when_idle = silence::waits;  ///< when all are
  duration ahead{};                    ///< times further ahead of processing time are not believed; zero: all are
};

namespace detail {

template <class Strategy>
inline constexpr bool is_punctuated = false;
template <class Marker>
inline constexpr bool is_punctuated<punctuated<Marker>> = true;
template <class Strategy>
concept watermark_strategy = std::same_as<Strategy, bounded> || std::same_as<Strategy, periodic> || is_punctuated<Strategy>;

template <class M>
concept maybe_timestamp = std::same_as<M, timestamp> || requires(const M& m) {
  static_cast<bool>(m);
  { *m } -> std::convertible_to<timestamp>;
};
template <class M>
LEVADA_INLINE timestamp timestamp_or_long_ago(const M& m) {
  if constexpr (std::same_as<M, timestamp>)
    return m;
  else
    return m ? timestamp(*m) : long_ago;
}

}  // namespace detail

/// Takes  events E; the extractor (member pointer or callable) gives their timestamp, the strategy says what follows from it.
/// Emits  the same events, and in front of them a watermark when time has risen: the least of all splits that are not idle. It
///        never runs backward: a split that comes back with older times is late. Watermarks from above end here.
/// Holds  a clock for each split. A silent split is idle from the second tick on that finds it so, if all sources were asked in
///        between: what waits to be read is not overtaken.
/// Fails  a time too far ahead: the event goes on with the latest time that is believed, and is counted in `clamped`; where the
///        time comes from a function it is dropped, and counted. Splits beyond the number in the options share the last clock.
/// Costs  a load and a compare; periodic: a store more; punctuated: the marker.
template <fixed_string Name, class Time, class Strategy, class In>
struct event_time_operator {
  static constexpr std::string_view kind = "event_time";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  using event_type = payload_type<In>;
  static constexpr bool corrects = std::is_member_object_pointer_v<Time> && std::is_trivially_copyable_v<event_type>;
  [[no_unique_address]] Time time;
  [[no_unique_address]] Strategy strategy;
  event_time_options options;

  struct split_clock {
    timestamp reached = long_ago;   // its watermark
    timestamp greatest = long_ago;  // time seen; only where the strategy is periodic
    timestamp asks = long_ago;      // what is before it changes nothing, and goes by
    timestamp heard = long_ago;     // processing time of the last event
    bool noticed = false;           // that it is silent, and how far the flow was then
    bool idle = false;
    std::uint64_t turn = 0, spans = 0;
  };
  struct progress {
    timestamp raised = long_ago;
    timestamp ticked = long_ago;
    timestamp latest = never;   // that is believed
    timestamp due = long_ago;   // where the strategy is periodic: when time rises next
    timestamp paused = never;   // since when all splits are idle; long_ago: the next tick tells
    timestamp from = long_ago;  // how far time was then
    std::uint64_t turns = 0;    // in each of which all sources were asked
    std::uint64_t spans = 0;    // that were heard of
  };
  slots<split_clock> state{};
  progress all{};
  std::uint64_t clamped = 0;
  alignas(event_type) std::byte room[corrects ? sizeof(event_type) : 1]{};  // for an event with another time

  template <class>
  using output = In;

  struct in_span {
    [[no_unique_address]] for_a_span<Time, const event_type&> time;
    timestamp asks;
    event_time_operator* whole;
    std::uint32_t clock = 0;

    LEVADA_INLINE void operator()(const In& e, auto out) {
      const event_type* passes = &levada::payload(e);
      if (!look(true, passes, out)) return;
      out(levada::relay(e, *passes));
    }
    LEVADA_INLINE void masked(bool live, const In& e, auto out) {
      const event_type* passes = &levada::payload(e);
      if (!look(live, passes, out)) return;
      out.maybe(live, levada::relay(e, *passes));
    }

   private:
    LEVADA_INLINE bool look(bool live, const event_type*& e, auto out) {
      const timestamp t = levada::pick(time, *e);
      timestamp mark = t;
      bool changes = live & (t >= asks);
      if constexpr (detail::is_punctuated<Strategy>)
        if (live) {
          mark = detail::timestamp_or_long_ago(whole->strategy.marker(*e));
          changes = mark >= asks || t > whole->all.latest;
        }
      if (changes) [[unlikely]] {
        clock = whole->clock_of(out.split());
        e = whole->ask(clock, *e, t, mark, out.now());
        whole->settle(out);
        asks = whole->state.enter().look(clock).asks;
        if (e == nullptr) out.drop();
        return e != nullptr;
      }
      if constexpr (std::same_as<Strategy, periodic>) {
        timestamp& greatest = whole->state[clock].greatest;
        greatest = (live & (t > greatest)) ? t : greatest;
      }
      return true;
    }
  };
  /// Of which split the span is it cannot know: where there are several, the first event asks.
  [[nodiscard]] in_span enter() { return {time, state.size() == 1 ? state.enter().look(0).asks : long_ago, this}; }

  LEVADA_INLINE void operator()(const In& e, auto out) { enter()(e, out); }
  LEVADA_INLINE void masked(bool live, const In& e, auto out) { enter().masked(live, e, out); }

  void on(const start& s, auto out) {
    state.resize(options.splits);
    out.raise(s);
  }
  void on(const tick& t, auto out) {
    out.raise(t);
    all.ticked = t.now;
    if (options.ahead.ns != 0) all.latest = detail::later(t.now, options.ahead);
    bool rises = false;
    if constexpr (std::same_as<Strategy, periodic>)
      if (rises = t.now >= all.due; rises) all.due = detail::later(detail::floor(t.now, strategy.every), strategy.every);
    for (std::uint32_t split = 0; split < state.size(); ++split) {
      split_clock& c = state[split];
      if (rises) rise(c, detail::earlier(c.greatest, lateness()));
      if (options.idle.ns != 0) watch(c, t.now);
      if (options.idle.ns != 0 || options.ahead.ns != 0) c.asks = long_ago;  // the next event is to be heard, or judged anew
    }
    settle(out);
  }
  void on(const flush& f, auto out) {
    ++all.turns;
    out.raise(f);
  }
  /// Said from above: the split pauses.
  void on(const idle&, auto out) {
    split_clock& c = state[clock_of(out.split())];
    c.idle = true;
    c.asks = long_ago;
    settle(out);
  }
  void on(const watermark&, auto) {}

  [[nodiscard]] timestamp due() const {
    if (all.paused != never && options.when_idle == silence::flows) return detail::later(all.ticked, grain());
    timestamp first = never;
    const auto by = [&first](timestamp t) { first = t < first ? t : first; };
    for (const split_clock& c : state) {
      if (c.idle) continue;
      if (std::same_as<Strategy, periodic> && c.reached < detail::earlier(c.greatest, lateness())) by(all.due);
      if (options.idle.ns != 0 && c.heard != long_ago)
        by(detail::later(c.heard, c.noticed ? options.idle + options.idle / 8 : options.idle));
    }
    return first;
  }
  void persist(auto& archive) { archive(state, all, clamped); }
  /// Between two lives no source was asked: nobody was silent, and time did not flow.
  void restored() {
    if (options.idle.ns != 0)
      for (std::uint32_t split = 0; split < state.size(); ++split) {
        state[split].heard = long_ago;
        state[split].noticed = state[split].idle = false;
      }
    if (all.paused == never) return;
    all.from = all.raised;
    all.paused = long_ago;
  }

 private:
  [[nodiscard]] std::uint32_t clock_of(std::uint32_t split) const { return split < options.splits ? split : options.splits - 1; }
  [[nodiscard]] duration lateness() const {
    if constexpr (detail::is_punctuated<Strategy>)
      return {};
    else
      return strategy.lateness;
  }
  [[nodiscard]] duration grain() const {
    if constexpr (detail::is_punctuated<Strategy>)
      return bounded{}.every;
    else
      return strategy.every;
  }
  /// What becomes of an event that may change the time of its split: it passes, or a copy with another time, or nothing.
  /// It knows no port: a frame that it had the way to could not stay in registers.
  LEVADA_COLD const event_type* ask(std::uint32_t clock, const event_type& e, timestamp t, timestamp mark, timestamp now) {
    split_clock& c = state[clock];
    c.heard = now;
    c.idle = c.noticed = false;
    ++all.spans;
    const event_type* passes = t > all.latest ? correct(e) : &e;
    if (passes != nullptr) see(c, mark < all.latest ? mark : all.latest);
    return passes;
  }
  const event_type* correct([[maybe_unused]] const event_type& e) {
    if constexpr (corrects) {
      ++clamped;
      auto* copy = ::new (static_cast<void*>(room)) event_type(e);
      copy->*time = all.latest;
      return copy;
    } else {
      return nullptr;
    }
  }
  void see(split_clock& c, timestamp t) {
    const timestamp beyond = detail::later(all.latest, duration{1});
    if constexpr (detail::is_punctuated<Strategy>) {
      rise(c, t);
      c.asks = detail::later(c.reached, duration{1});
    } else if constexpr (std::same_as<Strategy, periodic>) {
      if (c.greatest < t) c.greatest = t;
      c.asks = beyond;
    } else {
      rise(c, detail::floor(detail::earlier(t, strategy.lateness), strategy.every));
      c.asks = detail::later(detail::later(c.reached, strategy.every), strategy.lateness);
      if (beyond < c.asks) c.asks = beyond;
    }
  }
  static void rise(split_clock& c, timestamp to) {
    if (c.reached < to) c.reached = to;
  }
  /// A split is idle when it is still silent after the sources were asked for what they have: by the runner's turns, which
  /// are two if the first had begun, or by whoever pushes events and moves time by hand.
  void watch(split_clock& c, timestamp now) {
    if (c.heard == long_ago) c.heard = now;
    if (c.idle || now - c.heard < options.idle) return;
    if (!c.noticed) {
      c.noticed = true;
      c.turn = all.turns;
      c.spans = all.spans;
    } else {
      c.idle = all.turns == 0 || all.turns >= c.turn + 2 || all.spans == c.spans;
    }
  }
  struct news {
    bool risen = false;
    bool idle = false;
  };
  LEVADA_INLINE void settle(auto out) {
    const news n = level();
    if (n.risen) out.raise(watermark{all.raised});
    if (n.idle) out.raise(levada::idle{});
  }
  /// Time is the least of all splits that are not idle.
  LEVADA_COLD news level() {
    timestamp least = never, greatest = long_ago;
    bool any = false;
    for (std::uint32_t split = 0; split < state.size(); ++split) {
      const split_clock& c = state.enter().look(split);
      if (greatest < c.reached) greatest = c.reached;
      if (c.idle) continue;
      any = true;
      if (c.reached < least) least = c.reached;
    }
    if (any) {
      const bool was_paused = std::exchange(all.paused, never) != never;
      return {raise_to(least) || was_paused, false};  // whom it meets waits for it again
    }
    const bool begins = all.paused == never;
    if (begins) all.from = greatest < all.raised ? all.raised : greatest;
    if (begins || all.paused == long_ago) all.paused = all.ticked;
    if (options.when_idle == silence::flows && all.from != long_ago)
      greatest = detail::floor(detail::later(all.from, all.ticked - all.paused), grain());
    return {raise_to(greatest), begins && options.when_idle == silence::waits};
  }
  bool raise_to(timestamp to) {
    if (to <= all.raised) return false;
    all.raised = to;
    return true;
  }
};

template <fixed_string Name, class Time, class Strategy>
struct event_time_description {
  [[no_unique_address]] Time time;
  [[no_unique_address]] Strategy strategy;
  event_time_options options;

  template <class E>
  static consteval bool fits() {
    constexpr bool times = gives_time<E>();
    static_assert(
        times,
        "event_time: the time must be a levada::timestamp in the event type that arrives here, or a function callable as "
        "timestamp(const Event&)");
    constexpr bool marks = !times || gives_marks<E>();
    static_assert(marks,
                  "event_time: the marker of punctuated must be callable as timestamp(const Event&) with the event type that "
                  "arrives here, or return an optional one");
    return times && marks;
  }
  template <class E>
  constexpr auto bind() && {
    return event_time_operator<Name, Time, Strategy, E>{std::move(time), std::move(strategy), options};
  }

 private:
  template <class E>
  static consteval bool gives_time() {
    if constexpr (picks_from<Time, E>)
      return std::same_as<picked_type<Time, E>, timestamp>;
    else
      return false;
  }
  template <class E>
  static consteval bool gives_marks() {
    if constexpr (!detail::is_punctuated<Strategy>)
      return true;
    else if constexpr (requires(Strategy& s, const payload_type<E>& e) { s.marker(e); })
      return detail::maybe_timestamp<
          std::remove_cvref_t<decltype(std::declval<Strategy&>().marker(std::declval<const payload_type<E>&>()))>>;
    else
      return false;
  }
};

/// event_time(&reading::time, bounded{200_ms}); event_time<"clock">(&reading::time, periodic{1_s}, {.splits = 8, .idle = 5_s}).
template <fixed_string Name = "", class Time, detail::watermark_strategy Strategy>
constexpr auto event_time(Time time, Strategy strategy, event_time_options options = {}) {
  LEVADA_CHECK(options.splits > 0, options.splits);
  LEVADA_CHECK(options.idle.ns >= 0 && options.ahead.ns >= 0, options.idle.ns);
  if constexpr (!detail::is_punctuated<Strategy>)
    LEVADA_CHECK(strategy.lateness.ns >= 0 && strategy.every.ns > 0, strategy.lateness.ns);
  return link{event_time_description<Name, Time, Strategy>{std::move(time), std::move(strategy), options}};
}

}  // namespace levada::inline v0
