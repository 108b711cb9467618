// SPDX-License-Identifier: BSL-1.0
// recording: what an accelerometer on a motor has heard: raw little-endian float32, in g, without a header, in a file named
// RPM_CONDITION.f32, such as 1797_Normal.f32 or 1772_IR_14.f32 (Case Western Reserve University's bearing data in that form).
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace bearing {

inline constexpr int rate = 12000;  ///< samples a second

struct sample {
  levada::timestamp time;
  float g;
  float rpm;
};

struct recording {
  std::string file, condition;
  float rpm = 0;
  std::vector<float> g;

  [[nodiscard]] std::vector<sample> samples() const;
};

/// All recordings of a folder, in the order of their names; of one speed alone where `rpm` is not 0.
/// Fails  by a sentence where there are none, a name is no such name, or a file is no row of finite floats.
levada::result<std::vector<recording>> read_recordings(const std::string& folder, float rpm);

/// A bearing that nobody has: noise, the shaft and its second harmonic, and strokes at the defect's rate that ring at 3.1 kHz.
/// Writes ten conditions at a speed, as different as those of a real one, into the folder.
levada::result<> generate_recordings(const std::string& folder, float rpm, unsigned seed, std::size_t samples);

}  // namespace bearing
