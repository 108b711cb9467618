// SPDX-License-Identifier: BSL-1.0
// aggregate: what a window computes of its events. Each aggregate says which moments it needs; a window stores their
// union once, so that mean, variance and stddev share one set of sums.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/time.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What a pane must keep for an aggregate. Their number it keeps anyway.
enum class moment : std::uint8_t { sum = 1, squares = 2, least = 4, greatest = 8, first = 16, last = 32 };

namespace detail {
constexpr unsigned bit(moment m) { return static_cast<unsigned>(m); }

/// Distinct empty types: two members of one empty type would not share an address.
template <moment>
struct no_moment {};

template <class V>
struct sum_type {
  using type = double;
};
template <std::integral V>
struct sum_type<V> {
  using type = std::conditional_t<std::is_signed_v<V>, std::int64_t, std::uint64_t>;
};
/// 64-bit integers are added up in 128 bits: the mean of nanoseconds since 1970 would overflow at the sixth.
__extension__ typedef __int128 wide_sum;  // NOLINT: the extension mark works on a typedef only
template <class V>
using accumulator = std::conditional_t<std::integral<V> && sizeof(V) == 8, wide_sum, typename sum_type<V>::type>;
}  // namespace detail

template <class V>
concept number = std::is_arithmetic_v<V> && !std::same_as<V, bool>;

/// The moments of some values V, without their number; Needs is a union of `moment`s.
/// Sums and squares are kept of the differences to an origin, the first value: the variance keeps its digits at any mean, for
/// the first value is never further from it than sqrt(n) deviations. (Merging means, as Chan, Golub and LeVeque do, rounds
/// them: at a mean of 1e9 and a deviation of 1e-3 only five digits were left.)
template <class V, unsigned Needs>
struct moments {
  static constexpr bool has(moment m) { return (Needs & detail::bit(m)) != 0; }
  template <moment M, class T>
  using maybe = std::conditional_t<has(M), T, detail::no_moment<M>>;
  static constexpr bool sums = has(moment::sum) && (std::integral<V> || !has(moment::squares));
  using value_type = V;
  using sum_t = typename detail::sum_type<V>::type;

  [[no_unique_address]] std::conditional_t<sums, detail::accumulator<V>, detail::no_moment<moment::sum>> sum{};
  struct shifted {
    double origin = 0;   // the first value; 0 if that is not finite
    double sum = 0;      // of value - origin
    double squares = 0;  // of (value - origin)^2
  };
  [[no_unique_address]] maybe<moment::squares, shifted> about{};
  [[no_unique_address]] maybe<moment::least, V> least{};
  [[no_unique_address]] maybe<moment::greatest, V> greatest{};
  [[no_unique_address]] maybe<moment::first, V> first{};
  [[no_unique_address]] maybe<moment::last, V> last{};

  /// Forgets what was there. `v` is the first value: add(v) must follow.
  LEVADA_INLINE void begin(detail::passed<V> v) {
    if constexpr (sums) sum = 0;
    if constexpr (has(moment::squares)) {
      const auto origin = static_cast<double>(v);
      about = {origin - origin == 0 ? origin : 0, 0, 0};
    }
    if constexpr (has(moment::least)) least = v;
    if constexpr (has(moment::greatest)) greatest = v;
    if constexpr (has(moment::first)) first = v;
  }
  LEVADA_INLINE void add(detail::passed<V> v) {
    if constexpr (sums) sum += static_cast<detail::accumulator<V>>(v);
    if constexpr (has(moment::squares)) {
      const double d = static_cast<double>(v) - about.origin;
      about.sum += d;
      about.squares += d * d;
    }
    // Where squares are kept they know of every NaN (see has_nan), and this is one instruction.
    if constexpr (has(moment::least)) least = v < least || (!has(moment::squares) && v != v) ? v : least;
    if constexpr (has(moment::greatest)) greatest = v > greatest || (!has(moment::squares) && v != v) ? v : greatest;
    if constexpr (has(moment::last)) last = v;
  }
  /// Was one of the values added NaN? No sum of squares of differences to a finite origin becomes NaN by infinities.
  [[nodiscard]] bool has_nan() const {
    if constexpr (has(moment::squares))
      return about.squares != about.squares;
    else
      return false;  // least and greatest are NaN already
  }
};

