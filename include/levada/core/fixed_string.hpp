// SPDX-License-Identifier: BSL-1.0
// fixed_string: a string that can be a template argument, so that operators, streams and parameters have names.
#pragma once

#include <cstddef>
#include <string_view>

namespace levada::inline v0 {

/// Holds  the characters of a literal, with its terminator.
template <std::size_t N>
struct fixed_string {
  char characters[N]{};

  constexpr fixed_string() = default;
  constexpr fixed_string(const char (&literal)[N]) {  // NOLINT: implicit, so that filter<"name"> can be written
    for (std::size_t i = 0; i < N; ++i) characters[i] = literal[i];
  }

  [[nodiscard]] constexpr std::string_view view() const { return {characters, N - 1}; }
  [[nodiscard]] constexpr bool empty() const { return N == 1; }

  template <std::size_t M>
  constexpr bool operator==(const fixed_string<M>& other) const {
    return view() == other.view();
  }
};

}  // namespace levada::inline v0
