// SPDX-License-Identifier: BSL-1.0
// descriptor: the table of an event type's members, made from the type. A publisher and a subscriber agree by it, whoever
// compiled them, and record views, JSON and CSV live on it.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/reflect.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/enumeration.hpp>
#include <levada/wire/field.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

// ---- what a member is ------------------------------------------------------------------------------------------------

template <class M>
inline constexpr bool is_text = false;
template <std::size_t N>
inline constexpr bool is_text<text<N>> = true;
template <std::size_t N>
inline constexpr bool is_text<char[N]> = true;
template <std::size_t N>
inline constexpr bool is_text<std::array<char, N>> = true;

/// The element of an array of any dimensions, and the number of elements. An array of char is one text.
template <class M>
struct elements {
  using type = M;
  static constexpr std::size_t count = 1;
};
template <class M, std::size_t N>
  requires(!is_text<M[N]>)
struct elements<M[N]> {
  using type = typename elements<M>::type;
  static constexpr std::size_t count = N * elements<M>::count;
};
template <class M, std::size_t N>
  requires(!is_text<std::array<M, N>>)
struct elements<std::array<M, N>> : elements<M[N]> {};

template <class M>
inline constexpr bool is_integer = std::is_integral_v<M> && sizeof(M) <= 8 && !std::is_same_v<M, wchar_t> &&
                                   !std::is_same_v<M, char8_t> && !std::is_same_v<M, char16_t> && !std::is_same_v<M, char32_t>;

/// Members that become one field: everything but structs.
template <class M>
inline constexpr bool is_leaf = is_text<M> || is_integer<M> || std::is_enum_v<M> || std::is_same_v<M, float> ||
                                std::is_same_v<M, double> || std::is_same_v<M, timestamp> || std::is_same_v<M, duration>;

template <class M>
  requires is_leaf<M>
constexpr field_kind kind_of() {
  if constexpr (is_text<M>)
    return field_kind::text;
  else if constexpr (std::is_same_v<M, bool>)
    return field_kind::boolean;
  else if constexpr (std::is_same_v<M, char>)
    return field_kind::character;
  else if constexpr (std::is_same_v<M, timestamp>)
    return field_kind::timestamp;
  else if constexpr (std::is_same_v<M, duration>)
    return field_kind::duration;
  else if constexpr (std::is_same_v<M, std::byte>)
    return field_kind::unsigned_integer;
  else if constexpr (std::is_enum_v<M>)
    return field_kind::enumeration;
  else if constexpr (std::is_floating_point_v<M>)
    return field_kind::floating;
  else
    return std::is_signed_v<M> ? field_kind::signed_integer : field_kind::unsigned_integer;
}

// ---- the members of a type, found by reflection or named by LEVADA_DESCRIBE ---------------------------------------------

template <class T>
struct found_members {
  static constexpr std::size_t size = member_count<T>;
  template <std::size_t I>
  using type = member_type<T, I>;
  template <std::size_t I>
  static constexpr std::string_view name = member_name<T, I>;
  template <std::size_t I>
  static std::size_t offset() {
    return member_offset<T, I>();
  }
};

constexpr std::string_view nth_of_list(std::string_view list, std::size_t n) {
  for (; n > 0; --n) list.remove_prefix(list.find(',') + 1);
  list = list.substr(0, list.find(','));
  while (list.starts_with(' ')) list.remove_prefix(1);
  while (list.ends_with(' ')) list.remove_suffix(1);
  return list;
}

template <class T>
struct told_members {
  using seen = members_of<T>;
  static constexpr auto count = [](const auto&... m) { return std::integral_constant<std::size_t, sizeof...(m)>{}; };

  static constexpr std::size_t size = decltype(std::declval<const seen&>().levada_visit(count))::value;
  template <std::size_t I>
  using type = std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<const seen&>().levada_visit(pointer_to_nth<I>))>>;
  template <std::size_t I>
  static constexpr std::string_view name = nth_of_list(seen::levada_names, I);
  template <std::size_t I>
  static std::size_t offset() {
    const auto object = std::bit_cast<seen>(std::array<std::byte, sizeof(seen)>{});  // T may have no default constructor
    return static_cast<std::size_t>(reinterpret_cast<const char*>(object.levada_visit(pointer_to_nth<I>)) -
                                    reinterpret_cast<const char*>(static_cast<const T*>(&object)));
  }
};

