// SPDX-License-Identifier: BSL-1.0
// cell: the characters of a value into the bytes of a member, whatever its kind. What csv.hpp does with each cell.
#pragma once

#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/field.hpp>
#include <levada/wire/iso8601.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace levada::inline v0::detail {

/// Empty if all went well; otherwise what the characters are not: "is not a number".
using complaint = text<64>;

template <class N>
complaint read_number(std::string_view s, std::byte* to) {
  if (s.size() > 1 && s[0] == '+' && s[1] != '-') s.remove_prefix(1);  // from_chars takes no plus
  N value{};
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error == std::errc::result_out_of_range) return "is too large or too small for the member";
  if (error != std::errc{} || end != s.data() + s.size())
    return std::is_integral_v<N> ? "is not a whole number" : "is not a number";
  std::memcpy(to, &value, sizeof value);
  return {};
}

inline complaint read_integer(std::string_view s, std::uint32_t size, bool has_sign, std::byte* to) {
  switch (size) {
    case 1: return has_sign ? read_number<std::int8_t>(s, to) : read_number<std::uint8_t>(s, to);
    case 2: return has_sign ? read_number<std::int16_t>(s, to) : read_number<std::uint16_t>(s, to);
    case 4: return has_sign ? read_number<std::int32_t>(s, to) : read_number<std::uint32_t>(s, to);
    default: return has_sign ? read_number<std::int64_t>(s, to) : read_number<std::uint64_t>(s, to);
  }
}

inline bool same_ignoring_case(std::string_view s, std::string_view lower) {
  if (s.size() != lower.size()) return false;
  for (std::size_t i = 0; i < s.size(); ++i)
    if ((s[i] | ('A' <= s[i] && s[i] <= 'Z' ? 0x20 : 0)) != lower[i]) return false;
  return true;
}

inline complaint read_boolean(std::string_view s, std::byte* to) {
  bool yes = s == "1" || same_ignoring_case(s, "true");
  if (!yes && s != "0" && !same_ignoring_case(s, "false")) return "is neither true nor false";
  *to = std::byte{yes};
  return {};
}

inline complaint read_instant(std::string_view s, bool is_length, std::byte* to) {
  timestamp t;
  bool good = is_length ? time_scanner{s}.decimal(t) : read_time(s, t);
  if (!good) return is_length ? "is not a number of seconds" : "is not a time";
  std::memcpy(to, &t.ns, sizeof t.ns);
  return {};
}

template <class N>
complaint store(std::int64_t value, std::byte* to) {
  auto narrow = static_cast<N>(value);
  std::memcpy(to, &narrow, sizeof narrow);
  return {};
}

/// By name, or by number.
inline complaint read_value_of(const descriptor_view& d, std::size_t i, std::string_view s, std::byte* to) {
  const field& f = d.fields[i];
  for (const enumerator& e : d.enumerators) {
    if (e.field != i || e.name.view() != s) continue;
    switch (f.size) {
      case 1: return store<std::int8_t>(e.value, to);
      case 2: return store<std::int16_t>(e.value, to);
      case 4: return store<std::int32_t>(e.value, to);
      default: return store<std::int64_t>(e.value, to);
    }
  }
  return read_integer(s, f.size, f.has_sign != 0, to).empty() ? complaint{} : "is not a value of the enumeration";
}

/// Doubled quotes become one. The rest of the member is zeroed; its last byte always is.
inline complaint read_text(std::string_view s, bool doubled_quotes, std::uint32_t size, char* to) {
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (n + 1 >= size) return compose<64>("is longer than the ", size - 1, " bytes of the member");
    to[n++] = s[i];
    if (doubled_quotes && s[i] == '"') ++i;
  }
  std::memset(to + n, 0, size - n);
  return {};
}

inline std::string_view without_blanks(std::string_view s) {
  while (s.starts_with(' ') || s.starts_with('\t')) s.remove_prefix(1);
  while (s.ends_with(' ') || s.ends_with('\t')) s.remove_suffix(1);
  return s;
}

/// Writes member i, element k of the event at `event`. Blanks around everything but words are ignored.
inline complaint read_cell(const descriptor_view& d, std::size_t i, std::size_t k, std::string_view s, bool doubled_quotes,
                           std::byte* event) {
  const field& f = d.fields[i];
  std::byte* to = event + f.offset + k * f.size;
  if (f.kind == field_kind::text) return read_text(s, doubled_quotes, f.size, reinterpret_cast<char*>(to));
  if (f.kind == field_kind::character) {
    if (s.size() != (doubled_quotes ? 2 : 1)) return "is not one character";
    *to = static_cast<std::byte>(s[0]);
    return {};
  }
  s = without_blanks(s);
  switch (f.kind) {
    case field_kind::boolean: return read_boolean(s, to);
    case field_kind::signed_integer: return read_integer(s, f.size, true, to);
    case field_kind::unsigned_integer: return read_integer(s, f.size, false, to);
    case field_kind::floating: return f.size == sizeof(float) ? read_number<float>(s, to) : read_number<double>(s, to);
    case field_kind::timestamp: return read_instant(s, false, to);
    case field_kind::duration: return read_instant(s, true, to);
    default: return read_value_of(d, i, s, to);
  }
}

}  // namespace levada::inline v0::detail
