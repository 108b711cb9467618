// SPDX-License-Identifier: BSL-1.0
// ewma_chart: a control chart that sees small lasting shifts of a process that should stand still.
#pragma once

#include <levada/core/time.hpp>
#include <levada/model/detector.hpp>

#include <cmath>
#include <cstdint>

namespace levada::inline v0 {

/// Roberts, Control chart tests based on geometric moving averages, Technometrics 1, 1959: z = weight x + (1 - weight) z', out
/// of control where |z - mean| > width sigma sqrt(weight / (2 - weight) (1 - (1 - weight)^(2 n))). With 0.2 and 2.962 a process
/// in control alarms once in about 500 values, a shift of one sigma is seen after about 10 (Lucas, Saccucci, Technometrics 32,
/// 1990). Mean and sigma are those of the first `learning` values (phase I), and stay.
/// Holds  72 bytes.
/// Fails  what drifts alarms for good: make it anew (a retired key's begins anew) when the process has been set again.
/// Costs  a few multiplications.
struct ewma_chart {
  double weight = 0.2;
  double width = 2.962;
  std::uint32_t learning = 100;
  // the state
  double mean = 0, squares = 0, average = 0, fading = 1;
  std::uint32_t values = 0;

  float score(timestamp, double x) {
    if (!detail::is_usable(x)) return 0;
    if (values < learning) {  // Welford
      ++values;
      const double before = x - mean;
      mean += before / values;
      squares += before * (x - mean);
      average = mean;
      return 0;
    }
    average += weight * (x - average);
    fading *= (1 - weight) * (1 - weight);
    const double sigma = learning > 1 ? std::sqrt(squares / (learning - 1)) : 0;
    const double distance = std::fabs(average - mean);
    return distance > 0 ? detail::against(distance, width * sigma * std::sqrt(weight / (2 - weight) * (1 - fading))) : 0;
  }
};
static_assert(detector<ewma_chart>);

}  // namespace levada::inline v0
