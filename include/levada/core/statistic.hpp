// SPDX-License-Identifier: BSL-1.0
// statistic: the names of what is computed of some values: count, sum, mean ... last. Whoever has gathered values (a window, a
// set of features) gives them by these names, from the moments that they ask for.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

/// What a pane must keep for an aggregate. Their number it keeps anyway.
enum class moment : std::uint8_t { sum = 1, squares = 2, least = 4, greatest = 8, first = 16, last = 32 };

namespace detail {
constexpr unsigned bit(moment m) { return static_cast<unsigned>(m); }
}  // namespace detail

/// How many values there were.
struct count {
  static constexpr std::string_view name = "count";
  static constexpr unsigned needs = 0;
  static std::uint64_t of(const auto& m) { return m.n; }
};
/// Their sum; of integers exact, modulo 2^64.
struct sum {
  static constexpr std::string_view name = "sum";
  static constexpr unsigned needs = detail::bit(moment::sum);
  static auto of(const auto& m) { return m.total(); }
};
struct mean {
  static constexpr std::string_view name = "mean";
  static constexpr unsigned needs = detail::bit(moment::sum);
  static double of(const auto& m) { return m.mean(); }
};
struct min {
  static constexpr std::string_view name = "min";
  static constexpr unsigned needs = detail::bit(moment::least);
  static auto of(const auto& m) { return m.least; }
};
struct max {
  static constexpr std::string_view name = "max";
  static constexpr unsigned needs = detail::bit(moment::greatest);
  static auto of(const auto& m) { return m.greatest; }
};
/// Of the values themselves, not estimated for a population they were drawn from: the divisor is n.
struct variance {
  static constexpr std::string_view name = "variance";
  static constexpr unsigned needs = detail::bit(moment::squares);
  static double of(const auto& m) { return m.second() / static_cast<double>(m.n); }
};
struct stddev {
  static constexpr std::string_view name = "stddev";
  static constexpr unsigned needs = detail::bit(moment::squares);
  static double of(const auto& m) { return std::sqrt(variance::of(m)); }
};
struct first {
  static constexpr std::string_view name = "first";
  static constexpr unsigned needs = detail::bit(moment::first);
  static auto of(const auto& m) { return m.first; }
};
struct last {
  static constexpr std::string_view name = "last";
  static constexpr unsigned needs = detail::bit(moment::last);
  static auto of(const auto& m) { return m.last; }
};

/// A name of such a kind: `needs` is a union of moments, and of(m) makes the result of them.
template <class A>
concept aggregate_function = requires {
  { A::name } -> std::convertible_to<std::string_view>;
  { A::needs } -> std::convertible_to<unsigned>;
};

}  // namespace levada::inline v0
