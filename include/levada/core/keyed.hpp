// SPDX-License-Identifier: BSL-1.0
// keyed: an event on its way through the part of a flow below key_by. The key was looked up once and became a dense
// slot; every operator below indexes an array with it.
#pragma once

#include <levada/core/config.hpp>

#include <cstdint>
#include <type_traits>

namespace levada::inline v0 {

namespace detail {
/// How a value travels along a chain of calls: one that fits registers by value, for what lies in memory may be changed by any
/// store.
template <class T>
using passed = std::conditional_t<std::is_trivially_copyable_v<T> && sizeof(T) <= 16, const T, const T&>;
}  // namespace detail

/// Holds  references: it lives no longer than the call that passes it on.
template <class Key, class Event>
struct keyed {
  using key_type = Key;
  using event_type = Event;
  std::uint32_t slot;
  detail::passed<Key> key;
  const Event& event;
};

namespace detail {
template <class E>
struct payload_of {
  using type = E;
};
template <class K, class E>
struct payload_of<keyed<K, E>> {
  using type = E;
};
template <class E, class R>
struct relayed {
  using type = R;
};
template <class K, class E, class R>
struct relayed<keyed<K, E>, R> {
  using type = keyed<K, R>;
};
}  // namespace detail

template <class E>
inline constexpr bool is_keyed = false;
template <class K, class E>
inline constexpr bool is_keyed<keyed<K, E>> = true;

/// The user's event type inside E, with or without a key around it.
template <class E>
using payload_type = typename detail::payload_of<E>::type;

/// R with the key of E around it, if E has one.
template <class E, class R>
using relayed_type = typename detail::relayed<E, R>::type;

template <class E>
LEVADA_INLINE constexpr const payload_type<E>& payload(const E& e) {
  if constexpr (is_keyed<E>)
    return e.event;
  else
    return e;
}

/// r with the key of e around it, if e has one; else r itself, not a copy.
template <class E, class R>
LEVADA_INLINE constexpr decltype(auto) relay([[maybe_unused]] const E& e, const R& r) {
  if constexpr (is_keyed<E>)
    return relayed_type<E, R>{e.slot, e.key, r};
  else
    return static_cast<const R&>(r);
}

/// The slot of an event; 0 where the stream has no key.
template <class E>
LEVADA_INLINE constexpr std::uint32_t slot_of([[maybe_unused]] const E& e) {
  if constexpr (is_keyed<E>)
    return e.slot;
  else
    return 0;
}

}  // namespace levada::inline v0
