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
/// About half a minute at the default rate: so long may a guard be away without missing a reading.
inline constexpr std::uint64_t readings_kept = 32768;

inline levada::topic<reading> machine_readings(const options& o) {
  using namespace levada::literals;
  return {levada::bus{o.bus}, readings_topic, {.capacity = readings_kept, .grain = 10_ms}};
}

}  // namespace box
