// SPDX-License-Identifier: BSL-1.0
// samples: what features keep of the events of a window: the values themselves, channel by channel, in order.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

/// What is picked of one event.
template <std::size_t Channels>
struct picked_samples {
  float values[Channels];
  float rpm;
};

/// Room for Capacity values of each channel. What comes when it is full is not kept, but counted.
template <std::size_t Channels, std::size_t Capacity>
struct sample_buffer {
  float values[Channels][Capacity];
  std::uint32_t n = 0;
  std::uint32_t missed = 0;
  double speeds = 0;  // the sum

  void begin(const picked_samples<Channels>&) { n = missed = 0, speeds = 0; }
  LEVADA_INLINE void add(const picked_samples<Channels>& v) {
    if (n == Capacity) [[unlikely]] {
      ++missed;
      return;
    }
    for (std::size_t c = 0; c < Channels; ++c) values[c][n] = v.values[c];
    speeds += static_cast<double>(v.rpm);
    ++n;
  }
};

/// The panes of a window one behind the other, where kernels like them: each channel begins on a cache line.
template <std::size_t Channels, std::size_t Capacity>
struct alignas(64) gathered_samples : sample_buffer<Channels, Capacity> {
  using buffer = sample_buffer<Channels, Capacity>;
  gathered_samples() {}  // NOLINT: values are written before they are read, and zeroing them would cost as much as a moment

  template <std::size_t Pane>
  void merge(const sample_buffer<Channels, Pane>& later, std::uint64_t) {
    const std::size_t room = Capacity - buffer::n, taken = later.n < room ? later.n : room;
    for (std::size_t c = 0; c < Channels; ++c) std::memcpy(buffer::values[c] + buffer::n, later.values[c], taken * sizeof(float));
    buffer::missed += later.missed + static_cast<std::uint32_t>(later.n - taken);
    buffer::speeds += later.speeds;
    buffer::n += static_cast<std::uint32_t>(taken);
  }
  [[nodiscard]] float speed() const { return buffer::n == 0 ? 0 : static_cast<float>(buffer::speeds / buffer::n); }
};

struct no_speed {
  float operator()(const auto&) const { return 0; }
};

/// Picks the values of all channels, and the speed.
template <class Speed, class... Values>
struct sampler {
  [[no_unique_address]] pack<Values...> values;
  [[no_unique_address]] Speed speed;

  static constexpr bool has_speed = !std::is_same_v<Speed, no_speed>;

  template <class E, class Value>
  static constexpr bool gives_number = [] {
    if constexpr (picks_from<const Value, E>)
      return std::is_arithmetic_v<picked_type<const Value, E>> && !std::is_same_v<picked_type<const Value, E>, bool>;
    else
      return false;
  }();
  template <class E>
  static constexpr bool picks_speed = std::is_arithmetic_v<Speed> || gives_number<E, Speed>;
  template <class E>
  static constexpr bool picks = (gives_number<E, Values> && ...) && picks_speed<E>;

  template <class E>
    requires picks<E>
  LEVADA_INLINE constexpr picked_samples<sizeof...(Values)> operator()(const E& e) const {
    return of(e, std::index_sequence_for<Values...>{});
  }

 private:
  template <class E, std::size_t... I>
  LEVADA_INLINE constexpr picked_samples<sizeof...(Values)> of(const E& e, std::index_sequence<I...>) const {
    return {{static_cast<float>(levada::pick(get<I>(values), e))...}, speed_of(e)};
  }
  template <class E>
  LEVADA_INLINE constexpr float speed_of(const E& e) const {
    if constexpr (std::is_arithmetic_v<Speed>)
      return static_cast<float>(speed);
    else
      return static_cast<float>(levada::pick(speed, e));
  }
};

}  // namespace levada::inline v0::detail
