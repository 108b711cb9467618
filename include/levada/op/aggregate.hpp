// SPDX-License-Identifier: BSL-1.0
// aggregate: what a window computes of its events. Each aggregate says which moments it needs; a window stores their
// union once, so that mean, variance and stddev share one set of sums.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/statistic.hpp>
#include <levada/core/time.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {
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
    double sum = 0;      // of value - origin
    double origin = 0;   // the first value; 0 if that is not finite. It lies here because g++ would make a vector of the others,
    double squares = 0;  // of (value - origin)^2, and a row of appends would wait for both where it needs to wait for one
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
      about = {0, origin - origin == 0 ? origin : 0, 0};
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

  /// Nothing is added any more: from here on least and greatest know of a NaN by themselves, which squares told them so far. No
  /// sum of squares of differences to a finite origin becomes NaN by infinities; sums of such sums do.
  LEVADA_INLINE void seal() {
    if constexpr (has(moment::squares) && std::floating_point<V>) {
      const bool has_nan = about.squares != about.squares;
      if constexpr (has(moment::least)) least = has_nan ? static_cast<V>(about.squares) : least;
      if constexpr (has(moment::greatest)) greatest = has_nan ? static_cast<V>(about.squares) : greatest;
    }
  }
  /// Adds the moments of `values` values that came after these. Both are sealed.
  LEVADA_INLINE void append(const moments& later, [[maybe_unused]] std::uint64_t values) {
    if constexpr (sums) sum += later.sum;
    if constexpr (has(moment::squares)) {
      const double shift = later.about.origin - about.origin, moved = shift * static_cast<double>(values);
      // What the later ones are comes last, so that a row of appends, newest first, waits for one addition each.
      about.squares = later.about.squares + (about.squares + shift * (2 * later.about.sum + moved));
      about.sum = later.about.sum + (about.sum + moved);
    }
    // In two steps, of which none is a branch: if one of them is NaN, the first takes its own, the second a NaN that came.
    if constexpr (has(moment::least)) {
      const V lesser = later.least < least ? later.least : least;
      least = later.least == later.least ? lesser : later.least;
    }
    if constexpr (has(moment::greatest)) {
      const V greater = later.greatest > greatest ? later.greatest : greatest;
      greatest = later.greatest == later.greatest ? greater : later.greatest;
    }
    if constexpr (has(moment::last)) last = later.last;
  }
  /// Only sums of integers, and the last value, stay exact when the oldest values are taken back.
  static constexpr bool exact =
      (Needs & ~(detail::bit(moment::sum) | detail::bit(moment::last))) == 0 && (std::integral<V> || !has(moment::sum));
  LEVADA_INLINE void retract(const moments& oldest)
    requires exact
  {
    if constexpr (sums) sum -= oldest.sum;
  }
};

/// The moments of the panes of a window together, and how many values they are.
/// A NaN makes all results of the windows that hold it NaN, an infinity those that add.
template <class V, unsigned Needs>
struct merged_moments : moments<V, Needs> {
  using pane = moments<V, Needs>;
  using pane::about, pane::has, pane::sum, pane::sums;
  std::uint64_t n = 0;

  /// Adds `values` values that came after these; there is at least one.
  void merge(pane later, std::uint64_t values) {
    later.seal();
    if (n == 0)
      static_cast<pane&>(*this) = later;
    else
      pane::append(later, values);
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

namespace detail {
/// The results of one aggregation, in the order in which they were asked for.
template <class Window, class... As>
struct results {
  pack<decltype(As::of(std::declval<const Window&>()))...> values;

  static results of(const Window& all) { return {{{As::of(all)}...}}; }

  template <class A>
  static constexpr bool has = (std::same_as<A, As> || ...);
  template <class A>
  static constexpr std::size_t index = [] {
    std::size_t at = 0, i = 0;
    ((at = std::same_as<A, As> ? i : at, ++i), ...);
    return at;
  }();
};
}  // namespace detail

/// What a window asks of an aggregation, for events E of which it gets values V. Everything in it is trivially copyable.
///   value          the member pointer or callable that picks V out of E
///   fits<E>()      can it do so? A sentence if not, as operators have it
///   in_pane<E>     what is kept of some values. begin(v) makes it forget, and add(v) of the same value follows; a pane that is
///                  never empty has only(v) instead, which add does not follow
///   in_window<E>   {} is of no values; merge(pane, n) adds a pane of n values that came later
///   results<E>     the members of a row: of(in_window), has<Name>, and values with index<Name>, or get<Name>() in their place.
///                  It may have features(), a span of float, and static names of them
///   in_shape<N, M> optional: the same aggregation of the same value for windows of N panes with M events each, where M is 0 if
///                  nobody knows. window<...> asks for it, so that buffers have the size that they need
/// Where windows of many panes are to slide in constant time (see stalls in window.hpp), a pane has on top of that
///   seal()         optional: nothing is added to it any more
///   append(p, n)   adds another sealed pane, of n values that came later; and in_window<E>{pane, n} is of a sealed pane
///   exact, retract(p)   optional: takes back the oldest values, and nothing is lost by rounding
/// Without append all panes are merged whenever the window slides.
template <class A, class E>
concept aggregation_of = requires(typename A::template in_pane<E>& pane, typename A::template in_window<E>& all,
                                  const picked_type<decltype(A::value), E>& v) {
  { A::template fits<E>() } -> std::same_as<bool>;
  pane.add(v);
  all.merge(pane, std::uint64_t{1});
  A::template results<E>::of(all);
};

template <class Pane>
concept appendable = requires(Pane& older, const Pane& later) { older.append(later, std::uint64_t{1}); };
template <class Pane>
concept retractable = appendable<Pane> && Pane::exact && requires(Pane& all, const Pane& oldest) { all.retract(oldest); };

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
  template <class E>
  using results = detail::results<in_window<E>, As...>;

  template <class E>
  static consteval bool fits() {
    constexpr bool picks = picks_from<Value, E>;
    static_assert(
        picks,
        "window: the value to aggregate must be a member of the event type that arrives here, or a function callable with it");
    if constexpr (picks) {
      constexpr bool computes = !of_numbers || number<picked_type<Value, E>>;
      static_assert(
          computes,
          "window: sum, mean, min, max, variance and stddev need a number; only count, first and last take other types");
      constexpr bool copies = !computes || needs == 0 || std::is_trivially_copyable_v<picked_type<Value, E>>;
      static_assert(copies, "window: first and last need a trivially copyable value");
      return computes && copies;
    }
    return false;
  }
};

template <aggregate_function... As, class Value>
constexpr auto aggregate(Value value) {
  static_assert(sizeof...(As) > 0, "aggregate: say what to compute, as in aggregate<mean, max>(&sample::value)");
  return aggregation<Value, As...>{std::move(value)};
}

}  // namespace levada::inline v0
