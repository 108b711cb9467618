// SPDX-License-Identifier: BSL-1.0
// order_key: a member of an event as 64 bits that are in the order of its values, so that whatever the member is, a comparison is
// one of whole numbers. Of a text it is a hash, which has no order.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/hash.hpp>
#include <levada/wire/field.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace levada::inline v0::detail {

/// How a member is read.
enum class reading_of : std::uint8_t { u8, u16, u32, u64, s8, s16, s32, s64, f32, f64, words };

constexpr reading_of reading_of_field(const field& f) {
  const auto log = static_cast<unsigned>(std::countr_zero(f.size));
  const auto sized = [&](reading_of smallest) { return static_cast<reading_of>(static_cast<unsigned>(smallest) + log); };
  switch (f.kind) {
    case field_kind::text: return reading_of::words;
    case field_kind::floating: return f.size == 4 ? reading_of::f32 : reading_of::f64;
    case field_kind::signed_integer:
    case field_kind::timestamp:
    case field_kind::duration: return sized(reading_of::s8);
    case field_kind::enumeration: return sized(f.has_sign != 0 ? reading_of::s8 : reading_of::u8);
    default: return sized(reading_of::u8);
  }
}

template <class N>
LEVADA_INLINE N load_number(const std::byte* p) {
  N value;
  std::memcpy(&value, p, sizeof value);
  return value;
}
inline constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
LEVADA_INLINE constexpr std::uint64_t key_of_signed(std::int64_t v) { return static_cast<std::uint64_t>(v) ^ sign_bit; }
/// Bits of a real number count up from zero, and down below it. Both zeros are one key; a NaN is behind all numbers.
LEVADA_INLINE constexpr std::uint64_t key_of_real(double v) {
  if (v != v) return UINT64_MAX;
  const auto bits = std::bit_cast<std::uint64_t>(v + 0.0);
  return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}
/// The characters up to the first zero.
LEVADA_INLINE std::string_view words_at(const std::byte* p, std::uint32_t size) {
  const auto* begin = reinterpret_cast<const char*>(p);
  const auto* end = static_cast<const char*>(std::memchr(begin, 0, size));
  return {begin, end == nullptr ? size : static_cast<std::size_t>(end - begin)};
}
LEVADA_INLINE std::uint64_t key_of_words(std::string_view words) { return hash_of_bytes(words.data(), words.size()); }

LEVADA_INLINE std::uint64_t order_key(reading_of how, const std::byte* p, std::uint32_t size) {
  switch (how) {
    case reading_of::u8: return load_number<std::uint8_t>(p);
    case reading_of::u16: return load_number<std::uint16_t>(p);
    case reading_of::u32: return load_number<std::uint32_t>(p);
    case reading_of::u64: return load_number<std::uint64_t>(p);
    case reading_of::s8: return key_of_signed(load_number<std::int8_t>(p));
    case reading_of::s16: return key_of_signed(load_number<std::int16_t>(p));
    case reading_of::s32: return key_of_signed(load_number<std::int32_t>(p));
    case reading_of::s64: return key_of_signed(load_number<std::int64_t>(p));
    case reading_of::f32: return key_of_real(static_cast<double>(load_number<float>(p)));
    case reading_of::f64: return key_of_real(load_number<double>(p));
    case reading_of::words: return key_of_words(words_at(p, size));
  }
  return 0;
}

/// The largest key that a comparison with > may find: infinity, and not the NaN behind it.
constexpr std::uint64_t last_key(field_kind kind) {
  return kind == field_kind::floating ? key_of_real(__builtin_inf()) : UINT64_MAX;
}

}  // namespace levada::inline v0::detail
