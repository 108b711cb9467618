// SPDX-License-Identifier: BSL-1.0
// record: an event whose type is known only at run time: a descriptor and the bytes. What shows, converts or tests events
// of any topic (a tap, rules, JSON, SQL) reads members through it by name.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/field.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

/// Takes  a checked descriptor and at least its event_size bytes, aligned or not.
/// Holds  references to both.
/// Fails  never on data; an index that does not exist stops the program.
/// Costs  find: a comparison a field, so look a name up once; the others a switch and a copy.
class record {
 public:
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  record(const descriptor_view& descriptor, const std::byte* bytes) : descriptor_(descriptor), bytes_(bytes) {}
  template <describable T>
  explicit record(const T& event) : record(describe<T>(), reinterpret_cast<const std::byte*>(&event)) {}
  template <describable T>
  explicit record(const T&& event) = delete;  // it would be gone at once

  [[nodiscard]] const descriptor_view& descriptor() const { return descriptor_; }
  [[nodiscard]] std::size_t size() const { return descriptor_.fields.size(); }
  [[nodiscard]] const field& at(std::size_t i) const {
    LEVADA_CHECK(i < size(), i);
    return descriptor_.fields[i];
  }

  /// The index of a member; npos if there is none of that name.
  [[nodiscard]] std::size_t find(std::string_view name) const {
    for (std::size_t i = 0; i < size(); ++i)
      if (descriptor_.fields[i].name.view() == name) return i;
    return npos;
  }

  /// The value as a double: times and durations in seconds, a boolean as 0 or 1, an enumeration as its number, NaN for words.
  [[nodiscard]] double number(std::size_t i, std::size_t element = 0) const {
    switch (at(i).kind) {
      case field_kind::floating: return real(i, element);
      case field_kind::timestamp:
      case field_kind::duration: return static_cast<double>(integer(i, element)) * 1e-9;
      case field_kind::unsigned_integer: return static_cast<double>(static_cast<std::uint64_t>(integer(i, element)));
      case field_kind::text:
      case field_kind::character: return std::numeric_limits<double>::quiet_NaN();
      default: return static_cast<double>(integer(i, element));
    }
  }

  /// The value as a whole number: times and durations in nanoseconds, a character as its code, a real number cut toward zero
  /// and to the range, 0 for a NaN and for texts. Of 8-byte unsigned members these are the same 64 bits.
  [[nodiscard]] std::int64_t integer(std::size_t i, std::size_t element = 0) const {
    const field& f = at(i);
    const std::byte* p = element_at(f, element);
    switch (f.kind) {
      case field_kind::text: return 0;
      case field_kind::floating: return cut(real(i, element));
      case field_kind::boolean: return *p != std::byte{} ? 1 : 0;
      case field_kind::signed_integer:
      case field_kind::timestamp:
      case field_kind::duration: return signed_number(p, f.size);
      case field_kind::enumeration: return f.has_sign != 0 ? signed_number(p, f.size) : unsigned_number(p, f.size);
      default: return unsigned_number(p, f.size);
    }
  }

  /// The characters of a text up to its first zero, a character, or the name of an enumeration's value; empty for the rest.
  [[nodiscard]] std::string_view words(std::size_t i, std::size_t element = 0) const {
    const field& f = at(i);
    auto* p = reinterpret_cast<const char*>(element_at(f, element));
    if (f.kind == field_kind::enumeration) return name_of_value(i, integer(i, element));
    if (f.kind != field_kind::text && f.kind != field_kind::character) return {};
    auto* end = static_cast<const char*>(std::memchr(p, 0, f.size));
    return {p, end == nullptr ? f.size : static_cast<std::size_t>(end - p)};
  }

  [[nodiscard]] timestamp time(std::size_t i, std::size_t element = 0) const { return {integer(i, element)}; }

  /// f(field, index) for each member, in order.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < size(); ++i) f(descriptor_.fields[i], i);
  }

 private:
  [[nodiscard]] const std::byte* element_at(const field& f, std::size_t element) const {
    LEVADA_CHECK(element < f.count, element);
    return bytes_ + f.offset + element * f.size;
  }

  template <class N>
  static N load(const std::byte* p) {
    N value;
    std::memcpy(&value, p, sizeof value);
    return value;
  }
  static std::int64_t signed_number(const std::byte* p, std::uint32_t size) {
    switch (size) {
      case 1: return load<std::int8_t>(p);
      case 2: return load<std::int16_t>(p);
      case 4: return load<std::int32_t>(p);
      default: return load<std::int64_t>(p);
    }
  }
  static std::int64_t unsigned_number(const std::byte* p, std::uint32_t size) {
    switch (size) {
      case 1: return load<std::uint8_t>(p);
      case 2: return load<std::uint16_t>(p);
      case 4: return load<std::uint32_t>(p);
      default: return load<std::int64_t>(p);
    }
  }
  [[nodiscard]] double real(std::size_t i, std::size_t element) const {
    const field& f = at(i);
    const std::byte* p = element_at(f, element);
    return f.size == sizeof(float) ? static_cast<double>(load<float>(p)) : load<double>(p);
  }
  static std::int64_t cut(double value) {
    if (value != value) return 0;
    if (value >= 0x1p63) return INT64_MAX;
    return value < -0x1p63 ? INT64_MIN : static_cast<std::int64_t>(value);
  }
  [[nodiscard]] std::string_view name_of_value(std::size_t i, std::int64_t value) const {
    for (const enumerator& e : descriptor_.enumerators)
      if (e.field == i && e.value == value) return e.name.view();
    return {};
  }

  descriptor_view descriptor_;
  const std::byte* bytes_;
};

}  // namespace levada::inline v0
