// SPDX-License-Identifier: BSL-1.0
// key_by: gives every event the slot of its key. The key is looked up once, here; everything below indexes arrays.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/state/key_table.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What becomes of a new key when there is no room.
enum class keys_full : std::uint8_t {
  refuse,         ///< its events are dropped and counted
  retire_idlest,  ///< the key that was silent for longest goes (to a second; of several that of the lowest slot)
  share           ///< it shares one slot with all others that found no room; its events are counted in `shared`
};

/// How many keys there may be at a time, and when one is forgotten.
struct keys {
  std::uint32_t bound = 1024;
  duration idle{};  ///< a key that was silent for so long, or a sixteenth longer, gives its slot back; zero: never
};

/// Keys that are numbers from 0 to bound - 1, such as the places of a rack: the number is the slot, and nothing is looked up.
/// None is ever forgotten.
struct dense_keys {
  std::uint32_t bound;
};

namespace detail {
/// Times in units of a key's age, a sixteenth of the time after which it is idle: then keys that are busy seldom grow older. The
/// division is done once for all times of a unit.
struct age_of_time {
  std::uint64_t begin = 0, length = 0;
  std::uint32_t age = 0;

  static duration unit_of(duration idle) {
    constexpr duration least{1'000'000'000};
    return idle / 16 < least ? least : idle / 16;
  }
  /// Wrapped far beyond the life of a flow's time range; 0 before time is known.
  static std::uint32_t of(timestamp t, duration unit) { return t.ns <= 0 ? 0 : static_cast<std::uint32_t>(t.ns / unit.ns); }
  [[nodiscard]] LEVADA_INLINE bool holds(timestamp t) const { return static_cast<std::uint64_t>(t.ns) - begin < length; }
  LEVADA_COLD static age_of_time around(timestamp t, duration unit) {
    const auto number = static_cast<std::uint64_t>(levada::slot_of(t, unit)), ns = static_cast<std::uint64_t>(unit.ns);
    return {number * ns, ns, of(t, unit)};
  }
};
}  // namespace detail

/// Takes  events E; the extractor (member pointer or callable) gives the key: a trivially copyable type without padding,
///        at most 64 bytes. State below is kept for each key. With at(&E::time) keys grow old by their events' time.
/// Emits  the same events with their slots. Idle keys are retired between spans, with a signal that makes the operators
///        below forget them before the slot is used again: in processing time; by event time, when the watermark is beyond the
///        key's newest event by `idle` (and what at() allows), after it has gone on, so that windows have fired.
/// Holds  a table of `bound` keys, from the start on; no allocation later.
/// Fails  an event whose key finds no room is dropped and counted, unless Full says otherwise: key_by<"customer",
/// keys_full::retire_idlest>(...). Costs  2-3 ns while the table fits a cache; keys_full::retire_idlest: for each new key that
/// finds no room a look at the table.
template <fixed_string Name, keys_full Full, class Value, class At, class E>
struct key_by_operator {
  static constexpr std::string_view kind = "key_by";
  static constexpr std::string_view name = Name.view();
  static constexpr bool assigns_slots = true;
  static constexpr bool one_to_one = true;
  static constexpr bool by_event_time = is_event_time<decltype(At::time)>;
  using key_type = picked_type<Value, E>;
  [[no_unique_address]] Value value;
  keys options{};
  [[no_unique_address]] At at;
  key_table<key_type> state{};
  std::uint64_t shared = 0;  ///< events whose key found no room
  detail::age_of_time known{};

  template <class>
  using output = keyed<key_type, E>;

  struct in_span {
    [[no_unique_address]] for_a_span<Value, const E&> value;
    typename key_table<key_type>::in_span table;
    key_by_operator* whole;
    bool ages;
    detail::age_of_time known;

