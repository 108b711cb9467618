// SPDX-License-Identifier: BSL-1.0
// dedup: lets an identity through once, and again when its time to live is over: for messages that are delivered twice.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/event_clock.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/op/detail/recent_keys.hpp>
#include <levada/op/key_by.hpp>
#include <levada/state/key_table.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// How long something is remembered.
struct ttl {
  duration time;
};

/// Takes  events E; the extractor (member pointer or callable) gives an identity. Time is that of processing, or what a second
///        extractor tells. Identities are those of the whole stream, also below key_by: make the key a part of one that is not.
/// Emits  an event if none of its identity was emitted within the time to live, before or (in event time) behind it. What was
/// emitted
///        so long before the newest time is forgotten, also for an event that is late.
/// Holds  `bound` identities with the time at which each was emitted. At the bound the one that came first is forgotten. Between
///        late events one that comes again may hold its old place too, until that is passed over.
/// Fails  never by itself. Identities that had to be forgotten before their time are counted: forgotten().
/// Costs  one probe; a new identity two more and a store.
template <fixed_string Name, class Value, class Time, class In>
struct dedup_operator {
  static constexpr std::string_view kind = "dedup";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  using key_type = picked_type<Value, In>;
  [[no_unique_address]] Value value;
  ttl life;
  std::uint32_t bound;
  [[no_unique_address]] Time time;
  detail::recent_keys<key_type> state{};
  timestamp clock = long_ago;  // the newest time
  std::uint64_t lost = 0;

  template <class>
  using output = In;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const key_type k = levada::pick(value, levada::payload(e));
    if (is_new(k, detail::time_of(time, e, out)))
      out(e);
    else
      out.reject();
  }
  void on(const start& s, auto out) {
    state.resize(bound);
    out.raise(s);
  }
  void persist(auto& archive) { archive(state, clock, lost); }

  /// Identities that had to be forgotten before their time.
  [[nodiscard]] std::uint64_t forgotten() const { return lost; }

 private:
  [[nodiscard]] bool is_within(timestamp a, timestamp b) const {
    return detail::apart(a, b) < static_cast<std::uint64_t>(life.time.ns);
  }
  bool is_new(const key_type& k, timestamp now) {
    clock = now > clock ? now : clock;
    while (state.size() > 0 && !is_within(state.time_at(state.oldest()), clock)) state.forget_oldest();
    const std::uint32_t place = state.find(k);
    if (place != state.none) {
      const timestamp then = state.time_at(place);
      if (is_within(then, now) && is_within(then, clock)) return false;
    }
    if (!is_within(now, clock)) return true;  // it is forgotten as soon as it has come
    if (state.is_full()) {
      state.forget_oldest();
      ++lost;
    }
    state.add(k, now);
    return true;
  }
};

template <fixed_string Name, class Value, class Time>
struct dedup_description {
  [[no_unique_address]] Value value;
  ttl life;
  std::uint32_t bound;
  [[no_unique_address]] Time time;

  template <class E>
  static consteval bool fits() {
    constexpr bool is_key = [] {
      if constexpr (picks_from<Value, E>)
        return key<picked_type<Value, E>>;
      else
        return false;
    }();
    static_assert(is_key,
                  "dedup: the identity must be a member of the event type that arrives here, or a function of it, that is "
                  "trivially copyable, without padding and at most 64 bytes: an integer, an enum or a text<N>");
    if constexpr (is_key) {
      constexpr bool tells = detail::tells_time<Time, E>();
      static_assert(tells,
                    "dedup: the time must be a levada::timestamp in the event type that arrives here, or a function "
                    "callable as timestamp(const Event&)");
      return tells;
    }
    return is_key;
  }
  template <class E>
  constexpr auto bind() && {
    return dedup_operator<Name, Value, Time, E>{std::move(value), life, bound, std::move(time)};
  }
};

/// dedup(&order::id, ttl{10_min}, {.bound = 100'000}, &order::time). Of `keys` only the bound counts.
template <fixed_string Name = "", class Value, class Time = processing_time>
constexpr auto dedup(Value value, ttl life, keys options = {}, Time time = {}) {
  LEVADA_CHECK(life.time.ns > 0, life.time.ns);
  LEVADA_CHECK(options.bound > 0 && options.bound < (1u << 28), options.bound);
  LEVADA_CHECK(options.idle.ns == 0, options.idle.ns);
  return link{dedup_description<Name, Value, Time>{std::move(value), life, options.bound, std::move(time)}};
}

}  // namespace levada::inline v0
