// SPDX-License-Identifier: BSL-1.0
// pack: a flat product of values, one base class per element. It stays trivially copyable where its elements are
// (std::tuple does not), and a graph of 100 operators compiles in seconds instead of minutes.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {
/// One element. leaf<I, T> is the same class in every longer pack, so that appending costs one new class, not I.
/// An element keeps its last bytes to itself, so that a graph may copy it by memcpy: only an empty one shares its address.
template <std::size_t I, class T>
struct leaf {
  T value;
};
template <std::size_t I, class T>
  requires std::is_empty_v<T>
struct leaf<I, T> {
  [[no_unique_address]] T value;
};

template <class Indices, class... T>
struct pack_of;

template <std::size_t... I, class... T>
struct pack_of<std::index_sequence<I...>, T...> : leaf<I, T>... {
  static constexpr std::size_t size = sizeof...(T);
};

template <std::size_t I, class T>
std::type_identity<T> type_at(const leaf<I, T>*);
}  // namespace detail

template <class... T>
using pack = detail::pack_of<std::index_sequence_for<T...>, T...>;

template <std::size_t I, class Pack>
using element = typename decltype(detail::type_at<I>(static_cast<const Pack*>(nullptr)))::type;

template <std::size_t I, class T>
LEVADA_INLINE constexpr T& get(detail::leaf<I, T>& l) {
  return l.value;
}
template <std::size_t I, class T>
LEVADA_INLINE constexpr const T& get(const detail::leaf<I, T>& l) {
  return l.value;
}

namespace detail {
template <std::size_t... I, class... A, std::size_t... J, class... B>
constexpr pack<A..., B...> join(pack_of<std::index_sequence<I...>, A...>&& a,
                                [[maybe_unused]] pack_of<std::index_sequence<J...>, B...>&& b) {
  return {{std::move(static_cast<leaf<I, A>&>(a).value)}..., {std::move(static_cast<leaf<J, B>&>(b).value)}...};
}
}  // namespace detail

/// The elements of several packs in one, in order.
template <class First, class... Rest>
constexpr auto concatenate(First&& first, Rest&&... rest) {
  if constexpr (sizeof...(Rest) == 0) {
    return std::move(first);
  } else {
    return detail::join(std::move(first), concatenate(std::move(rest)...));
  }
}

/// Calls f(std::integral_constant<std::size_t, I>) for I in 0 ... N-1.
template <std::size_t N, class F>
LEVADA_INLINE constexpr void for_each_index(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) LEVADA_INLINE_LAMBDA {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }(std::make_index_sequence<N>{});
}

}  // namespace levada::inline v0
