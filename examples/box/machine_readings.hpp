// SPDX-License-Identifier: BSL-1.0
// machine_readings: the topic on which the two processes meet.
#pragma once

#include "options.hpp"
#include "reading.hpp"

#include <levada/bus/topic.hpp>

#include <cstdint>
#include <string_view>

namespace box {

inline constexpr std::string_view readings_topic = "machine/readings";
inline constexpr std::string_view guard_name = "guard";
inline constexpr std::uint64_t ring_capacity = 32768;
/// What the bus keeps for a guard that is away: seven eighths of the ring, 25 seconds at the default rate.
inline constexpr std::uint64_t readings_kept = ring_capacity - ring_capacity / 8;

inline levada::topic<reading> machine_readings(const options& o) {
  using namespace levada::literals;
  return {levada::bus{o.bus}, readings_topic, {.capacity = ring_capacity, .grain = 10_ms}};
}

}  // namespace box
