// SPDX-License-Identifier: BSL-1.0
// decimal: a number as a template argument, exact to a millionth, so that band_energy<0.5, 10> is one type with one name on every
// compiler; and names that are built of words and such numbers while the program is compiled.
#pragma once

#include <levada/core/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0::detail {

struct decimal {
  std::int64_t millionths;

  constexpr decimal(int whole) : millionths(std::int64_t{whole} * 1'000'000) {}  // NOLINT: implicit, as in band_energy<500, 2000>
  constexpr decimal(double v) : millionths(static_cast<std::int64_t>(v * 1e6 + (v < 0 ? -0.5 : 0.5))) {}  // NOLINT: implicit
  [[nodiscard]] constexpr double value() const { return static_cast<double>(millionths) / 1e6; }
  friend constexpr bool operator==(decimal, decimal) = default;
};

/// From Low to High Hz.
template <decimal Low, decimal High>
struct band {
  static_assert(Low.millionths >= 0 && Low.millionths < High.millionths,
                "features: a band goes from a lower frequency to a higher one, in Hz");
};
template <decimal Percent>
struct percentage_of {
  static_assert(Percent.millionths >= 0 && Percent.millionths <= 100'000'000, "features: a percentage lies between 0 and 100");
};
template <decimal Multiple>
struct multiple_of_speed {
  static_assert(Multiple.millionths > 0, "features: a multiple of the speed of the shaft is above 0");
};

/// Text of at most 63 characters; what is longer is cut.
struct built_name {
  std::array<char, 64> characters{};
  std::size_t length = 0;

  constexpr void add(std::string_view text) {
    for (const char c : text)
      if (length + 1 < characters.size()) characters[length++] = c;
  }
  constexpr void add(std::uint64_t whole) {
    if (whole >= 10) add(whole / 10);
    const char digit = static_cast<char>('0' + whole % 10);
    add(std::string_view{&digit, 1});
  }
  constexpr void add(decimal d) {
    if (d.millionths < 0) add("-");
    const auto all = static_cast<std::uint64_t>(d.millionths < 0 ? -d.millionths : d.millionths);
    add(all / 1'000'000);
    std::uint64_t rest = all % 1'000'000;
    if (rest != 0) add(".");
    for (std::uint64_t place = 100'000; rest != 0; place /= 10) {
      add(rest / place);
      rest %= place;
    }
  }
  [[nodiscard]] constexpr std::string_view view() const { return {characters.data(), length}; }
};

template <std::size_t N>
constexpr std::array<std::string_view, N> views_of(const std::array<built_name, N>& names) {
  std::array<std::string_view, N> all{};
  for (std::size_t i = 0; i < N; ++i) all[i] = names[i].view();
  return all;
}

/// "word_a_b", of numbers or decimals: XGBoost takes no names with brackets.
template <class... Numbers>
constexpr built_name name_with(std::string_view word, Numbers... numbers) {
  built_name name;
  name.add(word);
  ((name.add("_"), name.add(numbers)), ...);
  return name;
}

}  // namespace levada::inline v0::detail
