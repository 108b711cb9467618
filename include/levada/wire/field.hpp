// SPDX-License-Identifier: BSL-1.0
// field: how an event lies in memory, as data: the table of members that a topic, a log and a record view share, and the
// rules by which two such tables agree. wire/descriptor.hpp makes it from a type.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

/// What the bytes of a member mean. The numbers are written to memory and to disk: never change one.
enum class field_kind : std::uint8_t {
  boolean = 0,           ///< 1 byte, 0 or 1
  signed_integer = 1,    ///< 1, 2, 4 or 8 bytes
  unsigned_integer = 2,  ///< 1, 2, 4 or 8 bytes
  floating = 3,          ///< 4 or 8 bytes, IEEE 754
  character = 4,         ///< 1 byte
  text = 5,              ///< any number of bytes, up to the first zero: text<N>, char[N], std::array<char, N>
  timestamp = 6,         ///< 8 bytes, signed, nanoseconds since 1970
  duration = 7,          ///< 8 bytes, signed, nanoseconds
  enumeration = 8,       ///< 1, 2, 4 or 8 bytes; names stand in the enumerators
};
inline constexpr std::size_t field_kinds = 9;

constexpr std::string_view name_of(field_kind kind) {
  constexpr std::string_view names[field_kinds] = {"boolean", "signed integer", "unsigned integer", "floating",   "character",
                                                   "text",    "timestamp",      "duration",         "enumeration"};
  return static_cast<std::size_t>(kind) < field_kinds ? names[static_cast<std::size_t>(kind)] : "unknown kind";
}

/// A member that is not a struct. Members of nested structs have dotted names ("position.x"), also those in arrays
/// ("points.0.x"). One cache line, the same for every compiler.
struct field {
  text<48> name{};
  std::uint32_t size = 0;   ///< bytes of one element
  std::uint32_t count = 1;  ///< elements of an array, of all its dimensions; otherwise 1
  std::uint32_t offset = 0;
  field_kind kind = field_kind::boolean;
  std::uint8_t has_sign = 0;  ///< 1 for an enumeration whose numbers may be negative
  std::uint8_t reserved[2]{};

  friend constexpr bool operator==(const field&, const field&) = default;
};
static_assert(std::is_trivially_copyable_v<field> && sizeof(field) == 64 && alignof(field) == 4);
static_assert(offsetof(field, size) == 48 && offsetof(field, count) == 52 && offsetof(field, offset) == 56 &&
              offsetof(field, kind) == 60 && offsetof(field, has_sign) == 61);

/// A named value of an enumeration.
struct enumerator {
  std::int64_t value = 0;
  text<24> name{};
  std::uint32_t field = 0;  ///< which of the descriptor's fields
  std::uint32_t reserved = 0;

  friend constexpr bool operator==(const enumerator&, const enumerator&) = default;
};
static_assert(std::is_trivially_copyable_v<enumerator> && sizeof(enumerator) == 40 && alignof(enumerator) == 8);
static_assert(offsetof(enumerator, name) == 8 && offsetof(enumerator, field) == 32);

/// An event type as data. A view: it lives as long as what it looks at.
struct descriptor_view {
  std::span<const field> fields{};            ///< in the order of their declaration
  std::span<const enumerator> enumerators{};  ///< in the order of their fields
  std::uint32_t event_size = 0;
  std::uint32_t event_alignment = 1;
};

/// More would not fit into the header of a topic.
inline constexpr std::size_t most_fields = 512;
inline constexpr std::size_t most_enumerators = 1024;

namespace detail {

template <std::size_t N>
constexpr bool is_a_name(const text<N>& name) {
  if (name.empty() || name.bytes[N - 1] != '\0') return false;
  for (char c : name.view())
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '"' || c == '\'' || c == '\\') return false;
  return true;
}

constexpr bool fits(field_kind kind, std::uint32_t size) {
  switch (kind) {
    case field_kind::boolean:
    case field_kind::character: return size == 1;
    case field_kind::signed_integer:
    case field_kind::unsigned_integer:
    case field_kind::enumeration: return size == 1 || size == 2 || size == 4 || size == 8;
    case field_kind::floating: return size == 4 || size == 8;
    case field_kind::text: return size > 0;
    case field_kind::timestamp:
    case field_kind::duration: return size == 8;
  }
  return false;
}

/// "'value' as 8-byte floating at 32", "'axes' as 3 of 4-byte floating at 8".
constexpr text<128> in_words(const field& f) {
  auto array = f.count == 1 ? text<24>{} : compose<24>(f.count, " of ");
  return compose<128>("'", f.name, "' as ", array, f.size, "-byte ", name_of(f.kind), " at ", f.offset);
}

