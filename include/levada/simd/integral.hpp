// SPDX-License-Identifier: BSL-1.0
// integral: from acceleration to velocity, and from there to displacement, over a window, without the drift of the sensor. Plain
// C++: a sum from the start is a chain of additions.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <span>

namespace levada::inline v0 {

/// Takes  samples, and how many a second; the output, as long, may be the input. One that is not finite makes all of it NaN.
/// Emits  their integral, in their unit times seconds, less the straight line that fits it best: a constant error of the sensor
///        becomes a ramp, an unknown beginning a constant, and neither is movement. Of what is slower than the window little is
///        left. By trapezoids: a tone at the share f of the rate comes out smaller by (pi f) / tan(pi f), 1 % at f = 0.055.
/// Costs  two passes, in double.
inline void integral_without_drift(std::span<const float> samples, double rate, std::span<float> out) {
  const std::size_t n = samples.size();
  LEVADA_CHECK(out.size() == n, out.size());
  LEVADA_CHECK(rate > 0, rate);
  if (n == 0) return;
  const double half = 0.5 / rate, middle = (static_cast<double>(n) - 1) / 2;
  const auto value = [&](std::size_t i) { return static_cast<double>(samples[i]); };
  double sum = 0, total = 0, product = 0;
  for (std::size_t i = 1; i < n; ++i) {
    sum += half * (value(i) + value(i - 1));
    total += sum;
    product += sum * (static_cast<double>(i) - middle);
  }
  const double count = static_cast<double>(n), mean = total / count,
               slope = n < 2 ? 0 : product / (count * (count * count - 1) / 12);
  sum = 0;
  double before = value(0);
  for (std::size_t i = 0; i < n; ++i) {
    const double now = value(i);
    if (i > 0) sum += half * (now + before);
    before = now;
    out[i] = static_cast<float>(sum - mean - slope * (static_cast<double>(i) - middle));
  }
}

}  // namespace levada::inline v0
