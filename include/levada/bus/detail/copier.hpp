// SPDX-License-Identifier: BSL-1.0
// copier: reads for those who cannot read in place: because the publisher may overwrite, or because its events are longer than
// those that the reader knows.
#pragma once

#include <levada/bus/detail/consumer.hpp>
#include <levada/bus/layout.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace levada::inline v0::detail {

/// What comes next, in bytes that are the reader's until the next read.
struct copied_turn {
  std::byte* events = nullptr;  ///< one behind the other, as in the ring
  std::size_t size = 0;         ///< number of events
  const lane_record* signal = nullptr;
  std::uint64_t lost = 0;  ///< events that were overwritten before these could be read
};

class copier {
 public:
  [[nodiscard]] result<> open(const consumer& from) {
    const auto stride = static_cast<std::size_t>(from.ring().measure.stride);
    const std::size_t fit = 65'536 / stride;
    const bool frames = from.ring().measure.kind == ring_kind::frames;  // the largest is an eighth of the ring
    most_ = fit < 1 ? 1 : fit > 256 && !frames ? 256 : fit;
    const auto largest = static_cast<std::size_t>(from.ring().measure.capacity / 8);
    auto room = mapping::memory((frames && largest > most_ ? largest : most_) * stride + 2 * sizeof(std::uint64_t));
    if (!room) return room.error();
    room_ = std::move(*room);
    told_ = from.lost();
    return {};
  }
  [[nodiscard]] explicit operator bool() const { return most_ > 0; }

  template <class Consumer>
  LEVADA_COLD copied_turn read(Consumer& from) {
    for (int left = most_tries; left > 0 && !from.is_evicted(); --left) {
      if (const auto* signal = from.next_signal()) return {nullptr, 0, signal, untold(from)};
      const auto all = static_cast<std::size_t>(from.available());
      if (all == 0) return {};
      auto n = all < most_ ? all : most_;
      if (const auto whole = from.least_to_copy(); whole > n && whole <= all) n = static_cast<std::size_t>(whole);
      if (auto* first = from.copy(n, room_.base())) return {first, n, nullptr, untold(from)};
    }
    return {};  // what is lost is told with the next turn
  }

 private:
  /// A publisher that overtakes a reader again and again must not keep it from everything else that its thread has to do.
  static constexpr int most_tries = 64;

  std::uint64_t untold(const consumer& from) {
    const auto all = from.lost();
    return all - std::exchange(told_, all);
  }

  mapping room_;
  std::size_t most_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace levada::inline v0::detail
