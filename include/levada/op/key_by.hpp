// SPDX-License-Identifier: BSL-1.0
// key_by: gives every event the slot of its key. The key is looked up once, here; everything below indexes arrays.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/state/key_table.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// How many keys there may be at a time, and when one is forgotten.
struct keys {
  std::uint32_t bound = 1024;
  duration idle{};  ///< a key that was silent for so long (processing time) gives its slot back; zero: never
};

/// Keys that are numbers from 0 to bound - 1, such as the places of a rack: the number is the slot, and nothing is looked up.
/// None is ever forgotten.
struct dense_keys {
  std::uint32_t bound;
};

/// Takes  events E; the extractor (member pointer or callable) gives the key: a trivially copyable type without padding,
///        at most 64 bytes. State below is kept for each key.
/// Emits  the same events with their slots. Idle keys are retired between spans, with a signal that makes the operators
///        below forget them before the slot is used again.
/// Holds  a table of `bound` keys, from the start on; no allocation later.
/// Fails  an event whose key finds no room is dropped and counted.
/// Costs  2-3 ns while the table fits a cache.
template <fixed_string Name, class Value, class E>
struct key_by_operator {
  static constexpr std::string_view kind = "key_by";
  static constexpr std::string_view name = Name.view();
  static constexpr bool assigns_slots = true;
  static constexpr bool one_to_one = true;
  using key_type = picked_type<Value, E>;
  [[no_unique_address]] Value value;
  keys options{};
  key_table<key_type> state{};

  template <class>
  using output = keyed<key_type, E>;

  struct in_span {
    [[no_unique_address]] for_a_span<Value, const E&> value;
    typename key_table<key_type>::in_span table;
    bool ages;

    LEVADA_INLINE void operator()(const E& e, auto out) {
      const key_type k = levada::pick(value, e);
      const std::uint32_t slot = ages ? table.intern(k, age_of(out.now())) : table.intern(k);
      if (slot == key_table<key_type>::none) [[unlikely]]
        return out.drop();
      out(keyed<key_type, E>{slot, k, e});
    }
    /// A dead event finds its slot or the spare slot 0, and can add no key.
    LEVADA_INLINE void masked(bool live, const E& e, auto out) {
      const key_type k = levada::pick(value, e);
      std::uint32_t slot = table.find(k);
      if (live && (ages || slot == key_table<key_type>::none)) [[unlikely]] {
        slot = table.intern(k, age_of(out.now()));
        if (slot == key_table<key_type>::none) return out.drop();
      }
      out.maybe(live, keyed<key_type, E>{slot, k, e});
    }
  };
  [[nodiscard]] in_span enter() { return {value, state.enter(), options.idle.ns != 0}; }

  LEVADA_INLINE void operator()(const E& e, auto out) { enter()(e, out); }
  LEVADA_INLINE void masked(bool live, const E& e, auto out) { enter().masked(live, e, out); }

  void on(const start&, auto out) {
    state = key_table<key_type>(options.bound);
    out.raise(start{options.bound + 1});
  }
  /// First time moves on below, so that windows fire; then keys may go.
  void on(const tick& t, auto out) {
    out.raise(t);
    if (options.idle.ns == 0) return;
    const std::uint32_t now = age_of(t.now), idle = static_cast<std::uint32_t>(options.idle / granule) + 1;
    if (now > idle) state.retire(now - idle, scan, [&](std::uint32_t slot) { out.raise(retire{slot}); });
  }

 private:
  static constexpr duration granule{1'000'000'000};
  static constexpr std::uint32_t scan = 4096;  // buckets a tick: about 10 us

  /// Seconds, wrapped far beyond the life of a flow's time range; 0 before time is known.
  static std::uint32_t age_of(timestamp t) { return t.ns <= 0 ? 0 : static_cast<std::uint32_t>(t.ns / granule.ns); }
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

template <fixed_string Name, class Value, class Options>
struct key_by_description {
  [[no_unique_address]] Value value;
  Options options;

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
        return comparable;
      }
    }
  }
  template <class E>
  constexpr auto bind() && {
    if constexpr (std::is_same_v<Options, dense_keys>)
      return key_by_number_operator<Name, Value, E>{std::move(value), options};
    else
      return key_by_operator<Name, Value, E>{std::move(value), options};
  }
};

template <fixed_string Name = "", class Value>
constexpr auto key_by(Value value, keys options = {}) {
  return link{key_by_description<Name, Value, keys>{std::move(value), options}};
}
template <fixed_string Name = "", class Value, std::same_as<dense_keys> Dense>  // not deduced from {.bound = n}
constexpr auto key_by(Value value, Dense options) {
  return link{key_by_description<Name, Value, dense_keys>{std::move(value), options}};
}

}  // namespace levada::inline v0