    LEVADA_INLINE void operator()(const E& e, auto out) {
      const key_type k = levada::pick(value, e);
      std::uint32_t slot = ages ? table.intern(k, age_of(e, out)) : table.intern(k);
      if (slot == key_table<key_type>::none) [[unlikely]]
        if (!whole->makes_room(k, age_of(e, out), slot, out)) return out.drop();
      out(keyed<key_type, E>{slot, k, e});
    }
    /// Right below a source: where the table is larger than the cache, buckets are fetched some events ahead. A function is
    /// called once for each event, so this is for members.
    LEVADA_INLINE void batch(std::span<const E> events, auto out)
      requires std::is_member_object_pointer_v<Value>
    {
      constexpr std::size_t ahead = 24;  // 16 to 32 do as well
      const std::size_t last = table.is_large() && events.size() > ahead ? events.size() - ahead : 0;
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (i < last) table.prefetch(levada::pick(value, events[i + ahead]));
        (*this)(events[i], out);
      }
    }
    /// A dead event finds its slot or the spare slot 0, and can add no key.
    LEVADA_INLINE void masked(bool live, const E& e, auto out) {
      const key_type k = levada::pick(value, e);
      std::uint32_t slot = table.intern(live, k, ages ? age_of(e, out) : 0);
      if (slot == key_table<key_type>::none) [[unlikely]]
        if (live && !whole->makes_room(k, age_of(e, out), slot, out)) return out.drop();
      out.maybe(live, keyed<key_type, E>{slot, k, e});
    }

   private:
    LEVADA_INLINE std::uint32_t age_of(const E& e, auto out) {
      timestamp t = out.now();
      if constexpr (by_event_time) t = levada::pick(whole->at.time, e);
      if (!known.holds(t)) [[unlikely]]
        known = whole->known = detail::age_of_time::around(t, whole->unit());
      return known.age;
    }
  };
  [[nodiscard]] in_span enter() { return {value, state.enter(), this, ages(), known}; }

  LEVADA_INLINE void operator()(const E& e, auto out) { enter()(e, out); }
  LEVADA_INLINE void masked(bool live, const E& e, auto out) { enter().masked(live, e, out); }

  void on(const start&, auto out) {
    state = key_table<key_type>(options.bound);
    out.raise(start{options.bound + 1});
  }
  /// First time moves on below, so that windows fire; then keys may go.
  void on(const tick& t, auto out)
    requires(!by_event_time)
  {
    out.raise(t);
    // A unit more: a key that speaks just so often stays.
    if (options.idle.ns != 0) retire_before(detail::earlier(t.now, options.idle + unit()), out);
  }
  void on(const watermark& w, auto out)
    requires by_event_time
  {
    out.raise(w);
    if (options.idle.ns != 0) retire_before(detail::earlier(detail::earlier(w.time, options.idle), at.allowed), out);
  }
  void persist(auto& archive) { archive(state, shared); }

 private:
  static constexpr std::uint32_t scan = 4096;  // buckets a signal: about 10 us

  [[nodiscard]] bool ages() const { return options.idle.ns != 0 || Full == keys_full::retire_idlest; }
  [[nodiscard]] duration unit() const { return detail::age_of_time::unit_of(options.idle); }
  /// Of a key that was seen in a unit its last event may be from the end of it.
  void retire_before(timestamp t, auto out) {
    if (const std::uint32_t horizon = detail::age_of_time::of(t, unit()); horizon > 0)
      state.retire(horizon, scan, [&](std::uint32_t slot) { out.raise(retire{slot}); });
  }
  LEVADA_INLINE bool makes_room(detail::passed<key_type> k, std::uint32_t age, std::uint32_t& slot, auto out) {
    if constexpr (Full == keys_full::retire_idlest) {
      state.retire_idlest([&](std::uint32_t idlest) { out.raise(retire{idlest}); });
      slot = state.intern(k, age);
      return true;
    } else if constexpr (Full == keys_full::share) {
      ++shared;
      return true;
    }
    return false;
  }
};

/// Takes  events E; the extractor gives a number.
/// Emits  the same events; their slot is their number.
/// Holds  nothing.
/// Fails  an event whose number is not below the bound is dropped and counted.
/// Costs  a comparison.
template <fixed_string Name, class Value, class E>
struct key_by_number_operator {
  static constexpr std::string_view kind = "key_by";
  static constexpr std::string_view name = Name.view();
  static constexpr bool assigns_slots = true;
  static constexpr bool one_to_one = true;
  using key_type = picked_type<Value, E>;
  [[no_unique_address]] Value value;
  dense_keys options;