template <class T>
inline constexpr bool is_told = requires { members_of<T>::levada_names; };
template <class T>
using members_in = std::conditional_t<is_told<T>, told_members<T>, found_members<T>>;

// ---- what cannot be described ----------------------------------------------------------------------------------------

enum class obstacle : std::uint8_t { none, unions, not_copyable, bases, hidden, too_many, pointers, bit_fields, odd_numbers };

template <const auto* Pointer>
struct addressable;
/// Of a bit-field only a copy has an address, and the address of a copy is not a constant.
template <class T, std::size_t I>
concept has_address = is_told<T> || requires { typename addressable<member_pointer<T, I>()>; };

template <class T>
constexpr obstacle obstacle_in();

template <class M>
constexpr obstacle obstacle_of_member() {
  using E = typename elements<M>::type;
  if constexpr (std::is_pointer_v<E> || std::is_member_pointer_v<E> || std::is_null_pointer_v<E>)
    return obstacle::pointers;
  else if constexpr (is_leaf<E>)
    return obstacle::none;
  else if constexpr (std::is_class_v<E> || std::is_union_v<E>)
    return obstacle_in<E>();
  else
    return obstacle::odd_numbers;
}

template <class T>
constexpr obstacle obstacle_in_members() {
  using list = members_in<T>;
  auto first = obstacle::none;
  for_each_index<list::size>([&](auto i) {
    if (first == obstacle::none) first = obstacle_of_member<typename list::template type<i>>();
    if (first == obstacle::none && !has_address<T, i>) first = obstacle::bit_fields;
  });
  return first;
}

template <class T>
constexpr obstacle obstacle_in() {
  if constexpr (std::is_union_v<T>)
    return obstacle::unions;
  else if constexpr (!std::is_trivially_copyable_v<T>)
    return obstacle::not_copyable;
  else if constexpr (is_told<T>)
    return obstacle_in_members<T>();
  else if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T>)
    return obstacle::hidden;
  else if constexpr (has_bases<T>)
    return obstacle::bases;
  else if constexpr (count_members<T>() > most_members)
    return obstacle::too_many;
  else if constexpr (!reflectable<T>)
    return obstacle::hidden;
  else
    return obstacle_in_members<T>();
}

// ---- one walk over the members, for measuring and for writing --------------------------------------------------------

template <class M, class V>
constexpr void walk_member(V& visitor, const typename V::path& path, std::size_t offset);

template <class T, class V>
constexpr void walk(V& visitor, const typename V::path& path, std::size_t offset) {
  using list = members_in<T>;
  for_each_index<list::size>([&](auto i) {
    walk_member<typename list::template type<i>>(visitor, visitor.below(path, list::template name<i>),
                                                 offset + visitor.template offset<list, i>());
  });
}

template <class M, class V>
constexpr void walk_member(V& visitor, const typename V::path& path, std::size_t offset) {
  using E = typename elements<M>::type;
  if constexpr (is_leaf<E>)
    visitor.template leaf<E>(path, elements<M>::count, offset);
  else if constexpr (std::is_same_v<M, E>)
    walk<E>(visitor, path, offset);
  else
    for (std::size_t i = 0; i < elements<M>::count; ++i)
      walk<E>(visitor, visitor.below(path, digits(i).view()), offset + i * sizeof(E));
}

template <class E>
constexpr std::size_t enumerators_of() {
  if constexpr (kind_of<E>() == field_kind::enumeration)
    return named_values<E>.size();
  else
    return 0;
}
template <class E>
constexpr bool has_sign() {
  if constexpr (kind_of<E>() == field_kind::enumeration)
    return std::is_signed_v<std::underlying_type_t<E>>;
  else
    return false;
}

/// Counts what a descriptor will hold, as a constant: offsets are known only at run time.
struct descriptor_measure {
  using path = std::size_t;
  std::size_t fields = 0, enumerators = 0, longest_name = 0, longest_value_name = 0;

  static constexpr path below(path p, std::string_view name) { return p + (p == 0 ? 0 : 1) + name.size(); }
  template <class List, std::size_t I>
  static constexpr std::size_t offset() {
    return 0;
  }
  template <class E>
  constexpr void leaf(path p, std::size_t, std::size_t) {
    ++fields;
    enumerators += enumerators_of<E>();
    longest_name = p > longest_name ? p : longest_name;
    if constexpr (enumerators_of<E>() > 0)
      for (const named_value& v : named_values<E>)
        longest_value_name = v.name.size() > longest_value_name ? v.name.size() : longest_value_name;
  }
};

