// SPDX-License-Identifier: BSL-1.0
// features: numbers that say what a window of samples is like, composed of single features by name. What several of them need
// (the moments, the spectrum, the envelope) is computed once a window, and only if one of them needs it. They are an aggregation
// of any window, and feature_extractor computes the same of a span.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/statistic.hpp>
#include <levada/feature/detail/feature_list.hpp>
#include <levada/feature/detail/samples.hpp>
#include <levada/feature/detail/window_parts.hpp>
#include <levada/simd/moments.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// The speed of the shaft, where a feature asks for it: rpm{1797}, or rpm{&vibration::speed}, which is averaged over the window.
template <class Value>
struct rpm {
  Value value;
};
template <class Value>
rpm(Value) -> rpm<Value>;

/// At most so many samples in a window whose length in samples nobody knows: features<...>(&vibration::g, at_most<2048>{}).
template <std::size_t Samples>
struct at_most {};

/// A value among several, and what stands before the names of its features: channel<"x">(&vibration::x).
template <fixed_string Name, class Value>
struct channel_of {
  Value value;
};
template <fixed_string Name, class Value>
constexpr channel_of<Name, Value> channel(Value value) {
  return {std::move(value)};
}

/// The features of a window, channel by channel. A sample that is not finite makes all features of its channel NaN, which is what
/// models take for a missing value; nothing is guessed. Where a ratio has nothing below its line (the crest factor of silence,
/// the kurtosis of a constant) it is 0.
template <class List, class Channels, std::size_t Capacity>
struct feature_values {
  using of_channel = typename List::template of<Capacity>;
  static constexpr std::size_t size = of_channel::size * Channels::count;
  static constexpr std::array<std::string_view, size> names = of_channel::template names<Channels>;

  std::array<float, size> values{};
  std::uint32_t missed = 0;  ///< samples for which there was no room

  [[nodiscard]] constexpr std::span<const float, size> features() const { return values; }

  template <class F>
  static constexpr bool has = List::template has<F>;
  /// get<rms>(), of the second channel get<rms, 1>(); a std::array where the feature has several values.
  template <class F, std::size_t Channel = 0>
    requires(has<F> && Channel < Channels::count)
  [[nodiscard]] constexpr auto get() const {
    const float* const own = values.data() + Channel * of_channel::size + of_channel::template place<F>;
    if constexpr (detail::is_array<typename of_channel::template value<F>>) {
      std::array<float, of_channel::template width<F>> some{};
      for (std::size_t i = 0; i < some.size(); ++i) some[i] = own[i];
      return some;
    } else {
      return *own;
    }
  }

  static feature_values of(const detail::gathered_samples<Channels::count, Capacity>& all) {
    feature_values r;
    r.missed = all.missed;
    for (std::size_t c = 0; c < Channels::count; ++c)
      of_channel::compute({all.values[c], all.n}, all.speed(), r.values.data() + c * of_channel::size);
    return r;
  }
};

/// The same of a span: feature_extractor<1024, sample_rate<12000>, rms, band_energy<500, 2000>>{}(samples).
/// Takes  at most Capacity samples, and the speed of the shaft where a feature asks for it. Of no samples all features are NaN.
/// Emits  features(), names and get<rms>(), as a window's group does.
/// Holds  nothing; while it computes, some arrays of Capacity values on the stack for each part that features share.
template <std::size_t Capacity, class... Fs>
struct feature_extractor {
  using list = detail::feature_list<Fs...>;
  using values = feature_values<list, detail::channels<"">, Capacity>;
  static constexpr bool sound = detail::list_is_sound<list>();

  [[nodiscard]] values operator()(std::span<const float> samples, float rpm = 0) const {
    LEVADA_CHECK(samples.size() <= Capacity, samples.size());
    values r;
    list::template of<Capacity>::compute(samples, rpm, r.values.data());
    return r;
  }
};

/// An aggregation of windows: see features().
template <class Room, class List, class Channels, class Sampler>
struct feature_aggregation {
  [[no_unique_address]] Sampler value;

  template <class>
  using in_pane = detail::sample_buffer<Channels::count, Room::in_pane>;
  template <class>
  using in_window = detail::gathered_samples<Channels::count, Room::in_window>;
  template <class>
  using results = feature_values<List, Channels, Room::in_window>;

  /// What a window says that knows how many panes it has, and how many events there are in each.
  template <std::size_t Panes, std::size_t Events>
  using in_shape = feature_aggregation<typename Room::template shaped<Panes, Events>, List, Channels, Sampler>;

