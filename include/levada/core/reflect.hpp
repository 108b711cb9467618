// SPDX-License-Identifier: BSL-1.0
// reflect: the names, types and offsets of an aggregate's members, without a macro, as constants.
// How: a count of the `{}` that the aggregate takes as initialisers, structured bindings of a constant object of it, and what the
// compiler prints of a pointer to each member (the technique that Boost.PFR made known).
#pragma once

#include <levada/core/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

inline constexpr std::size_t most_members = 40;

struct anything {
  template <class T>
  constexpr operator T() const;  // NOLINT: never defined; it only stands for a value in an initialiser list
};
template <class T>
struct any_base_of {
  template <class B>
    requires(std::is_base_of_v<B, T> && !std::is_same_v<B, T>)
  constexpr operator B() const;  // NOLINT: never defined, like that of anything
};
template <class T>
concept has_bases = requires { T{any_base_of<T>{}}; };

// NOLINTBEGIN: no pack expands to empty braces, so they are written down, eight counts at a time
#define LEVADA_TAKES(n, ...)                                                                              \
  if constexpr (N == n) return requires { T{__VA_ARGS__ More{}...}; };                                    \
  if constexpr (N == n + 1) return requires { T{__VA_ARGS__ {}, More{}...}; };                            \
  if constexpr (N == n + 2) return requires { T{__VA_ARGS__ {}, {}, More{}...}; };                        \
  if constexpr (N == n + 3) return requires { T{__VA_ARGS__ {}, {}, {}, More{}...}; };                    \
  if constexpr (N == n + 4) return requires { T{__VA_ARGS__ {}, {}, {}, {}, More{}...}; };                \
  if constexpr (N == n + 5) return requires { T{__VA_ARGS__ {}, {}, {}, {}, {}, More{}...}; };            \
  if constexpr (N == n + 6) return requires { T{__VA_ARGS__ {}, {}, {}, {}, {}, {}, More{}...}; };        \
  if constexpr (N == n + 7) return requires { T{__VA_ARGS__ {}, {}, {}, {}, {}, {}, {}, More{}...}; };
#define LEVADA_8 {}, {}, {}, {}, {}, {}, {}, {},
/// Whether T takes N times `{}`, each of which stands for one whole member, also for an array, and More behind them.
template <class T, std::size_t N, class... More>
constexpr bool takes() {
  LEVADA_TAKES(0)
  LEVADA_TAKES(8, LEVADA_8)
  LEVADA_TAKES(16, LEVADA_8 LEVADA_8)
  LEVADA_TAKES(24, LEVADA_8 LEVADA_8 LEVADA_8)
  LEVADA_TAKES(32, LEVADA_8 LEVADA_8 LEVADA_8 LEVADA_8)
  LEVADA_TAKES(40, LEVADA_8 LEVADA_8 LEVADA_8 LEVADA_8 LEVADA_8)
}
#undef LEVADA_TAKES
#undef LEVADA_8
// NOLINTEND

/// The number of T's members; most_members + 1 if there are more. Found by bisection: takes() is monotone.
template <class T, std::size_t Low = 0, std::size_t High = most_members + 2>
constexpr std::size_t count_members() {
  if constexpr (High - Low <= 1) {
    return Low;
  } else {
    constexpr std::size_t middle = Low + (High - Low) / 2;
    if constexpr (takes<T, middle>())
      return count_members<T, middle, High>();
    else
      return count_members<T, Low, middle>();
  }
}

/// False if there are too many, or if the count ended too early, at a member for which `{}` is no value.
template <class T>
concept countable = count_members<T>() <= most_members && !takes<T, count_members<T>(), anything>();

/// A constant of T whose members have addresses that can be template arguments.
template <class T>
inline constexpr T specimen{};

// NOLINTBEGIN: one line a member count is the shortest way to say it in C++20
#define LEVADA_BIND(n, ...) \
  else if constexpr (N == n) { auto& [__VA_ARGS__] = object; return visitor(__VA_ARGS__); }
