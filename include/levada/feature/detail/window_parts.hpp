// SPDX-License-Identifier: BSL-1.0
// window_parts: a window of samples as features see it, and the parts that they share. Which parts there are follows from the
// list of features while the program is compiled: a window is a chain of classes, each with one part, made of those before it.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/statistic.hpp>
#include <levada/feature/detail/decimal.hpp>
#include <levada/simd/moments.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// The parts of a window that a feature shares with others: using needs = sharing<window_moments, window_spectrum>.
template <class... Parts>
struct sharing {};

namespace detail {
template <class T>
inline constexpr bool is_sharing = false;
template <class... Parts>
inline constexpr bool is_sharing<sharing<Parts...>> = true;
}  // namespace detail

/// A feature is a type with static members:
///   name     what it is called; where it gives several values they are name[0], name[1] ..., or `names` has one for each
///   needs    sharing<...>: what it shares with others. Such a part is a type like a feature: needs and of(w), of any value
///   of(w)    the value of a window w, a number or a std::array of them: w[part{}] is what it shares, w.samples() are the samples
///            (one at least, all finite), w.rpm() is the speed, and w.rate is how many samples a second has
///   of_rate, of_speed   optional: true, if there is no such value without a sample_rate, without an rpm
/// Names of statistics (mean, stddev, max ...) are features, too.
template <class F>
concept feature = aggregate_function<F> || requires {
  typename F::needs;
  requires detail::is_sharing<typename F::needs>;
};

/// The moments of the samples, a sample_moments: every window has them.
struct window_moments {
  using needs = sharing<>;
  static sample_moments of(const auto& w) { return moments_of(w.samples()); }
};

namespace detail {

template <class F>
consteval auto needs_of() {
  if constexpr (requires { typename F::needs; })
    return typename F::needs{};
  else
    return sharing<>{};
}

/// The samples alone. Capacity is how many they may be, and how many they are in all windows but those that are not full.
template <std::size_t Capacity, decimal Rate>
class bare_window {
 public:
  static constexpr std::size_t capacity = Capacity;
  static constexpr double rate = Rate.value();
  bare_window(std::span<const float> samples, float rpm) : samples_(samples), rpm_(rpm) {}
  [[nodiscard]] std::span<const float> samples() const { return samples_; }
  [[nodiscard]] float rpm() const { return rpm_; }
  struct no_part {};
  void operator[](no_part) const {}

 private:
  std::span<const float> samples_;
  float rpm_;
};

/// A window, and a part of it.
template <class Rest, class Part>
class window_with : public Rest {
 public:
  explicit window_with(const auto& first) : Rest(first), part_(Part::of(static_cast<const Rest&>(*this))) {}
  using Rest::operator[];
  [[nodiscard]] const auto& operator[](Part) const { return part_; }

 private:
  decltype(Part::of(std::declval<const Rest&>())) part_;
};
template <class W, class Part>
concept has_part = requires(const W& w) { w[Part{}]; };

template <class... Lists>
struct join_parts {
  using type = sharing<>;
};
template <class... A>
struct join_parts<sharing<A...>> {
  using type = sharing<A...>;
};
template <class... A, class... B, class... More>
struct join_parts<sharing<A...>, sharing<B...>, More...> : join_parts<sharing<A..., B...>, More...> {};
template <class... Lists>
using joined_parts = typename join_parts<Lists...>::type;

template <class W, class Parts>
struct with_parts;
template <class W>
struct with_parts<W, sharing<>> {
  using type = W;
};
template <class W, class Part, class... More>
struct with_parts<W, sharing<Part, More...>> {
  template <class>
  struct made {
    using before = typename with_parts<W, decltype(needs_of<Part>())>::type;
    using type = window_with<before, Part>;
  };
  using here = typename std::conditional_t<has_part<W, Part>, std::type_identity<W>, made<Part>>::type;
  using type = typename with_parts<here, sharing<More...>>::type;
};

/// Does it, or a part that it needs, say so?
template <class F>
consteval bool asks_rate();
template <template <class...> class List, class... Fs>
consteval bool any_asks_rate(List<Fs...>) {
  return (asks_rate<Fs>() || ...);
}
template <class F>
consteval bool asks_rate() {
  if constexpr (requires { requires F::of_rate; })
    return true;
  else
    return any_asks_rate(needs_of<F>());
}
template <class F>
consteval bool asks_speed() {
  return requires { requires F::of_speed; };
}
template <template <class...> class List, class... Fs>
consteval bool any_asks_speed(List<Fs...>) {
  return (asks_speed<Fs>() || ...);
}

/// What names of statistics ask for the moments, as a pane of a window would answer them.
struct answers {
  std::uint64_t n;
  double mean_value, second_sum;
  float least, greatest, first, last;
  [[nodiscard]] double mean() const { return mean_value; }
  [[nodiscard]] double second() const { return second_sum; }
  [[nodiscard]] double total() const { return mean_value * static_cast<double>(n); }
};
template <class F>
LEVADA_INLINE auto value_of(const auto& w) {
  if constexpr (aggregate_function<F>) {
    const sample_moments& m = w[window_moments{}];
    const auto x = w.samples();
    return F::of(answers{m.n, m.mean, m.second, m.least, m.greatest, x.front(), x.back()});
  } else {
    return F::of(w);
  }
}

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;
template <class T>
inline constexpr std::size_t values_in = 1;
template <class T, std::size_t N>
inline constexpr std::size_t values_in<std::array<T, N>> = N;

/// name_0, name_1 ...
template <class F, std::size_t N>
inline constexpr std::array<built_name, N> numbered_names = [] {
  std::array<built_name, N> all{};
  for (std::size_t i = 0; i < N; ++i) {
    all[i].add(F::name);
    all[i].add("_");
    all[i].add(std::uint64_t{i});
  }
  return all;
}();

}  // namespace detail
}  // namespace levada::inline v0
