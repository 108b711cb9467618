// SPDX-License-Identifier: BSL-1.0
// saturated: sums of times that stop at the ends of the scale: long_ago and never are times that operators compute with.
#pragma once

#include <levada/core/time.hpp>

#include <cstdint>

namespace levada::inline v0::detail {

constexpr timestamp later(timestamp t, duration d) {
  timestamp sum;
  return __builtin_add_overflow(t.ns, d.ns, &sum.ns) ? (d.ns < 0 ? long_ago : never) : sum;
}
constexpr timestamp earlier(timestamp t, duration d) {
  timestamp difference;
  return __builtin_sub_overflow(t.ns, d.ns, &difference.ns) ? (d.ns < 0 ? never : long_ago) : difference;
}
/// Where the slide of that number since 1970 begins.
constexpr timestamp begin_of(std::int64_t number, duration slide) {
  timestamp t;
  return __builtin_mul_overflow(number, slide.ns, &t.ns) ? (number < 0 ? long_ago : never) : t;
}
/// The last multiple of `grain` that is not after t.
constexpr timestamp floor(timestamp t, duration grain) { return begin_of(slot_of(t, grain), grain); }

}  // namespace levada::inline v0::detail
