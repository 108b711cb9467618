// SPDX-License-Identifier: BSL-1.0
// copy_fields: an event of another type, whose members have namesakes in this one. What is checked when the program is compiled
// cannot go wrong when it runs: no member is missing, and no value can be lost.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/reflect.hpp>
#include <levada/core/text.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

template <class From, class To>
inline constexpr bool holds_text_of = false;
template <std::size_t N, std::size_t M>
inline constexpr bool holds_text_of<text<N>, text<M>> = M >= N;

/// Is every value of From one of To?
template <class From, class To>
constexpr bool holds_all_of() {
  if constexpr (std::is_same_v<From, To> || holds_text_of<From, To>) {
    return true;
  } else if constexpr (std::is_arithmetic_v<From> && std::is_arithmetic_v<To> && !std::is_same_v<To, bool>) {
    using from = std::numeric_limits<From>;
    using to = std::numeric_limits<To>;
    if constexpr (std::is_floating_point_v<From>) return std::is_floating_point_v<To> && to::digits >= from::digits;
    return to::digits >= from::digits && (to::is_signed || !from::is_signed);
  } else {
    return false;
  }
}

template <reflectable T>
inline constexpr auto member_names = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{member_name<T, I>...};
}(std::make_index_sequence<member_count<T>>{});

/// Which member of From is the namesake of each of To's; member_count<From> for none.
template <class From, class To>
inline constexpr auto namesakes = [] {
  std::array<std::size_t, member_count<To>> all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    while (all[i] < member_count<From> && member_names<From>[all[i]] != member_names<To>[i]) ++all[i];
  return all;
}();

template <class From, class To>
inline constexpr bool all_have_namesakes = [] {
  for (const std::size_t at : namesakes<From, To>)
    if (at == member_count<From>) return false;
  return true;
}();
template <class From, class To>
inline constexpr bool all_hold = []<std::size_t... I>(std::index_sequence<I...>) {
  return (holds_all_of<member_type<From, namesakes<From, To>[I]>, member_type<To, I>>() && ...);
}(std::make_index_sequence<member_count<To>>{});

/// By the bytes of the members, because an array has no assignment.
template <class To, class From>
LEVADA_INLINE To with_fields_of(const From& from) {
  To to{};
  for_each_index<member_count<To>>([&](auto i) LEVADA_INLINE_LAMBDA {
    constexpr std::size_t at = namesakes<From, To>[i];
    using F = member_type<From, at>;
    using T = member_type<To, i>;
    const char* source = reinterpret_cast<const char*>(&from) + member_offset<From, at>();
    char* target = reinterpret_cast<char*>(&to) + member_offset<To, i>();
    if constexpr (std::is_arithmetic_v<F> && !std::is_same_v<F, T>) {
      F value;
      std::memcpy(&value, source, sizeof value);
      const T converted = static_cast<T>(value);
      std::memcpy(target, &converted, sizeof converted);
    } else {
      std::memcpy(target, source, sizeof(F));
      if constexpr (sizeof(T) > sizeof(F)) std::memset(target + sizeof(F), 0, sizeof(T) - sizeof(F));  // a text that is longer
    }
  });
  return to;
}

}  // namespace detail

/// Takes  events E: trivially copyable aggregates.
/// Emits  a To of each, whose members are those of E with the same names: of the same type, or of a wider one (a number type
///        that holds all its values, a longer text). What To has not is left out.
/// Holds  nothing.
/// Fails  at compile time, if a member has no namesake, or one whose values it cannot all hold: map says what is to become of
///        them.
/// Costs  the copies.
template <fixed_string Name, class To>
struct copy_fields_operator {
  static constexpr std::string_view kind = "copy_fields";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;

  template <class E>
  using output = relayed_type<E, To>;
  template <class E>
  static consteval bool fits() {
    using From = payload_type<E>;
    constexpr bool copies = std::is_trivially_copyable_v<From> && std::is_trivially_copyable_v<To>;
    constexpr bool seen = copies && reflectable<From> && reflectable<To>;
    static_assert(seen, "copy_fields: both types must be trivially copyable aggregates of at most 40 members, without bases");
    if constexpr (seen) {
      constexpr bool named = detail::all_have_namesakes<From, To>;
      static_assert(named, "copy_fields: a member of the new type has no namesake in the event type that arrives here; use map");
      if constexpr (named) {
        constexpr bool holds = detail::all_hold<From, To>;
        static_assert(
            holds,
            "copy_fields: a member of the new type cannot hold every value of its namesake; say with map what becomes of them");
        return holds;
      }
    }
    return false;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const To copy = detail::with_fields_of<To>(levada::payload(e));
    out(levada::relay(e, copy));
  }
  template <class E>
  LEVADA_INLINE void masked(bool live, const E& e, auto out) {
    const To copy = detail::with_fields_of<To>(levada::payload(e));
    out.maybe(live, levada::relay(e, copy));
  }
};

template <fixed_string Name, class To>
constexpr auto copy_fields() {
  return link{copy_fields_operator<Name, To>{}};
}
template <class To>
constexpr auto copy_fields() {
  return copy_fields<"", To>();
}

}  // namespace levada::inline v0
