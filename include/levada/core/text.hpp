// SPDX-License-Identifier: BSL-1.0
// text: characters of bounded length inside an event, a key or an error. Trivially copyable, no allocation.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

/// Holds  at most N - 1 bytes of UTF-8 and zeros after them, N bytes in all.
/// Fails  never: what does not fit is cut at the last whole code point, and what stands behind a zero is left out.
/// Costs  comparison looks at all N bytes, so keep N small in keys (16, 24, 32).
template <std::size_t N>
struct text {
  static_assert(N >= 2 && N <= 4096, "text: the size counts bytes, 2 to 4096");
  char bytes[N]{};

  constexpr text() = default;
  constexpr text(std::string_view s) { append_at(0, s); }       // NOLINT: implicit, as for std::string
  constexpr text(const char* s) : text(std::string_view(s)) {}  // NOLINT: implicit, as for std::string

  [[nodiscard]] constexpr std::string_view view() const {
    std::size_t n = 0;
    while (n < N && bytes[n] != '\0') ++n;
    return {bytes, n};
  }
  [[nodiscard]] constexpr bool empty() const { return bytes[0] == '\0'; }
  [[nodiscard]] const char* c_str() const { return bytes; }

  /// Appends what fits.
  constexpr text& operator+=(std::string_view s) {
    append_at(view().size(), s);
    return *this;
  }

  friend constexpr bool operator==(const text&, const text&) = default;
  friend constexpr auto operator<=>(const text& a, const text& b) { return a.view() <=> b.view(); }

 private:
  constexpr void append_at(std::size_t begin, std::string_view s) {
    s = s.substr(0, s.find('\0'));
    std::size_t n = s.size();
    std::size_t room = begin < N ? N - 1 - begin : 0;
    if (n > room) {
      n = room;
      while (n > 0 && (static_cast<unsigned char>(s[n]) & 0xC0u) == 0x80u) --n;
    }
    for (std::size_t i = 0; i < n; ++i) bytes[begin + i] = s[i];
  }
};

/// A number in decimal digits, for the places that build a sentence without a formatter.
struct digits {
  char bytes[24]{};
  unsigned char begin = sizeof bytes;

  template <class T>
    requires std::is_integral_v<T>
  constexpr explicit digits(T value) {
    bool negative = value < T{};
    auto rest = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    do {
      bytes[--begin] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (negative) bytes[--begin] = '-';
  }
  [[nodiscard]] constexpr std::string_view view() const { return {bytes + begin, sizeof bytes - begin}; }
};

/// text<N> from strings, texts and whole numbers: compose<256>("line ", 12, ": ", word).
template <std::size_t N, class... Part>
constexpr text<N> compose(const Part&... part) {
  text<N> all;
  [[maybe_unused]] auto append = [&all](const auto& p) {
    using P = std::remove_cvref_t<decltype(p)>;
    if constexpr (std::is_integral_v<P> && !std::is_same_v<P, char>)
      all += digits(p).view();
    else if constexpr (std::is_same_v<P, char>)
      all += std::string_view(&p, 1);
    else if constexpr (requires { p.view(); })
      all += p.view();
    else
      all += std::string_view(p);
  };
  (append(part), ...);
  return all;
}

}  // namespace levada::inline v0