template <class T>
constexpr descriptor_measure measured() {
  descriptor_measure m;
  if constexpr (obstacle_in<T>() == obstacle::none) walk<T>(m, 0, 0);
  return m;
}
template <class T>
inline constexpr descriptor_measure measure_of = measured<T>();

template <class T>
struct descriptor_storage {
  using path = text<48>;
  std::array<field, measure_of<T>.fields> fields{};
  std::array<enumerator, measure_of<T>.enumerators> enumerators{};
  std::size_t field_count = 0, enumerator_count = 0;

  descriptor_storage() { walk<T>(*this, path{}, 0); }

  static path below(const path& p, std::string_view name) { return compose<48>(p, p.empty() ? "" : ".", name); }
  template <class List, std::size_t I>
  static std::size_t offset() {
    return List::template offset<I>();
  }
  template <class E>
  void leaf(const path& p, std::size_t count, std::size_t offset) {
    if constexpr (enumerators_of<E>() > 0)
      for (const named_value& v : named_values<E>)
        enumerators[enumerator_count++] = {v.value, v.name, static_cast<std::uint32_t>(field_count), 0};
    fields[field_count++] = {
        p, sizeof(E), static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(offset), kind_of<E>(), has_sign<E>(), {}};
  }
};

}  // namespace detail

/// An event that describe() can put into a table: a trivially copyable struct of numbers, texts, times, enumerations, arrays
/// of them, and structs of the same kind.
template <class T>
concept describable =
    detail::obstacle_in<T>() == detail::obstacle::none && detail::measure_of<T>.fields <= most_fields &&
    detail::measure_of<T>.enumerators <= most_enumerators && detail::measure_of<T>.longest_name < sizeof(field::name) &&
    detail::measure_of<T>.longest_value_name < sizeof(enumerator::name);

/// The descriptor of T, made at the first call and kept until the end of the program.
/// Holds  64 bytes a field, 40 an enumerator.
/// Fails  at compile time, with a sentence for each kind of member that cannot cross a process.
template <class T>
descriptor_view describe() {
  using detail::obstacle;
  constexpr obstacle found = detail::obstacle_in<T>();
  constexpr detail::descriptor_measure measure = detail::measure_of<T>;
  static_assert(found != obstacle::unions, "describe: the type has a union, and nobody could tell what lies in it: use a struct");
  static_assert(
      found != obstacle::not_copyable,
      "describe: the type is not trivially copyable, so its bytes are not its value: hold text<N> for a string, an array for a "
      "vector");
  static_assert(found != obstacle::bases,
                "describe: the type has a base class: make the base a member, or write LEVADA_DESCRIBE(type, member...)");
  static_assert(
      found != obstacle::hidden,
      "describe: the members cannot be found (constructors, references, private members, or no constant default value): "
      "make it an aggregate of values, or write LEVADA_DESCRIBE(type, member...)");
  static_assert(found != obstacle::too_many,
                "describe: the type has more than 40 members: group some of them in a struct that is a member");
  static_assert(found != obstacle::pointers,
                "describe: a member is a pointer, which means nothing in another process: hold the value, an index or text<N>");
  static_assert(found != obstacle::bit_fields, "describe: a member is a bit-field, which has no address: use a whole integer");
  static_assert(
      found != obstacle::odd_numbers,
      "describe: a member is a number whose size differs between machines (long double, wchar_t, ...): use double, char or "
      "a fixed integer");
  static_assert(measure.longest_name < sizeof(field::name),
                "describe: a member's name, with the names of the structs around it, has more than 47 characters: shorten it");
  static_assert(measure.longest_value_name < sizeof(enumerator::name),
                "describe: a value of an enumeration has a name of more than 23 characters: shorten it");
  static_assert(
      measure.fields <= most_fields && measure.enumerators <= most_enumerators,
      "describe: the type has more than 512 fields or 1024 enumerators, each element of an array of structs counted: use "
      "arrays of numbers");
  if constexpr (describable<T>) {
    static const detail::descriptor_storage<T> storage;
    return {storage.fields, storage.enumerators, sizeof(T), alignof(T)};
  } else {
    return {};
  }
}

}  // namespace levada::inline v0
