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
template <class... T>
struct types {};
template <class... A, class... B>
types<A..., B...> operator+(types<A...>, types<B...>);
template <std::size_t... I, class... T>
types<T...> types_of(const pack_of<std::index_sequence<I...>, T...>*);

/// Element k of several packs in one is element `at[k]` of pack `in[k]`.
template <class... Packs>
struct places {
  static constexpr std::size_t size = (Packs::size + ... + 0);
  std::size_t in[size + 1]{};
  std::size_t at[size + 1]{};
  constexpr places() {
    std::size_t k = 0, p = 0;
    for (std::size_t one : {Packs::size..., std::size_t{0}}) {
      for (std::size_t i = 0; i < one; ++i, ++k) in[k] = p, at[k] = i;
      ++p;
    }
  }
};
template <class Places>
inline constexpr Places placing{};

template <class Places, class... T, class From, std::size_t... K>
constexpr pack<T...> gather(types<T...>, [[maybe_unused]] From& from, std::index_sequence<K...>) {
  return {{std::move(get<placing<Places>.at[K]>(get<placing<Places>.in[K]>(from)))}...};
}
template <std::size_t... I, class... A, std::size_t... J, class... B>
constexpr pack<A..., B...> join(pack_of<std::index_sequence<I...>, A...>& a,
                                [[maybe_unused]] pack_of<std::index_sequence<J...>, B...>& b) {
  return {{std::move(static_cast<leaf<I, A>&>(a).value)}..., {std::move(static_cast<leaf<J, B>&>(b).value)}...};
}
}  // namespace detail

/// The elements of several packs in one, in order; all at once, because each step of a recursion would move all of them.
template <class... Packs>
constexpr auto concatenate(Packs&&... packs) {
  if constexpr (sizeof...(Packs) == 2) {
    return detail::join(packs...);
  } else {
    using all = decltype((detail::types<>{} + ... + decltype(detail::types_of(static_cast<const Packs*>(nullptr))){}));
    pack<Packs&...> from{{packs}...};
    return detail::gather<detail::places<Packs...>>(all{}, from, std::make_index_sequence<(Packs::size + ... + 0)>{});
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
