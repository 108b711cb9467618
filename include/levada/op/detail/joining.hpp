// SPDX-License-Identifier: BSL-1.0
// joining: what joins ask of their two streams, each question with its sentence; how two events are combined; and the keys that a
// join looks up itself.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/join.hpp>
#include <levada/op/key_by.hpp>
#include <levada/state/key_table.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

/// The event types of both streams, without the keys that they may come with: a join has keys of its own.
template <class In>
struct two_streams {
  static constexpr bool are = false;
};
template <class A, class B>
struct two_streams<inputs<A, B>> {
  static constexpr bool are = true;
  using left = payload_type<A>;
  using right = payload_type<B>;
};
template <class In>
consteval bool are_two() {
  static_assert(two_streams<In>::are, "join: it takes two streams: connect(left, right) | interval_join(...), or another join");
  return two_streams<In>::are;
}

template <class LeftKey, class RightKey, class A, class B>
consteval bool keys_meet() {
  constexpr bool ok = picks_from<LeftKey, A> && picks_from<RightKey, B>;
  static_assert(
      ok,
      "on: each key must be a member of the events of its stream, or a function callable with them; the first is that of "
      "the left stream, as in connect(left, right)");
  if constexpr (ok) {
    constexpr bool same = std::same_as<picked_type<LeftKey, A>, picked_type<RightKey, B>>;
    static_assert(same, "on: the keys of both streams must be of one type");
    if constexpr (same) {
      constexpr bool comparable = key<picked_type<LeftKey, A>>;
      static_assert(
          comparable,
          "on: a key must be trivially copyable, without padding and at most 64 bytes: an integer, an enum or a text<N>");
      return comparable;
    }
  }
  return false;
}

template <class LeftAt, class RightAt, class A, class B>
consteval bool tell_times() {
  constexpr bool ok = LeftAt::template tells<A>() && RightAt::template tells<B>();
  static_assert(ok,
                "at: the time must be a levada::timestamp in the events of its stream, or a function callable as "
                "timestamp(const Event&); the first is that of the left stream, as in connect(left, right)");
  constexpr bool lasting = !ok || (LeftAt::policy != late::update && RightAt::policy != late::update);
  static_assert(lasting, "at: a join takes back nothing that it emitted; late::drop and late::aside are for joins");
  return ok && lasting;
}

template <class E>
inline constexpr bool is_holdable = std::is_trivially_copyable_v<E> && std::is_default_constructible_v<E>;
template <class A, class B>
consteval bool are_holdable() {
  constexpr bool ok = is_holdable<A> && is_holdable<B>;
  static_assert(ok, "join: events that are held must be trivially copyable, and have a default constructor");
  return ok;
}

/// Of two events, of which one may be missing where the kind of the join allows it.
template <join_kind Kind, class Combine, class A, class B>
LEVADA_INLINE constexpr decltype(auto) combine_as(Combine& combine, const A* left, const B* right) {
  if constexpr (Kind == join_kind::inner)
    return combine(*left, *right);
  else if constexpr (Kind == join_kind::left)
    return combine(*left, right);
  else
    return combine(left, right);
}
template <join_kind Kind, class Combine, class A, class B>
concept takes_both = (Kind == join_kind::inner && requires(Combine& f, const A& a, const B& b) { f(a, b); }) ||
                     (Kind == join_kind::left && requires(Combine& f, const A& a, const B* b) { f(a, b); }) ||
                     (Kind == join_kind::outer && requires(Combine& f, const A* a, const B* b) { f(a, b); });
template <join_kind Kind, class Combine, class A, class B>
using combined_type = std::remove_cvref_t<decltype(detail::combine_as<Kind>(
    std::declval<Combine&>(), static_cast<const A*>(nullptr), static_cast<const B*>(nullptr)))>;

template <join_kind Kind, class Combine, class A, class B>
using combine_for_a_span = for_a_span<Combine, std::conditional_t<Kind == join_kind::outer, const A*, const A&>,
                                      std::conditional_t<Kind == join_kind::inner, const B&, const B*>>;

template <join_kind Kind, class Combine, class A, class B>
consteval bool combines() {
  if constexpr (takes_both<Kind, Combine, A, B>) {
    constexpr bool ok = event<combined_type<Kind, Combine, A, B>>;
    static_assert(ok, "combine: it must return a value");
    return ok;
  } else {
    constexpr bool ok = takes_both<Kind, Combine, A, B>;
    static_assert(
        ok,
        "combine: it must be callable as Result(const Left&, const Right&); with join_kind::left as Result(const Left&, "
        "const Right*), with join_kind::outer as Result(const Left*, const Right*)");
    return ok;
  }
}

/// Where nobody says how: side by side.
struct side_by_side {
  template <class A, class B>
  constexpr levada::joined<A, B> operator()(const A& left, const B& right) const {
    return {left, right};
  }
  template <class A, class B>
  constexpr levada::joined<A, std::optional<B>> operator()(const A& left, const B* right) const {
    return {left, copy_of(right)};
  }
  template <class A, class B>
  constexpr unjoined<A, B> operator()(const A* left, const B* right) const {
    return {copy_of(left), copy_of(right)};
  }

 private:
  template <class E>
  static constexpr std::optional<E> copy_of(const E* e) {
    return e == nullptr ? std::nullopt : std::optional<E>(*e);
  }
};
/// An event of input I, as it is put aside.
template <std::size_t I, class A, class B, class E>
constexpr unjoined<A, B> alone(const E& e) {
  if constexpr (I == 0)
    return {e, std::nullopt};
  else
    return {std::nullopt, e};
}

/// The keys of a join. They grow old in event time: one is forgotten when the watermark has left its last event behind by the
/// idle time, and by what the join needs (`least`), so that nothing is held of a key that goes.
template <key Key>
struct aged_keys {
  keys options{};
  duration least{};
  key_table<Key> table{};

  static constexpr std::uint32_t none = key_table<Key>::none;
  [[nodiscard]] bool ages() const { return options.idle.ns != 0; }
  static constexpr std::uint32_t age_of(timestamp t) { return t.ns <= 0 ? 0 : static_cast<std::uint32_t>(t.ns / granule.ns); }
  /// Slots of the arrays below, with slot 0, which is nobody's.
  std::uint32_t start() {
    table = key_table<Key>(options.bound);
    return options.bound + 1;
  }
  /// forget(slot) for keys that go.
  template <class F>
  void retire(timestamp clock, F&& forget) {
    if (!ages()) return;
    const duration idle = options.idle < least ? least : options.idle;
    const std::uint32_t now = age_of(clock), patience = static_cast<std::uint32_t>(idle / granule) + 1;
    if (now > patience) table.retire(now - patience, scan, forget);
  }

 private:
  static constexpr duration granule{1'000'000'000};
  static constexpr std::uint32_t scan = 4096;  // buckets a watermark: about 10 us
};

}  // namespace levada::inline v0::detail
