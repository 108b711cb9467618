// SPDX-License-Identifier: BSL-1.0
// type_name: what people call a type: as it is written, without this library's own namespace, and the same with every compiler
// where the two can be made to agree. For drawings and messages; never a key of anything that is kept.
#pragma once

#include <levada/core/keyed.hpp>
#include <levada/core/text.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

namespace detail {

template <class T>
constexpr std::string_view printed_type() {
  constexpr std::string_view function = __PRETTY_FUNCTION__;  // "... [with T = X; std::string_view = ...]" or "... [T = X]"
  constexpr std::size_t begin = function.find("T = ") + 4;
  constexpr std::size_t semicolon = function.find("; std::string_view", begin);
  return function.substr(begin, (semicolon == function.npos ? function.rfind(']') : semicolon) - begin);
}

/// Does the word stand at the beginning?
constexpr bool skip(std::string_view& s, std::string_view word) {
  if (!s.starts_with(word)) return false;
  s.remove_prefix(word.size());
  return true;
}

template <class T>
constexpr std::string_view number_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "bool";
  else if constexpr (std::is_same_v<T, char>)
    return "char";
  else if constexpr (std::is_floating_point_v<T>)
    return sizeof(T) == 4 ? "float" : sizeof(T) == 8 ? "double" : "long double";
  else
    return std::is_signed_v<T> ? (sizeof(T) == 1   ? "int8"
                                  : sizeof(T) == 2 ? "int16"
                                  : sizeof(T) == 4 ? "int32"
                                                   : "int64")
                               : (sizeof(T) == 1   ? "uint8"
                                  : sizeof(T) == 2 ? "uint16"
                                  : sizeof(T) == 4 ? "uint32"
                                                   : "uint64");
}

/// Cut after 119 characters.
inline text<120> readable(std::string_view printed) {
  text<120> name;
  while (!printed.empty() && name.view().size() + 1 < sizeof name.bytes) {
    const char before = name.empty() ? ' ' : name.view().back();
    const bool begins = !(before == '_' || (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') ||
                          (before >= '0' && before <= '9') || before == ':');
    if (!begins) {
      name += printed.substr(0, 1);
      printed.remove_prefix(1);
      continue;
    }
    if (skip(printed, "levada::v0::") || skip(printed, "levada::") || skip(printed, "{anonymous}::") ||
        skip(printed, "(anonymous namespace)::") || skip(printed, "<unnamed>::") || skip(printed, "detail::"))
      continue;
    if (printed.starts_with(" >")) printed.remove_prefix(1);
    if (printed.starts_with("<lambda") || printed.starts_with("(lambda")) {
      name += "lambda";
      printed.remove_prefix(printed.find(printed.front() == '<' ? ")>" : ")") + (printed.front() == '<' ? 2 : 1));
      continue;
    }
    name += printed.substr(0, 1);
    printed.remove_prefix(1);
  }
  return name;
}

}  // namespace detail

/// keyed<Key, Event> is "Event by Key".
template <class T>
[[nodiscard]] text<120> type_name() {
  if constexpr (is_keyed<T>)
    return compose<120>(type_name<typename T::event_type>(), " by ", type_name<typename T::key_type>());
  else if constexpr (std::is_arithmetic_v<T>)
    return compose<120>(detail::number_name<T>());
  else
    return detail::readable(detail::printed_type<T>());
}

}  // namespace levada::inline v0
