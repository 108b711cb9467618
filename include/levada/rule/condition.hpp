// SPDX-License-Identifier: BSL-1.0
// condition: one member of an event compared with values, as data: where("celsius") > 80, or a line of a file. A rule is a number
// of them that must all hold; rule/predicate_index.hpp finds the rules that an event fulfils.
#pragma once

#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/field.hpp>
#include <levada/wire/iso8601.hpp>
#include <levada/wire/json.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

enum class comparison : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  between,  ///< two values, both inside
  one_of,   ///< 1 to 16 values
};

/// "<" "<=" ">" ">=" "=" "!=" "between" "in": how files write it.
constexpr std::string_view sign_of(comparison c) {
  constexpr std::string_view signs[] = {"=", "!=", "<", "<=", ">", ">=", "between", "in"};
  return signs[static_cast<std::size_t>(c)];
}

/// Values are characters, whatever the member is: a number in decimal, true or false, the name of an enumeration's value, a time
/// as parse_time takes it, a duration in seconds. They mean what a cell of a CSV file would mean for that member.
struct condition {
  static constexpr std::size_t most_values = 16;
  text<48> field{};
  comparison is = comparison::equal;
  std::uint8_t count = 0;  ///< of the values; above most_values: too many were given
  bool is_cut = false;     ///< a value was longer than its 47 bytes
  text<48> values[most_values]{};

  condition() = default;
  condition(const text<48>& f, comparison c) : field(f), is(c) {}
  void add(std::string_view value) {
    if (count < most_values) values[count] = value;
    if (count <= most_values) ++count;
    is_cut |= value.size() >= sizeof values[0];
  }
};

namespace detail {

/// A value as the characters that are read as the same value.
template <class V>
text<64> characters_of(const V& v) {
  text<64> out;
  auto append = [&out](std::string_view piece) { out += piece; };
  [[maybe_unused]] json_writer<decltype(append)> write{append};
  if constexpr (std::convertible_to<const V&, std::string_view>)
    out = std::string_view(v);
  else if constexpr (requires { v.view(); })
    out = v.view();
  else if constexpr (std::same_as<V, bool>)
    out = v ? "true" : "false";
  else if constexpr (std::same_as<V, char>)
    out = std::string_view(&v, 1);
  else if constexpr (std::same_as<V, timestamp>)
    out = format_time(v).view();
  else if constexpr (std::is_enum_v<V>)
    out = digits(static_cast<std::underlying_type_t<V>>(v)).view();
  else if constexpr (std::integral<V>)
    out = digits(v).view();
  else if constexpr (std::floating_point<V>)
    v - v == 0 ? write.real(v) : void(out = v != v ? "nan" : v > 0 ? "inf" : "-inf");
  else
    write.seconds(duration(v));
  return out;
}

}  // namespace detail

/// What a condition is about; comparing it makes one.
struct subject {
  text<48> field{};

  template <class V>
  friend condition operator==(const subject& s, const V& v) {
    return s.compared(comparison::equal, v);
  }
  template <class V>
  friend condition operator!=(const subject& s, const V& v) {
    return s.compared(comparison::not_equal, v);
  }
  template <class V>
  friend condition operator<(const subject& s, const V& v) {
    return s.compared(comparison::less, v);
  }
  template <class V>
  friend condition operator<=(const subject& s, const V& v) {
    return s.compared(comparison::less_equal, v);
  }
  template <class V>
  friend condition operator>(const subject& s, const V& v) {
    return s.compared(comparison::greater, v);
  }
  template <class V>
  friend condition operator>=(const subject& s, const V& v) {
    return s.compared(comparison::greater_equal, v);
  }
  template <class V>
  [[nodiscard]] condition between(const V& low, const V& high) const {
    return compared(comparison::between, low, high);
  }
  template <class... V>
  [[nodiscard]] condition in(const V&... values) const {
    return compared(comparison::one_of, values...);
  }

 private:
  template <class... V>
  [[nodiscard]] condition compared(comparison c, const V&... values) const {
    condition made(field, c);
    (made.add(detail::characters_of(values).view()), ...);
    return made;
  }
};

/// A member by its name in the descriptor: "celsius", "position.x".
inline subject where(std::string_view field) { return {field}; }

/// A member by its pointer.
template <describable E, class Member>
subject where(Member E::* member) {
  static_assert(detail::is_leaf<Member>, "where: the member must be a number, a text, a time or an enumeration");
  alignas(E) static constexpr std::byte room[sizeof(E)]{};
  const auto* event = reinterpret_cast<const E*>(room);
  const auto offset = reinterpret_cast<const std::byte*>(&(event->*member)) - room;
  for (const field& f : describe<E>().fields)
    if (f.offset == static_cast<std::uint32_t>(offset)) return {f.name};
  return {};
}

}  // namespace levada::inline v0
