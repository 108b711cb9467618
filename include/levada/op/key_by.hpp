// SPDX-License-Identifier: BSL-1.0
// key_by: gives every event the slot of its key. The key is looked up once, here; everything below indexes arrays.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/state/key_table.hpp>

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

/// Takes  events E; the extractor (member pointer or callable) gives the key: a trivially copyable type without padding,
///        at most 64 bytes. State below is kept for each key.
/// Emits  the same events with their slots. Idle keys are retired between spans, with a signal that makes the operators
///        below forget them before the slot is used again.
/// Holds  a table of `bound` keys, from the start on; no allocation later.
/// Fails  an event whose key finds no room is dropped and counted.
/// Costs  2-3 ns while the table fits a cache.
template <fixed_string Name, class Value, class Key>
struct key_by_operator {
  static constexpr std::string_view kind = "key_by";
  static constexpr std::string_view name = Name.view();
  static constexpr bool assigns_slots = true;
  [[no_unique_address]] Value value;
  keys options{};
  key_table<Key> state{};

  template <class E>
  using output = keyed<Key, E>;

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const Key k = levada::pick(value, e);
    const std::uint32_t slot = state.intern(k, age(out.now()));
    if (slot == state.none) [[unlikely]]
      return out.drop();
    out(keyed<Key, E>{slot, k, e});
  }
  /// A dead event finds its slot or the spare slot 0, and can add no key.
  template <class E>
  LEVADA_INLINE void masked(bool live, const E& e, auto out) {
    const Key k = levada::pick(value, e);
    std::uint32_t slot = state.find(k);
    if (slot == state.none && live) [[unlikely]] {
      slot = state.intern(k, age(out.now()));
      if (slot == state.none) return out.drop();
    } else if (options.idle.ns != 0 && live) {
      state.intern(k, age(out.now()));
    }
    out.maybe(live, keyed<Key, E>{slot, k, e});
  }

  void on(const start&, auto out) {
    state = key_table<Key>(options.bound);
    out.raise(start{options.bound + 1});
  }
  /// First time moves on below, so that windows fire; then keys may go.
  void on(const tick& t, auto out) {
    out.raise(t);
    if (options.idle.ns == 0) return;
    const std::uint32_t now = age(t.now), idle = static_cast<std::uint32_t>(options.idle / granule) + 1;
    if (now > idle) state.retire(now - idle, scan, [&](std::uint32_t slot) { out.raise(retire{slot}); });
  }

 private:
  static constexpr duration granule{1'000'000'000};
  static constexpr std::uint32_t scan = 4096;  // buckets a tick: about 10 us

  /// Seconds, wrapped far beyond the life of a flow's time range; 0 before time is known.
  static std::uint32_t age(timestamp t) { return t.ns <= 0 ? 0 : static_cast<std::uint32_t>(t.ns / granule.ns); }
};

template <fixed_string Name, class Value>
struct key_by_description {
  [[no_unique_address]] Value value;
  keys options{};

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
      if constexpr (ok) {
        constexpr bool comparable = key<picked_type<Value, E>>;
        static_assert(
            comparable,
            "key_by: a key must be trivially copyable, without padding and at most 64 bytes: an integer, an enum or a text<N>");
        return comparable;
      }
      return ok;
    }
  }
  template <class E>
  constexpr auto bind() && {
    return key_by_operator<Name, Value, picked_type<Value, E>>{std::move(value), options};
  }
};

template <fixed_string Name = "", class Value>
constexpr auto key_by(Value value, keys options = {}) {
  return link{key_by_description<Name, Value>{std::move(value), options}};
}

}  // namespace levada::inline v0
