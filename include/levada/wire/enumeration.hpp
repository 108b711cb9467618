// SPDX-License-Identifier: BSL-1.0
// enumeration: the names of an enumeration's values, without a macro, as constants.
// How: the compiler prints a value that has a name as `type::name` and one that has none as `(type)5`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// A value of an enumeration that has a name.
struct named_value {
  std::int64_t value = 0;
  std::string_view name;
};

namespace detail {

/// The result is spelled without an alias, so that g++ appends no explanation of one and the value stands last.
template <auto Value>
constexpr const char* printed_value() {
  return __PRETTY_FUNCTION__;
}

/// "... [with auto Value = colour::red]" (g++), "... [Value = colour::red]" (clang++); empty if the value has no name.
constexpr std::string_view last_name(std::string_view s) {
  std::size_t end = s.size() - 1;
  std::size_t begin = end;
  auto part_of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
  };
  while (begin > 0 && part_of_name(s[begin - 1])) --begin;
  bool number = begin < end && s[begin] >= '0' && s[begin] <= '9';
  return number ? std::string_view{} : s.substr(begin, end - begin);
}

/// A bit_cast, because a static_cast to a value outside the range of an enumeration without a fixed type is an error.
template <class E, std::int64_t Value>
constexpr std::string_view name_of_value() {
  using number = std::underlying_type_t<E>;
  static_cast<void>(requires { E::any_name; });  // to look into a template's enumeration makes clang++ define its values
  return last_name(printed_value<std::bit_cast<E>(static_cast<number>(Value))>());
}

/// Values that are tried: -8 to 119, from 0 on where there are no negative ones.
template <class E>
struct tried_values {
  using number = std::underlying_type_t<E>;
  static constexpr std::int64_t first = std::is_signed_v<number> ? -8 : 0;
  static constexpr std::size_t count = std::is_same_v<number, bool> ? 2 : 128;
};

template <class E>
constexpr auto names_of_tried_values() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{name_of_value<E, tried_values<E>::first + static_cast<std::int64_t>(I)>()...};
  }(std::make_index_sequence<tried_values<E>::count>{});
}

template <class E>
constexpr auto find_named_values() {
  constexpr auto names = names_of_tried_values<E>();
  constexpr std::size_t count = [](const auto& all) {
    std::size_t n = 0;
    for (std::string_view name : all) n += name.empty() ? 0u : 1u;
    return n;
  }(names);
  std::array<named_value, count> found{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!names[i].empty()) found[n++] = {tried_values<E>::first + static_cast<std::int64_t>(i), names[i]};
  return found;
}

}  // namespace detail

/// The named values of E in rising order: those from -8 to 119, or from 0 to 127 if E's numbers have no sign. Others keep
/// their number. Of two names for one value it is the first.
template <class E>
  requires std::is_enum_v<E>
inline constexpr auto named_values = detail::find_named_values<E>();

/// The name of a value; empty if it has none.
template <class E>
  requires std::is_enum_v<E>
constexpr std::string_view name_of(E value) {
  for (const named_value& v : named_values<E>)
    if (v.value == static_cast<std::int64_t>(value)) return v.name;
  return {};
}

}  // namespace levada::inline v0
