// SPDX-License-Identifier: BSL-1.0
// json: an event as one line of JSON (RFC 8259), for files, terminals and whatever stands outside. Writing only.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/iso8601.hpp>
#include <levada/wire/record.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace levada::inline v0 {

namespace detail {

/// The length of the well-formed UTF-8 sequence at the beginning of s; 0 if there is none (RFC 3629).
constexpr std::size_t utf8_length(std::string_view s) {
  auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if ((first & 0xF0u) == 0xE0) {
    bool allowed = !(first == 0xE0 && second < 0xA0) && !(first == 0xED && second > 0x9F);  // overlong, surrogate
    return allowed && follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool allowed = !(first == 0xF0 && second < 0x90) && !(first == 0xF4 && second > 0x8F);  // overlong, above U+10FFFF
    return allowed && follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

template <class Sink>
struct json_writer {
  Sink& sink;

  void string(std::string_view s) {
    sink(std::string_view("\""));
    std::size_t plain = 0;  // what needs no escape is handed over in one piece
    for (std::size_t i = 0; i < s.size();) {
      std::size_t length = utf8_length(s.substr(i));
      auto c = static_cast<unsigned char>(s[i]);
      if (length != 0 && c >= 0x20 && c != '"' && c != '\\') {
        i += length;
        continue;
      }
      sink(s.substr(plain, i - plain));
      if (length == 0)
        sink(std::string_view("\xEF\xBF\xBD"));  // U+FFFD: bytes that are no UTF-8 would spoil the whole line
      else
        escape(c);
      plain = ++i;
    }
    sink(s.substr(plain));
    sink(std::string_view("\""));
  }

  void escape(unsigned char c) {
    constexpr std::string_view short_forms = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (std::size_t i = 0; i < short_forms.size(); i += 2)
      if (static_cast<unsigned char>(short_forms[i]) == c) {
        const char escaped[] = {'\\', short_forms[i + 1]};
        return sink(std::string_view(escaped, sizeof escaped));
      }
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    const char escaped[] = {'\\', 'u', '0', '0', hexadecimal[c >> 4], hexadecimal[c & 15]};
    sink(std::string_view(escaped, sizeof escaped));
  }

  /// The shortest digits that are read back as the same value; JSON has no infinity and no NaN.
  template <class N>
  void real(N value) {
    if (value - value != N{}) return sink(std::string_view("null"));
    char buffer[32];
    auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    sink(std::string_view(buffer, static_cast<std::size_t>(end - buffer)));
  }

  /// Seconds in decimal, to the nanosecond, without the rounding of a double.
  void seconds(duration d) {
    bool negative = d.ns < 0;
    std::uint64_t ns = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(d.ns) : static_cast<std::uint64_t>(d.ns);
    auto fraction = digits(1'000'000'000 + ns % 1'000'000'000);  // its leading 1 keeps the zeros, and gives way to the point
    std::string_view places = fraction.view().substr(1);
    while (places.ends_with('0')) places.remove_suffix(1);
    if (negative) sink(std::string_view("-"));
    sink(digits(ns / 1'000'000'000).view());
    if (!places.empty()) sink(std::string_view("."));
    sink(places);
  }

  void value(const record& r, std::size_t i, std::size_t element) {
    switch (r.at(i).kind) {
      case field_kind::boolean: return sink(r.integer(i, element) != 0 ? std::string_view("true") : std::string_view("false"));
      case field_kind::signed_integer: return sink(digits(r.integer(i, element)).view());
      case field_kind::unsigned_integer: return sink(digits(static_cast<std::uint64_t>(r.integer(i, element))).view());
      case field_kind::floating:
        return r.at(i).size == sizeof(float) ? real(static_cast<float>(r.number(i, element))) : real(r.number(i, element));
      case field_kind::text:
      case field_kind::character: return string(r.words(i, element));
      case field_kind::timestamp: return string(format_time(r.time(i, element)).view());
      case field_kind::duration: return seconds(duration{r.integer(i, element)});
      case field_kind::enumeration:
        std::string_view name = r.words(i, element);
        return name.empty() ? sink(digits(r.integer(i, element)).view()) : string(name);
    }
  }

  void values(const record& r, std::size_t i) {
    std::uint32_t count = r.at(i).count;
    if (count == 1) return value(r, i, 0);
    for (std::uint32_t element = 0; element < count; ++element) {
      sink(std::string_view(element == 0 ? "[" : ","));
      value(r, i, element);
    }
    sink(std::string_view("]"));
  }
};

/// Turns dotted names back into nested objects and arrays: "points.0.x" is member x of element 0 of the array points.
/// A scope is an array if the first name in it is a number, which no member's name is.
template <class Sink>
struct json_nesting {
  json_writer<Sink> out;
  std::string_view open{};     // the path of the scopes that are open
  std::size_t depth = 0;       // how many they are
  std::uint64_t is_array = 0;  // one bit a scope; a name of 47 characters has at most 48 parts
  bool fresh = true;           // nothing stands in the innermost scope yet

  static std::string_view first_part(std::string_view path) { return path.substr(0, path.find('.')); }
  static std::string_view behind_first_part(std::string_view path) {
    std::size_t dot = path.find('.');
    return dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }

  void close() {
    out.sink(std::string_view((is_array >> depth & 1) != 0 ? "]" : "}"));
    --depth;
    fresh = false;
  }
  void key(std::string_view name) {
    if (!fresh) out.sink(std::string_view(","));
    fresh = false;
    if ((is_array >> depth & 1) != 0) return;
    out.string(name);
    out.sink(std::string_view(":"));
  }

  /// Leaves and enters scopes until only the member's own name is left of its path.
  std::string_view enter(std::string_view path) {
    std::string_view rest = path, before = open;
    std::size_t common = 0;
    while (common < depth && rest.find('.') != std::string_view::npos && first_part(rest) == first_part(before)) {
      rest = behind_first_part(rest);
      before = behind_first_part(before);
      ++common;
    }
    while (depth > common) close();
    for (; rest.find('.') != std::string_view::npos; rest = behind_first_part(rest)) {
      key(first_part(rest));
      std::string_view inner = behind_first_part(rest);
      bool array = !inner.empty() && is_digit(inner.front());
      ++depth;
      is_array = (is_array & ~(std::uint64_t{1} << depth)) | (std::uint64_t{array} << depth);
      out.sink(std::string_view(array ? "[" : "{"));
      fresh = true;
    }
    open = path;
    return rest;
  }

  void write(const record& r) {
    out.sink(std::string_view("{"));
    r.for_each([&](const field& f, std::size_t i) {
      key(enter(f.name.view()));
      out.values(r, i);
    });
    while (depth > 0) close();
    out.sink(std::string_view("}"));
  }
};

}  // namespace detail

/// Writes one object, without a line break, to sink(std::string_view), in many small pieces.
/// Strings are escaped, and bytes in them that are no UTF-8 become U+FFFD; real numbers have their shortest exact digits;
/// infinities and NaN are null; times are ISO 8601 strings; durations are seconds; enumerations go by name, or by number where
/// the value has none; arrays of numbers are flat, also those of two dimensions; an array of one is written as its element.
/// Costs  no allocation; a name of a member is compared with the one before it.
template <class Sink>
void write_json(const record& r, Sink&& sink) {
  detail::json_nesting<std::remove_reference_t<Sink>>{{sink}}.write(r);
}

/// The same into the caller's memory. It gives what was written.
/// Fails  no_space: with the number of bytes that the event needs.
inline result<std::string_view> to_json(const record& r, std::span<char> memory) {
  std::size_t length = 0;
  write_json(r, [&](std::string_view piece) {
    if (length + piece.size() <= memory.size() && !piece.empty()) std::memcpy(memory.data() + length, piece.data(), piece.size());
    length += piece.size();
  });
  if (length > memory.size())
    return fault::of(failure::no_space, "json: the event needs ", length, " bytes, there are ", memory.size(), ": give it more");
  return std::string_view(memory.data(), length);
}
template <describable T>
result<std::string_view> to_json(const T& event, std::span<char> memory) {
  return to_json(record(event), memory);
}

}  // namespace levada::inline v0