/// The moments of the panes of a window together, and how many values they are.
/// A NaN makes all results of the windows that hold it NaN, an infinity those that add.
template <class V, unsigned Needs>
struct merged_moments : moments<V, Needs> {
  using pane = moments<V, Needs>;
  using pane::about, pane::greatest, pane::has, pane::last, pane::least, pane::sum, pane::sums;
  std::uint64_t n = 0;

  /// Adds `values` values that came after these; there is at least one.
  void merge(const pane& later, std::uint64_t values) {
    if (n == 0) {
      static_cast<pane&>(*this) = later;
    } else {
      if constexpr (sums) sum += later.sum;
      if constexpr (has(moment::squares)) {
        const double shift = later.about.origin - about.origin, moved = shift * static_cast<double>(values);
        about.sum += later.about.sum + moved;
        about.squares += later.about.squares + shift * (2 * later.about.sum + moved);
      }
      if constexpr (has(moment::least)) least = later.least < least || later.least != later.least ? later.least : least;
      if constexpr (has(moment::greatest))
        greatest = later.greatest > greatest || later.greatest != later.greatest ? later.greatest : greatest;
      if constexpr (has(moment::last)) last = later.last;
    }
    if constexpr (has(moment::squares) && std::floating_point<V>) {
      const auto nan = static_cast<V>(later.about.squares);
      if constexpr (has(moment::least)) least = later.has_nan() ? nan : least;
      if constexpr (has(moment::greatest)) greatest = later.has_nan() ? nan : greatest;
    }
    n += values;
  }

  [[nodiscard]] double mean() const {
    if constexpr (has(moment::squares))
      return about.origin + about.sum / static_cast<double>(n);
    else
      return static_cast<double>(sum) / static_cast<double>(n);
  }
  [[nodiscard]] typename pane::sum_t total() const {
    if constexpr (sums)
      return static_cast<typename pane::sum_t>(sum);  // wraps around, as counters do
    else
      return static_cast<typename pane::sum_t>(about.origin * static_cast<double>(n) + about.sum);
  }
  /// The sum of squared differences to the mean.
  [[nodiscard]] double second() const {
    const double m2 = about.squares - about.sum * about.sum / static_cast<double>(n);
    return m2 < 0 ? 0 : m2;  // and NaN stays NaN
  }
};

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

template <class A>
concept aggregate_function = requires {
  { A::name } -> std::convertible_to<std::string_view>;
  { A::needs } -> std::convertible_to<unsigned>;
};

/// Aggregates of one value of an event: aggregate<mean, max>(&sample::g).
template <class Value, aggregate_function... As>
struct aggregation {
  static constexpr unsigned needs = (0u | ... | As::needs);
  static constexpr bool of_numbers = (needs & ~(detail::bit(moment::first) | detail::bit(moment::last))) != 0;
  [[no_unique_address]] Value value;

  template <class E>
  using in_pane = moments<picked_type<Value, E>, needs>;
  template <class E>
  using in_window = merged_moments<picked_type<Value, E>, needs>;

  /// What a window asks before it takes an aggregation for events E.
  template <class E>
  static constexpr bool picks = picks_from<Value, E>;
  template <class E>
  static constexpr bool computes = !of_numbers || number<picked_type<Value, E>>;
  template <class E>
  static constexpr bool copies = needs == 0 || std::is_trivially_copyable_v<picked_type<Value, E>>;
};

template <aggregate_function... As, class Value>
constexpr auto aggregate(Value value) {
  static_assert(sizeof...(As) > 0, "aggregate: say what to compute, as in aggregate<mean, max>(&sample::value)");
  return aggregation<Value, As...>{std::move(value)};
}

}  // namespace levada::inline v0