  template <class E>
  static consteval bool fits() {
    constexpr bool picks = Sampler::template picks<E>;
    static_assert(picks,
                  "features: each value, and the speed, must be a number in the event type that arrives here: a member, or a "
                  "function callable with it");
    constexpr bool bounded = Room::in_window > 0;
    static_assert(bounded, "features: how many samples a window has is not known here; say at_most<2048>{} behind the value");
    constexpr bool small = Room::in_window <= 65536;
    static_assert(small, "features: a window has at most 65536 samples, which are gathered on the stack");
    constexpr bool turns = !List::asks_speed || Sampler::has_speed;
    static_assert(turns,
                  "features: one of them needs the speed of the shaft; say rpm{1797} or rpm{&event::rpm} behind the value");
    return picks && bounded && small && turns && detail::list_is_sound<List>();
  }
};

namespace detail {

/// Samples that a pane and a window have room for. Where panes are bounded by time, each has its share of what a window may hold.
template <std::size_t Bound, std::size_t Pane = Bound, std::size_t Window = Bound>
struct sample_room {
  static constexpr std::size_t in_pane = Pane == 0 ? 1 : Pane, in_window = Window;
  template <std::size_t Panes, std::size_t Events>
  using shaped = std::conditional_t<Events != 0, sample_room<Bound, Events, Panes * Events>,
                                    sample_room<Bound, (Bound + Panes - 1) / Panes, Bound>>;
};

template <class T>
inline constexpr std::size_t bound_of = 0;
template <std::size_t Samples>
inline constexpr std::size_t bound_of<at_most<Samples>> = Samples;
template <class T>
inline constexpr bool is_rpm = false;
template <class Value>
inline constexpr bool is_rpm<rpm<Value>> = true;

template <class T>
struct channel_named {
  static constexpr fixed_string name = "";
  static constexpr T value_of(T value) { return value; }
};
template <fixed_string Name, class Value>
struct channel_named<channel_of<Name, Value>> {
  static constexpr fixed_string name = Name;
  static constexpr Value value_of(channel_of<Name, Value> c) { return std::move(c.value); }
};

template <class T>
inline constexpr bool is_value = bound_of<T> == 0 && !is_rpm<T>;
template <class... Arguments>
inline constexpr auto value_places = [] {
  std::array<std::size_t, (std::size_t{is_value<Arguments>} + ...)> places{};
  std::size_t i = 0, n = 0;
  ((is_value<Arguments> ? void(places[n++] = i) : void(), ++i), ...);
  return places;
}();
template <class... Arguments>
constexpr auto speed_of([[maybe_unused]] pack<Arguments...>& all) {
  constexpr std::size_t at = [] {
    std::size_t found = sizeof...(Arguments), i = 0;
    ((found = is_rpm<Arguments> ? i : found, ++i), ...);
    return found;
  }();
  if constexpr (at < sizeof...(Arguments))
    return std::move(get<at>(all).value);
  else
    return no_speed{};
}

template <class List, std::size_t Bound, class Speed, class... Values>
constexpr auto make_features(Speed speed, Values... values) {
  using names = channels<channel_named<Values>::name...>;
  using picks = sampler<Speed, decltype(channel_named<Values>::value_of(std::declval<Values>()))...>;
  static_assert(names::are_distinct,
                "features: several values need names of their own, as in channel<\"x\">(&event::x), channel<\"y\">(&event::y)");
  return feature_aggregation<sample_room<Bound>, List, names, picks>{
      picks{{{channel_named<Values>::value_of(std::move(values))}...}, std::move(speed)}};
}

}  // namespace detail

/// Takes  features, and a value of an event, in single precision: features<rms, kurtosis, mean>(&vibration::g). Behind the value
///        may stand rpm{...} and at_most<N>{}. Several values, channel<"x">(&vibration::x), channel<"y">(&vibration::y), have all
///        the features each, "x.rms" and so on.
/// Emits  in a row features(), names, and get<rms>().
/// Holds  the samples: of a window that counts events exactly as many as its panes have; of others, where at_most<N>{} is needed,
///        N in all, in equal shares for the panes. What comes when its pane is full is left out and counted: missed.
/// Fails  never by itself.
/// Costs  an event: a store. A slide: a copy of the samples, the parts that the features need, and the features.
template <class... Fs, class Value, class... More>
constexpr auto features(Value value, More... more) {
  using list = detail::feature_list<Fs...>;
  constexpr std::size_t bound = (detail::bound_of<More> + ... + 0);
  constexpr auto& places = detail::value_places<Value, More...>;
  pack<Value, More...> all{{std::move(value)}, {std::move(more)}...};
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return detail::make_features<list, bound>(detail::speed_of(all), std::move(get<places[I]>(all))...);
  }(std::make_index_sequence<places.size()>{});
}

}  // namespace levada::inline v0