constexpr bool same_layout(const field& a, const field& b) {
  return a.name == b.name && a.kind == b.kind && a.size == b.size && a.count == b.count && a.offset == b.offset &&
         a.has_sign == b.has_sign;
}

}  // namespace detail

/// Takes  a descriptor out of memory or a file for which nobody vouches. Copy it first: what can change after the check was
///        not checked.
/// Fails  data: with the first thing that is wrong. After success every field lies inside the event, has a size that its kind
///        can have and a terminated name without blanks, quotes or control characters, and every enumerator has an
///        enumeration.
constexpr result<> check(const descriptor_view& d) {
  if (d.fields.size() > most_fields || d.enumerators.size() > most_enumerators)
    return fault::of(failure::data, "descriptor: ", d.fields.size(), " fields and ", d.enumerators.size(),
                     " enumerators, more than ", most_fields, " and ", most_enumerators,
                     ": it is damaged, or of a later version");
  std::uint32_t a = d.event_alignment;
  if (a == 0 || (a & (a - 1)) != 0 || d.event_size == 0 || d.event_size % a != 0)
    return fault::of(failure::data, "descriptor: an event of ", d.event_size, " bytes aligned to ", a,
                     " cannot be: it is damaged");
  for (std::size_t i = 0; i < d.fields.size(); ++i) {
    const field& f = d.fields[i];
    if (!detail::is_a_name(f.name))
      return fault::of(failure::data, "descriptor: field ", i + 1, " has no proper name: it is damaged");
    if (!detail::fits(f.kind, f.size))
      return fault::of(failure::data, "descriptor: field ", i + 1, " is '", f.name, "', ", f.size, " bytes of kind ",
                       static_cast<unsigned>(f.kind), ", which cannot be: it is damaged, or of a later version");
    if (f.has_sign > 1 || f.count == 0 ||
        f.offset + std::uint64_t{f.size} * f.count > d.event_size)  // at most 2^64 - 2^32: it cannot wrap
      return fault::of(failure::data, "descriptor: field ", i + 1, ", ", detail::in_words(f), ", reaches out of the event's ",
                       d.event_size, " bytes: it is damaged");
  }
  for (std::size_t i = 0; i < d.enumerators.size(); ++i) {
    const enumerator& e = d.enumerators[i];
    if (e.field >= d.fields.size() || d.fields[e.field].kind != field_kind::enumeration || !detail::is_a_name(e.name))
      return fault::of(failure::data, "descriptor: enumerator ", i + 1, " names no value of an enumeration: it is damaged");
  }
  return {};
}

/// Whether events that are written by one descriptor can be read by another: the reader's fields are the first of the
/// writer's, unchanged, so that a publisher may add members at the end. Of enumerations the sides may know different values,
/// but no value has two names and no name two values.
/// Takes  checked descriptors.
/// Fails  data: with the first difference, and what stands on both sides.
constexpr result<> readable_by(const descriptor_view& written, const descriptor_view& read) {
  constexpr std::string_view remedy = "; build both from one definition, or give the changed events a new topic";
  for (std::size_t i = 0; i < read.fields.size(); ++i) {
    const field& r = read.fields[i];
    if (i >= written.fields.size())
      return fault::of(failure::data, "member ", i + 1, ": the publisher writes none, the subscriber reads ", detail::in_words(r),
                       remedy);
    const field& w = written.fields[i];
    if (!detail::same_layout(w, r))
      return fault::of(failure::data, "member ", i + 1, ": the publisher writes ", detail::in_words(w), ", the subscriber reads ",
                       detail::in_words(r), w.has_sign != r.has_sign ? ", one of them with a sign" : "", remedy);
  }
  if (written.event_size < read.event_size || written.event_alignment < read.event_alignment)
    return fault::of(failure::data, "the publisher writes events of ", written.event_size, " bytes aligned to ",
                     written.event_alignment, ", the subscriber reads ", read.event_size, " bytes aligned to ",
                     read.event_alignment, remedy);
  for (const enumerator& r : read.enumerators)
    for (const enumerator& w : written.enumerators)
      if (w.field == r.field && (w.value == r.value) != (w.name == r.name))
        return fault::of(failure::data, "member ", r.field + 1, " '", read.fields[r.field].name, "': the publisher writes '",
                         w.name, "' as ", w.value, ", the subscriber reads '", r.name, "' as ", r.value, remedy);
  return {};
}

}  // namespace levada::inline v0
