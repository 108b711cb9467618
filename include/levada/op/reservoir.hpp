// SPDX-License-Identifier: BSL-1.0
// reservoir: of each interval a few events that stand for all of it, each as likely as any other.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/hash.hpp>
#include <levada/core/time.hpp>
#include <levada/state/slots.hpp>
#include <levada/state/timers.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E; in processing time, or in the time that an extractor tells. Below key_by each key has reservoirs of its own.
/// Emits  of each interval (they are aligned to 1970) at most `size` events, in the order in which they came, when it is over: by
/// the
///        time of processing (a tick), or by a watermark or an event of the key behind it; and at the end of the stream.
/// Holds  `size` events and an alarm a key; a retired key's are dropped and counted.
/// Fails  never by itself. In event time an event of an interval that is over is dropped and counted.
/// Costs  a hash; the copy of an event while the reservoir fills, and less and less often then.
/// How    Vitter's algorithm R (ACM TOMS 11, 1985): the n-th event takes the place of one of those held with probability size /
/// n.
///        The dice are a hash of interval, slot and n, so that a replay draws the same.
template <fixed_string Name, class Time, class In>
struct reservoir_operator {
  static constexpr std::string_view kind = "reservoir";
  static constexpr std::string_view name = Name.view();
  std::uint32_t size;
  duration interval;
  [[no_unique_address]] Time time;
  struct interval_of_key {
    std::int64_t number = INT64_MIN;
    std::uint64_t seen = 0;
  };
  slots<interval_of_key> state{};
  slots<detail::kept_event<In>> kept{};  // `size` of them a slot
  timers ends{};
  timestamp clock = long_ago;

  template <class>
  using output = In;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const std::uint32_t slot = levada::slot_of(e);
    const std::int64_t number = levada::slot_of(detail::time_of(time, e, out), interval);
    if (number != state[slot].number && !begin(slot, number, out)) return out.drop();
    keep(slot, e);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    kept.resize(std::size_t{s.slots} * size);
    ends.resize(s.slots);
    out.raise(s);
  }
  void on(const tick& t, auto out)
    requires(!is_event_time<Time>)
  {
    fire(t.now, out);
    out.raise(t);
  }
  void on(const watermark& w, auto out)
    requires is_event_time<Time>
  {
    if (w.time > clock) fire(clock = w.time, out);
    out.raise(w);  // also one that is said again: the stream resumes
  }
  void on(const retire& r, auto out) {
    out.drop(held_by(r.slot));
    ends.clear(r.slot);
    state.reset(r.slot);
    out.raise(r);
  }
  void on(const end_of_stream& s, auto out) {
    fire(never, out);
    out.raise(s);
  }
  [[nodiscard]] timestamp due() const
    requires(!is_event_time<Time>)
  {
    return ends.due();
  }
  void persist(auto& archive) { archive(state, kept, ends, clock); }

 private:
  [[nodiscard]] std::uint32_t held_by(std::uint32_t slot) const {
    const std::uint64_t seen = state[slot].seen;
    return seen < size ? static_cast<std::uint32_t>(seen) : size;
  }
  /// False: the interval is over.
  LEVADA_COLD bool begin(std::uint32_t slot, std::int64_t number, auto out) {
    timestamp end = never;
    if (__builtin_mul_overflow(number + 1, interval.ns, &end.ns)) end = never;
    if (number < state[slot].number || end <= clock) return false;
    ends.clear(slot);
    empty(slot, out);
    state[slot].number = number;
    ends.set(slot, end);
    return true;
  }
  LEVADA_INLINE void keep(std::uint32_t slot, const In& e) {
    interval_of_key& own = state[slot];
    const std::size_t first = std::size_t{slot} * size;
    const std::uint64_t n = own.seen++;
    if (n < size) {
      kept[first + n] = detail::kept_event<In>::of(e);
      return;
    }
    // What differs from one event to the next comes first: a word is mixed once more by each that follows it.
    const std::uint64_t dice[] = {n, static_cast<std::uint64_t>(own.number), slot};
    const auto place = static_cast<std::uint64_t>(static_cast<detail::wide>(hash_of_bytes(dice, sizeof dice)) * (n + 1) >> 64);
    if (place >= size) return;
    for (std::size_t i = first + place; i + 1 < first + size; ++i) kept[i] = kept[i + 1];  // so that their order is kept
    kept[first + size - 1] = detail::kept_event<In>::of(e);
  }
  void empty(std::uint32_t slot, auto out) {
    const std::uint32_t count = held_by(slot);
    state[slot] = {};  // also its number: an event that is late for it is asked for its end by begin
    for (std::uint32_t i = 0; i < count; ++i) {
      const detail::kept_event<In> one = kept[std::size_t{slot} * size + i];
      out(one.around(slot, one.event));
    }
  }
  void fire(timestamp until, auto out) {
    for (std::uint32_t slot = 0; (slot = ends.pop(until)) != timers::none;) empty(slot, out);
  }
};

template <fixed_string Name, class Time>
struct reservoir_description {
  std::uint32_t size;
  duration interval;
  [[no_unique_address]] Time time;

  template <class E>
  static consteval bool fits() {
    constexpr bool ok = detail::tells_time<Time, E>();
    static_assert(ok,
                  "reservoir: the time must be a levada::timestamp in the event type that arrives here, or a function "
                  "callable as timestamp(const Event&)");
    return ok;
  }
  template <class E>
  constexpr auto bind() && {
    return reservoir_operator<Name, Time, E>{size, interval, std::move(time)};
  }
};

/// reservoir(100, 1_min), reservoir(100, 1_min, &reading::time).
template <fixed_string Name = "", class Time = processing_time>
constexpr auto reservoir(std::uint32_t size, duration interval, Time time = {}) {
  LEVADA_CHECK(size > 0, size);
  LEVADA_CHECK(interval.ns > 0, interval.ns);
  return link{reservoir_description<Name, Time>{size, interval, std::move(time)}};
}

}  // namespace levada::inline v0
