// SPDX-License-Identifier: BSL-1.0
// mask: a member that others need not know is replaced before events leave the box: by a keyed hash, which can still be counted
// and joined, or by stars, which a person can still recognise.
//   mask(&payment::card, stars{.keep_last = 4}) | mask(&payment::holder, hashed{key})
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/text.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {
constexpr std::uint64_t rotated(std::uint64_t v, unsigned bits) { return v << bits | v >> (64 - bits); }
struct sip_state {
  std::uint64_t a, b, c, d;

  constexpr void rounds(int n) {
    for (; n > 0; --n) {
      a += b, b = rotated(b, 13) ^ a, a = rotated(a, 32);
      c += d, d = rotated(d, 16) ^ c;
      a += d, d = rotated(d, 21) ^ a;
      c += b, b = rotated(b, 17) ^ c, c = rotated(c, 32);
    }
  }
  constexpr void take(std::uint64_t word) {
    d ^= word;
    rounds(2);
    a ^= word;
  }
};

template <class T>
inline constexpr bool is_any_text = false;
template <std::size_t N>
inline constexpr bool is_any_text<text<N>> = true;
}  // namespace detail

/// SipHash-2-4 (Aumasson and Bernstein, SipHash: a fast short-input PRF, 2012) of some bytes with a key of 128 bits.
constexpr std::uint64_t keyed_hash(std::uint64_t key0, std::uint64_t key1, std::string_view bytes) {
  detail::sip_state s{key0 ^ 0x736f6d6570736575u, key1 ^ 0x646f72616e646f6du, key0 ^ 0x6c7967656e657261u,
                      key1 ^ 0x7465646279746573u};
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << i % 8 * 8;
    if (i % 8 == 7) s.take(std::exchange(word, 0));
  }
  s.take(word | std::uint64_t{bytes.size()} << 56);
  s.c ^= 0xff;
  s.rounds(4);
  return s.a ^ s.b ^ s.c ^ s.d;
}

/// In place of a text 16 hexadecimal digits, in place of an integer the low bits of the hash: the same value has the same hash
/// under the same key. Two different ones share it about once in 2^64 pairs, or as the integer's width says.
struct hashed {
  std::uint64_t key0;
  std::uint64_t key1;

  template <class T>
  static consteval bool can_mask() {
    if constexpr (detail::is_any_text<T>)
      return sizeof(T) > 16;
    else
      return std::is_integral_v<T> && !std::same_as<T, bool>;
  }
  template <std::size_t N>
  constexpr void operator()(text<N>& value) const {
    std::uint64_t rest = keyed_hash(key0, key1, value.view());
    char digits[16];
    for (std::size_t i = 16; i-- > 0; rest >>= 4) digits[i] = "0123456789abcdef"[rest & 15];
    value = std::string_view(digits, sizeof digits);
  }
  /// As 64 bits, little-endian: a number has the same hash in a member of any width that can hold it.
  template <std::integral T>
  constexpr void operator()(T& value) const {
    const auto wide = static_cast<std::uint64_t>(value);
    char bytes[8];
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(wide >> i * 8);
    value = static_cast<T>(keyed_hash(key0, key1, {bytes, sizeof bytes}));
  }
};

/// A star for each character of a text but the last ones. An integer has no characters.
struct stars {
  std::size_t keep_last = 0;

  template <class T>
  static consteval bool can_mask() {
    return detail::is_any_text<T>;
  }
  template <std::size_t N>
  constexpr void operator()(text<N>& value) const {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; };  // and is not in the middle
    const text<N> plain = value;
    const std::string_view all = plain.view();
    std::size_t characters = 0;
    for (const char c : all) characters += begins(c) ? 1u : 0u;
    const std::size_t hidden = characters > keep_last ? characters - keep_last : characters;
    text<N> masked;
    std::size_t seen = 0, to = 0;
    for (const char c : all) {
      if (begins(c)) ++seen;
      if (seen > hidden)
        masked.bytes[to++] = c;
      else if (begins(c))
        masked.bytes[to++] = '*';
    }
    value = masked;
  }
};

/// Takes  events E; a member that is a text<N> or an integer, and how it is masked: hashed{key0, key1}, stars{.keep_last = 4}.
/// Emits  the same events, masked in that member; below key_by the key beside them is still the plain one: mask first. A text
///        that is not longer than `keep_last` is all stars.
/// Holds  nothing but the key, which it does not persist.
/// Fails  never.
/// Costs  a copy of the event, and of a hash a few rounds for each 8 bytes.
///
/// What it is not: anonymisation. Who has the key, and can list the values (card numbers, names, addresses are few), hashes all
/// of them and compares; who has not can still count, link and guess by what else the event says. Stars show how long the text
/// was. Keep the key off the machines that get the events, and in nobody's source code; a new key cuts the link to what was
/// hashed before.
template <fixed_string Name, class Member, class How>
struct mask_operator {
  static constexpr std::string_view kind = "mask";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  Member member;
  How how;

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    if constexpr (picks_from<Member, E>) {
      constexpr bool masks = How::template can_mask<picked_type<Member, E>>();
      static_assert(masks, "mask: hashed takes a text<17> or longer, or an integer; stars takes a text<N>");
      return masks;
    } else {
      constexpr bool picks = picks_from<Member, E>;
      static_assert(picks, "mask: the value must be a member of the event type that arrives here, as in &payment::card");
      return false;
    }
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    payload_type<E> masked = levada::payload(e);
    how(masked.*member);
    out(levada::relay(e, masked));
  }
};

template <fixed_string Name = "", class E, class V, class How>
constexpr auto mask(V E::* member, How how) {
  return link{mask_operator<Name, V E::*, How>{member, how}};
}

}  // namespace levada::inline v0