/// visitor(member...) for an aggregate of N members.
template <std::size_t N, class T, class V>
constexpr auto bind_members(T& object, V&& visitor) {
  if constexpr (N == 0) return visitor();
  LEVADA_BIND(1, a) LEVADA_BIND(2, a, b) LEVADA_BIND(3, a, b, c) LEVADA_BIND(4, a, b, c, d) LEVADA_BIND(5, a, b, c, d, e)
  LEVADA_BIND(6, a, b, c, d, e, f) LEVADA_BIND(7, a, b, c, d, e, f, g) LEVADA_BIND(8, a, b, c, d, e, f, g, h)
#define LEVADA_8 a, b, c, d, e, f, g, h
  LEVADA_BIND(9, LEVADA_8, i) LEVADA_BIND(10, LEVADA_8, i, j)
  LEVADA_BIND(11, LEVADA_8, i, j, k) LEVADA_BIND(12, LEVADA_8, i, j, k, l)
  LEVADA_BIND(13, LEVADA_8, i, j, k, l, m) LEVADA_BIND(14, LEVADA_8, i, j, k, l, m, n)
  LEVADA_BIND(15, LEVADA_8, i, j, k, l, m, n, o)
#define LEVADA_16 LEVADA_8, i, j, k, l, m, n, o, p
  LEVADA_BIND(16, LEVADA_16) LEVADA_BIND(17, LEVADA_16, q) LEVADA_BIND(18, LEVADA_16, q, r) LEVADA_BIND(19, LEVADA_16, q, r, s)
  LEVADA_BIND(20, LEVADA_16, q, r, s, t) LEVADA_BIND(21, LEVADA_16, q, r, s, t, u) LEVADA_BIND(22, LEVADA_16, q, r, s, t, u, v)
  LEVADA_BIND(23, LEVADA_16, q, r, s, t, u, v, w)
#define LEVADA_24 LEVADA_16, q, r, s, t, u, v, w, x
  LEVADA_BIND(24, LEVADA_24) LEVADA_BIND(25, LEVADA_24, y) LEVADA_BIND(26, LEVADA_24, y, z) LEVADA_BIND(27, LEVADA_24, y, z, aa)
  LEVADA_BIND(28, LEVADA_24, y, z, aa, ab) LEVADA_BIND(29, LEVADA_24, y, z, aa, ab, ac)
  LEVADA_BIND(30, LEVADA_24, y, z, aa, ab, ac, ad)
  LEVADA_BIND(31, LEVADA_24, y, z, aa, ab, ac, ad, ae)
#define LEVADA_32 LEVADA_24, y, z, aa, ab, ac, ad, ae, af
  LEVADA_BIND(32, LEVADA_32) LEVADA_BIND(33, LEVADA_32, ag)
  LEVADA_BIND(34, LEVADA_32, ag, ah) LEVADA_BIND(35, LEVADA_32, ag, ah, ai)
  LEVADA_BIND(36, LEVADA_32, ag, ah, ai, aj) LEVADA_BIND(37, LEVADA_32, ag, ah, ai, aj, ak)
  LEVADA_BIND(38, LEVADA_32, ag, ah, ai, aj, ak, al)
  LEVADA_BIND(39, LEVADA_32, ag, ah, ai, aj, ak, al, am) LEVADA_BIND(40, LEVADA_32, ag, ah, ai, aj, ak, al, am, an)
}
#undef LEVADA_BIND
#undef LEVADA_8
#undef LEVADA_16
#undef LEVADA_24
#undef LEVADA_32
// NOLINTEND
template <auto Pointer>
constexpr std::string_view printed() {
  return __PRETTY_FUNCTION__;
}
/// "... [with auto Pointer = (& specimen<T>.T::name); ..." (g++), "... [Pointer = &specimen.name]" (clang++).
constexpr std::string_view last_word(std::string_view s) {
  std::size_t end = s.find("Pointer = ") + 10;
  int depth = 0;  // g++ writes template arguments and local scopes in brackets: the name ends where the outer one closes
  for (; end < s.size(); ++end) {
    if (s[end] == '(' || s[end] == '<' || s[end] == '{' || s[end] == '[') ++depth;
    if (s[end] == ')' || s[end] == '>' || s[end] == '}' || s[end] == ']')
      if (--depth <= 0 && (s[end] == ']' || s[end] == ')')) break;
    if (s[end] == ';' && depth <= 0) break;
  }
  std::size_t begin = end;
  auto part_of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
  };
  while (begin > 0 && part_of_name(s[begin - 1])) --begin;
  return s.substr(begin, end - begin);
}

/// A pointer to the one of its arguments that has I others before it.
template <std::size_t I>
constexpr auto pointer_to_nth = [](const auto&... m) {
  return []<std::size_t... K>(std::index_sequence<K...>, const auto*... before_and_at) {
    return [](decltype((void(K), static_cast<const void*>(nullptr)))..., const auto* at, const auto*...) { return at; }(
        before_and_at...);
  }(std::make_index_sequence<I>{}, &m...);
};

template <class T, std::size_t I>
constexpr const auto* member_pointer() {
  return bind_members<count_members<T>()>(specimen<T>, pointer_to_nth<I>);
}

}  // namespace detail

/// A type whose members can be found: an aggregate without bases that is usable as a constant, of at most 40 members.
/// An anonymous-namespace or local type is as good as any other.
template <class T>
concept reflectable = std::is_aggregate_v<T> && !std::is_array_v<T> && !std::is_union_v<T> && !detail::has_bases<T> && requires {
  std::integral_constant<bool, (static_cast<void>(T{}), true)>{};
} && detail::countable<T>;

template <reflectable T>
inline constexpr std::size_t member_count = detail::count_members<T>();

template <reflectable T, std::size_t I>
using member_type = std::remove_cv_t<std::remove_pointer_t<decltype(detail::member_pointer<T, I>())>>;

template <reflectable T, std::size_t I>
inline constexpr std::string_view member_name = detail::last_word(detail::printed<detail::member_pointer<T, I>()>());

/// Bytes between the beginning of an object and its member I.
template <reflectable T, std::size_t I>
inline std::size_t member_offset() {
  return static_cast<std::size_t>(reinterpret_cast<const char*>(detail::member_pointer<T, I>()) -
                                  reinterpret_cast<const char*>(&detail::specimen<T>));
}

/// visitor(member...) on an object.
template <class T, class V>
  requires reflectable<std::remove_const_t<T>>
constexpr auto visit_members(T& object, V&& visitor) {
  return detail::bind_members<member_count<std::remove_const_t<T>>>(object, visitor);
}

}  // namespace levada::inline v0