  template <class>
  using output = keyed<key_type, E>;

  struct in_span {
    [[no_unique_address]] for_a_span<Value, const E&> value;
    std::uint32_t bound;

    LEVADA_INLINE void operator()(const E& e, auto out) {
      const key_type k = levada::pick(value, e);
      const auto number = static_cast<std::uint64_t>(k);  // a negative one becomes large
      if (number >= bound) [[unlikely]]
        return out.drop();
      out(keyed<key_type, E>{static_cast<std::uint32_t>(number), k, e});
    }
    /// A dead event may come with any number; the slot `bound` is for those.
    LEVADA_INLINE void masked(bool live, const E& e, auto out) {
      const key_type k = levada::pick(value, e);
      auto number = static_cast<std::uint64_t>(k);
      if (number >= bound) [[unlikely]] {  // first: there is no branch on what cannot be foreseen
        if (live) return out.drop();
        number = bound;
      }
      out.maybe(live, keyed<key_type, E>{static_cast<std::uint32_t>(number), k, e});
    }
  };
  [[nodiscard]] in_span enter() { return {value, options.bound}; }

  LEVADA_INLINE void operator()(const E& e, auto out) { enter()(e, out); }
  LEVADA_INLINE void masked(bool live, const E& e, auto out) { enter().masked(live, e, out); }
  void on(const start&, auto out) { out.raise(start{options.bound + 1}); }
};

template <fixed_string Name, keys_full Full, class Value, class Options, class At = detail::at_processing>
struct key_by_description {
  [[no_unique_address]] Value value;
  Options options;
  [[no_unique_address]] At at{};

  template <class E>
  static consteval bool fits() {
    if constexpr (is_keyed<E>) {
      static_assert(!is_keyed<E>, "key_by: this stream has a key already; take the parts of both in one key");
      return false;
    } else {
      constexpr bool ok = picks_from<Value, E>;
      static_assert(
          ok,
          "key_by: the key must be a member of the event type that arrives here, or a function callable as Key(const Event&)");
      if constexpr (!ok) {
        return false;
      } else if constexpr (std::is_same_v<Options, dense_keys>) {
        constexpr bool number = std::is_integral_v<picked_type<Value, E>> || std::is_enum_v<picked_type<Value, E>>;
        static_assert(number, "key_by: dense_keys are numbers: an integer or an enum; other keys need a table: keys{.bound = n}");
        return number;
      } else {
        constexpr bool comparable = key<picked_type<Value, E>>;
        static_assert(
            comparable,
            "key_by: a key must be trivially copyable, without padding and at most 64 bytes: an integer, an enum or a text<N>");
        constexpr bool tells = !comparable || At::template tells<E>();
        static_assert(
            tells,
            "key_by: the time of at(...) must be a levada::timestamp in the event type that arrives here, or a function "
            "callable as timestamp(const Event&)");
        return comparable && tells;
      }
    }
  }
  template <class E>
  constexpr auto bind() && {
    if constexpr (std::is_same_v<Options, dense_keys>)
      return key_by_number_operator<Name, Value, E>{std::move(value), options};
    else
      return key_by_operator<Name, Full, Value, At, E>{std::move(value), options, std::move(at)};
  }
};

template <fixed_string Name = "", keys_full Full = keys_full::refuse, class Value>
constexpr auto key_by(Value value, keys options = {}) {
  return link{key_by_description<Name, Full, Value, keys>{std::move(value), options}};
}
/// Keys grow old in event time: key_by(&order::customer, {.bound = 10'000, .idle = 1_h}, at(&order::time)).
template <fixed_string Name = "", keys_full Full = keys_full::refuse, class Value, class Time, late Policy>
constexpr auto key_by(Value value, keys options, time_of_event<Time, Policy> at) {
  return link{key_by_description<Name, Full, Value, keys, time_of_event<Time, Policy>>{std::move(value), options, std::move(at)}};
}
template <fixed_string Name = "", class Value, std::same_as<dense_keys> Dense>  // not deduced from {.bound = n}
constexpr auto key_by(Value value, Dense options) {
  return link{key_by_description<Name, keys_full::refuse, Value, dense_keys>{std::move(value), options}};
}

}  // namespace levada::inline v0
