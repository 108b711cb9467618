// SPDX-License-Identifier: BSL-1.0
// reading: what the probe publishes and the guard judges.
#pragma once

#include <levada/core/text.hpp>
#include <levada/core/time.hpp>

namespace box {

struct reading {
  levada::timestamp time;   ///< when the value was true, wall clock
  levada::text<48> sensor;  ///< "cpu0.busy_percent", "disk.vda.busy_percent", ...
  double value;             ///< in the unit that the sensor's name ends with
};

}  // namespace box
