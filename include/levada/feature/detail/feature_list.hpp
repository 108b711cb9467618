// SPDX-License-Identifier: BSL-1.0
// feature_list: a list of features laid flat: where the values of each lie in a row, what they are called, and how all of them
// are computed of one window.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/feature/detail/decimal.hpp>
#include <levada/feature/detail/window_parts.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

namespace levada::inline v0 {

/// Several features under one name: it stands in a list wherever a feature may.
template <class... Fs>
struct feature_set {};

/// How many samples a second has, where a feature asks for it: features<sample_rate<12000>, ...>(&vibration::g).
template <detail::decimal Hertz>
struct sample_rate {};

namespace detail {

/// What they are called; an empty name stands for the only one.
template <fixed_string... Names>
struct channels {
  static constexpr std::size_t count = sizeof...(Names);
  static constexpr std::array<std::string_view, count> names{Names.view()...};
  static constexpr bool are_distinct = [] {
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (names[i] == names[j]) return false;
    return true;
  }();
};

template <class F>
struct flattened {
  using type = types<F>;
  static constexpr decimal rate = 0;
};
template <class... Fs>
struct flattened<feature_set<Fs...>> {
  using type = decltype((types<>{} + ... + typename flattened<Fs>::type{}));
  static constexpr decimal rate = [] {
    decimal found = 0;
    ((found = flattened<Fs>::rate == decimal{0} ? found : flattened<Fs>::rate), ...);
    return found;
  }();
};
template <decimal Hertz>
struct flattened<sample_rate<Hertz>> {
  using type = types<>;
  static constexpr decimal rate = Hertz;
};

template <class F>
concept has_names = requires { F::names; };

template <class F, std::size_t N>
constexpr std::string_view name_of_value(std::size_t i) {
  if constexpr (has_names<F>)
    return F::names[i];
  else if constexpr (N == 1)
    return F::name;
  else
    return numbered_names<F, N>[i].view();
}

template <class Types, class F>
inline constexpr bool contains = false;
template <class... Fs, class F>
inline constexpr bool contains<types<Fs...>, F> = (std::same_as<F, Fs> || ...);

/// The features of a window of at most Capacity samples.
template <decimal Rate, std::size_t Capacity, class Types>
struct features_of_window;
template <decimal Rate, std::size_t Capacity, class... Fs>
struct features_of_window<Rate, Capacity, types<Fs...>> {
  using first_part = window_with<bare_window<Capacity, Rate>, window_moments>;
  template <class F>
  using parts_of = std::conditional_t<aggregate_function<F>, sharing<>, decltype(needs_of<F>())>;
  using window = typename with_parts<first_part, joined_parts<parts_of<Fs>...>>::type;
  template <class F>
  using value = decltype(value_of<F>(std::declval<const window&>()));
  template <class F>
  static constexpr std::size_t width = values_in<value<F>>;
  static constexpr std::size_t size = (width<Fs> + ... + 0);

  template <class F>
  static constexpr std::size_t place = [] {
    std::size_t at = 0, next = 0;
    ((at = std::same_as<F, Fs> ? next : at, next += width<Fs>), ...);
    return at;
  }();

  /// A sample that is not finite reaches one of the two sums.
  static bool is_finite(const sample_moments& m) { return m.n > 0 && m.magnitude - m.magnitude == 0 && m.fourth - m.fourth == 0; }
  static void compute(std::span<const float> samples, float rpm, float* out) {
    const first_part first{bare_window<Capacity, Rate>{samples, rpm}};
    if (!is_finite(first[window_moments{}])) [[unlikely]] {
      for (std::size_t i = 0; i < size; ++i) out[i] = std::numeric_limits<float>::quiet_NaN();
      return;
    }
    const window w{first};
    (write(value_of<Fs>(w), out), ...);
  }

  /// "channel.name"
  template <class Channels>
  static constexpr auto long_names = [] {
    std::array<built_name, size * Channels::count> all{};
    std::size_t at = 0;
    for (const auto channel : Channels::names) {
      const auto add = [&](std::string_view name) {
        if (!channel.empty()) all[at].add(channel), all[at].add(".");
        all[at++].add(name);
      };
      (for_each_index<width<Fs>>([&](auto i) { add(name_of_value<Fs, width<Fs>>(i)); }), ...);
    }
    return all;
  }();
  template <class Channels>
  static constexpr auto names = [] {
    std::array<std::string_view, size * Channels::count> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = long_names<Channels>[i].view();
    return all;
  }();

 private:
  template <class T>
  LEVADA_INLINE static void write(T v, float*& out) {
    *out++ = static_cast<float>(v);
  }
  template <class T, std::size_t N>
  LEVADA_INLINE static void write(const std::array<T, N>& some, float*& out) {
    for (const T v : some) *out++ = static_cast<float>(v);
  }
};

template <class... Fs>
struct feature_list {
  using flat = typename flattened<feature_set<Fs...>>::type;
  static constexpr decimal rate = flattened<feature_set<Fs...>>::rate;
  template <std::size_t Capacity>
  using of = features_of_window<rate, Capacity, flat>;
  template <class F>
  static constexpr bool has = contains<flat, F>;
  static constexpr bool asks_rate = any_asks_rate(flat{});
  static constexpr bool asks_speed = any_asks_speed(flat{});
};

template <class... Fs>
consteval bool are_features(types<Fs...>) {
  return (feature<Fs> && ...);
}
template <class List>
consteval bool list_is_sound() {
  constexpr bool any = !std::same_as<typename List::flat, types<>>;
  static_assert(any, "features: say which, as in features<rms, kurtosis>(&event::value)");
  constexpr bool all = are_features(typename List::flat{});
  static_assert(
      all, "features: each has a static name, sharing<...> as its needs, and of(window); statistics (mean) are features, too");
  constexpr bool rated = !List::asks_rate || List::rate.millionths > 0;
  static_assert(rated, "features: one of them needs to know how many samples a second has; add sample_rate<12000> to the list");
  return any && all && rated;
}

}  // namespace detail
}  // namespace levada::inline v0
